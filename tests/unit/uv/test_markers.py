import pytest

from hermes.uv import markers, ranges

PYTHONS = ranges.union([ranges.parse("==3.11.*"), ranges.parse("==3.13.*")])


@pytest.mark.parametrize(
    ("marker", "left"),
    [
        (None, None),
        ("python_full_version != '3.12.*'", None),
        ("python_full_version >= '3.11' and python_full_version < '3.14'", None),
        ("python_version >= '3.8'", None),
        ("python_full_version < '3.12'", 'python_full_version < "3.12"'),
        ("sys_platform == 'win32'", 'sys_platform == "win32"'),
        ("python_full_version != '3.12.*' and sys_platform == 'win32'", 'sys_platform == "win32"'),
        ("python_full_version == '3.12.*' or sys_platform == 'win32'", 'sys_platform == "win32"'),
        (
            "(python_full_version < '3.12' or python_full_version >= '3.14') and sys_platform == 'win32'",
            'python_full_version < "3.12" and sys_platform == "win32"',
        ),
        (
            "(python_full_version < '3.12' or sys_platform == 'linux') and platform_machine != 'x86_64'",
            '(python_full_version < "3.12" or sys_platform == "linux") and platform_machine != "x86_64"',
        ),
        ("python_full_version < '3.13' or python_full_version >= '3.13'", None),
        ("python_full_version == '3.12.*'", 'python_full_version == "3.12.*"'),
    ],
)
def test_what_the_range_says_is_left_out(marker: str | None, left: str | None) -> None:
    assert markers.simplified(marker, PYTHONS) == left


@pytest.mark.parametrize(
    ("requirement", "left"),
    [
        ("alpha", "alpha"),
        ("alpha[x] ; python_full_version >= '3.11'", "alpha[x]"),
        ("alpha ; python_full_version == '3.12.*'", None),
        ("alpha ; (python_full_version < '3.14') and extra == 'x'", 'alpha; extra == "x"'),
    ],
)
def test_edges_that_hold_nowhere_go(requirement: str, left: str | None) -> None:
    assert markers.edge(requirement, PYTHONS) == left


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("sys_platform == 'darwin' or sys_platform == 'linux' or sys_platform == 'win32'", None),
        (
            " or ".join(
                f"(python_full_version < '3.12' and sys_platform == '{platform}')"
                for platform in ("darwin", "linux", "win32")
            ),
            'python_full_version < "3.12"',
        ),
        ("sys_platform == 'win32' and python_full_version >= '3.11'", 'sys_platform == "win32"'),
        (
            "sys_platform == 'linux' or sys_platform == 'darwin'",
            'sys_platform == "linux" or sys_platform == "darwin"',
        ),
        ("sys_platform == 'emscripten' or platform_machine == 'x86_64'", 'platform_machine == "x86_64"'),
    ],
)
def test_what_holds_on_every_platform_that_is_locked_for_goes_without_saying(marker: str, expected: str | None) -> None:
    assert markers.simplified(marker, ranges.parse(">=3.11,<3.14")) == expected
