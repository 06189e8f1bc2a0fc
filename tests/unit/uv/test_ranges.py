import pytest

from hermes.uv import ranges


@pytest.mark.parametrize(
    ("specifier", "written"),
    [
        ("==3.12.*", ">=3.12,<3.13"),
        ("==3.12.1", ">=3.12.1,<3.12.2"),
        ("==3.14.0rc1", ">=3.14,<3.14.1"),
        (">=3.11", ">=3.11"),
        (">=3.11,<3.14", ">=3.11,<3.14"),
        (">3.11,<=3.13", ">=3.11.1,<3.13.1"),
        ("~=3.11", ">=3.11,<4.0"),
        ("~=3.11.4", ">=3.11.4,<3.12"),
        (">=3.11,!=3.12.*,<3.14", ">=3.11,!=3.12.*,<3.14"),
        (">=3.11,!=3.11.4,<3.13", ">=3.11,<3.13"),
        ("<3.12", ">=0.0,<3.12"),
    ],
)
def test_specifiers_there_and_back(specifier: str, written: str) -> None:
    assert ranges.specifier(ranges.parse(specifier)) == written


def test_what_contradicts_itself_is_empty() -> None:
    assert ranges.parse(">=3.13,<3.11") == ()
    assert ranges.parse("<0") == ()


def test_ranges_that_touch_become_one_and_gaps_stay() -> None:
    together = ranges.union([ranges.parse(f"=={minor}.*") for minor in ("3.13", "3.9", "3.10", "3.11")])

    assert ranges.specifier(together) == ">=3.9,!=3.12.*,<3.14"
    assert ranges.markers(together) == (
        "python_full_version >= '3.9' and python_full_version < '3.12'",
        "python_full_version >= '3.13' and python_full_version < '3.14'",
    )
    assert ranges.specifier(ranges.hull(together)) == ">=3.9,<3.14"
    assert ranges.least(together) == "3.9"
    assert ranges.markers(ranges.parse(">=3.12")) == ("python_full_version >= '3.12'",)


@pytest.mark.parametrize(
    ("specifier", "pieces"),
    [
        (">=3.11,<3.14", [">=3.11,<3.12", ">=3.12,<3.13", ">=3.13,<3.14"]),
        (">=3.11.4,<3.12.2", [">=3.11.4,<3.12", ">=3.12,<3.12.2"]),
        ("==3.12.1", [">=3.12.1,<3.12.2"]),
        ("~=3.11", [">=3.11,<4.0"]),
        (">=3.11", [">=3.11"]),
    ],
)
def test_a_range_is_cut_at_minor_versions(specifier: str, pieces: list[str]) -> None:
    assert [ranges.specifier((piece,)) for piece in ranges.by_minor(ranges.parse(specifier))] == pieces
