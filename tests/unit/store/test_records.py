from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hermes.store import records, sealed
from hermes.store.records import WheelRecord, WheelRecords

WHEEL = "a" * 64
RECORD = WheelRecord(
    sha256=WHEEL,
    content="c" * 64,
    paths={"site-packages/x.py": f"plain {'1' * 64}", "scripts/x": f"script {'2' * 64}", "data/\udcff": "plain 3"},
)


def test_a_record_comes_back(tmp_path: Path) -> None:
    kept = WheelRecords(tmp_path / "wheels" / "records")
    assert kept.get(WHEEL) is None
    kept.put(RECORD)
    assert kept.get(WHEEL) == RECORD
    assert [path.name for path in (tmp_path / "wheels" / "records").iterdir()] == [f"{WHEEL}.json"]


def test_a_record_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    kept = WheelRecords(tmp_path)
    kept.put(RECORD)
    newer = replace(RECORD, content="d" * 64)
    kept.put(newer)
    assert kept.get(WHEEL) == newer


def test_the_record_of_another_wheel_is_none(tmp_path: Path) -> None:
    kept = WheelRecords(tmp_path)
    kept.put(RECORD)
    (tmp_path / f"{WHEEL}.json").rename(tmp_path / f"{'b' * 64}.json")
    assert kept.get("b" * 64) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"wheel": WHEEL},
        {"wheel": WHEEL, "content": 1, "paths": {}},
        {"wheel": WHEEL, "content": "c", "paths": []},
        {"wheel": WHEEL, "content": "c", "paths": {"x": 1}},
    ],
)
def test_a_record_of_another_shape_is_none(tmp_path: Path, value: object) -> None:
    (tmp_path / f"{WHEEL}.json").write_bytes(sealed.seal(value, format_version=1))
    assert WheelRecords(tmp_path).get(WHEEL) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 300), flip=st.integers(1, 255))
def test_a_changed_byte_makes_it_none(tmp_path: Path, position: int, flip: int) -> None:
    kept = WheelRecords(tmp_path)
    kept.put(RECORD)
    path = tmp_path / f"{WHEEL}.json"
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= flip
    path.write_bytes(data)
    assert kept.get(WHEEL) is None


def test_a_record_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / f"{WHEEL}.json").mkdir()
    assert WheelRecords(tmp_path).get(WHEEL) is None


@pytest.mark.parametrize("name", ["", "../../x", "A" * 64])
def test_what_is_no_digest_names_no_record(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no sha256"):
        WheelRecords(tmp_path).get(name)


def test_comparing_names_what_was_changed_added_and_left_out() -> None:
    assert records.compare(RECORD, RECORD.paths) == ()
    now = {**RECORD.paths, "site-packages/x.py": f"exec {'1' * 64}", "site-packages/new.py": "plain 4"}
    del now["scripts/x"]
    assert records.compare(RECORD, now) == ("scripts/x", "site-packages/new.py", "site-packages/x.py")
