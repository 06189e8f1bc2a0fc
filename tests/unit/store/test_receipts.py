import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.model.receipt import Entry, InstalledFile, Receipt
from hermes.store import receipts, sealed

RECEIPT = Receipt(
    format=1,
    address="a" * 64,
    key="b" * 64,
    kind="environment",
    name="test",
    python="3.12",
    interpreter_path="/opt/python/bin/python3.12",
    created=1700000000.25,
    ingredients=(("creator", "uv"), ("file x", "1.0 x-1.0-py3-none-any.whl " + "c" * 64)),
    installed=(InstalledFile(package="x", version="1.0", file="x.whl", sha256="c" * 64, content="d" * 64),),
    content="e" * 64,
    entries=(
        Entry(path="bin/python", kind="link", mode=0, owner="skeleton", target="/opt/python"),
        Entry(path="lib", kind="folder", mode=0o555, owner="skeleton"),
        Entry(
            path="lib/\udcff \n\\ \u00e9.py",
            kind="file",
            mode=0o444,
            owner="x==1.0",
            size=3,
            mtime_ns=1700000000123456789,
            inode=2**63,
            sha256="f" * 64,
        ),
    ),
)
WHOLE = receipts.dump(RECEIPT)


def test_a_receipt_comes_back_as_it_was() -> None:
    assert receipts.load(WHOLE) == RECEIPT


def test_a_receipt_without_entries_comes_back() -> None:
    empty = replace(RECEIPT, entries=(), installed=(), ingredients=())
    assert receipts.load(receipts.dump(empty)) == empty


def test_a_receipt_is_json() -> None:
    assert json.loads(WHOLE)["value"]["owners"] == ["skeleton", "x==1.0"]


@given(st.binary(max_size=2000))
def test_random_bytes_are_no_receipt(data: bytes) -> None:
    assert receipts.load(data) is None


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_makes_it_none(position: int, flip: int) -> None:
    changed = bytearray(WHOLE)
    changed[position] ^= flip
    assert receipts.load(bytes(changed)) is None


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, len(WHOLE)))
def test_a_receipt_that_was_cut_is_none(start: int, length: int) -> None:
    assert receipts.load(WHOLE[:start] + WHOLE[start + length :]) is None


@given(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=20))
def test_a_receipt_with_more_in_it_is_none(position: int, more: bytes) -> None:
    assert receipts.load(WHOLE[:position] + more + WHOLE[position:]) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("address", 7),
        ("kind", "house"),
        ("created", None),
        ("created", 10**400),
        ("ingredients", [["one"]]),
        ("ingredients", 5),
        ("installed", [["x", "1.0", "x.whl", "c"]]),
        ("installed", [["x", "1.0", "x.whl", "c", 1]]),
        ("owners", []),
        ("owners", [1, 2]),
        ("entries", {"a": 1}),
        ("entries", [[]]),
        ("entries", [["p", 9, 0, 0, 0, 0, 0, "", ""]]),
        ("entries", [["p", -1, 0, 0, 0, 0, 0, "", ""]]),
        ("entries", [["p", 0, 0, -1, 0, 0, 0, "", ""]]),
        ("entries", [["p", 0, 0, 0, 0, 1.5, 0, "", ""]]),
        ("entries", [["p", 0, True, 0, 0, 0, 0, "", ""]]),
        ("entries", [[1, 0, 0, 0, 0, 0, 0, "", ""]]),
    ],
)
def test_values_of_another_shape_are_none_though_the_digest_holds(key: str, value: Any) -> None:
    body = {**json.loads(WHOLE)["value"], key: value}
    assert receipts.load(sealed.seal(body, format_version=1)) is None


@pytest.mark.parametrize("value", [None, [], "text", 3, {}])
def test_another_document_is_none(value: Any) -> None:
    assert receipts.load(sealed.seal(value, format_version=1)) is None
