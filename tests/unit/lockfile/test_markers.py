import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from hermes.errors import LockError
from hermes.lockfile import markers

OVERLAPS = [
    (None, None, ">=3.11", True),
    (None, 'sys_platform == "win32"', ">=3.11", True),
    (None, 'python_version < "3.11"', ">=3.11", False),
    ('python_version < "3.12"', 'python_version >= "3.12"', ">=3.8", False),
    ('python_version <= "3.12"', 'python_version >= "3.12"', ">=3.8", True),
    ('python_version <= "3.12"', 'python_version >= "3.12"', ">=3.8,<3.12", False),
    ('python_full_version < "3.12"', 'python_version >= "3.12"', ">=3.8", False),
    ('python_full_version >= "3.12.1"', 'python_version <= "3.12"', ">=3.8", True),
    ('python_full_version >= "3.12.1"', 'python_version < "3.12"', ">=3.8", False),
    ('python_full_version > "3.12.1"', 'python_full_version < "3.12.2"', ">=3.8", False),
    ('python_full_version > "3.12.1"', 'python_full_version < "3.12.3"', ">=3.8", True),
    ('python_version == "3.9"', 'python_version == "3.10"', ">=3.8", False),
    ('python_version == "3.1"', 'python_version == "3.10"', ">=3.0", False),
    ('python_version == "3.*"', 'python_version > "3.30"', ">=3.8", True),
    ('python_version ~= "3.8"', 'python_version >= "4"', ">=3.8", False),
    ('python_version != "3.12"', 'python_version == "3.12"', ">=3.8", False),
    ('python_version in "3.9 3.10"', 'python_version < "3.9"', ">=3.8", False),
    ('python_version in "3.9 3.10"', 'python_version not in "3.9, 3.11"', ">=3.8", True),
    ('python_version in "3.9"', 'python_version not in "3.9, 3.11"', ">=3.8", False),
    ('"3.9" <= python_version', 'python_version < "3.9"', ">=3.8", False),
    ('python_full_version <= "3.11.0a6"', None, ">=3.11", False),
    ('python_full_version <= "3.11.0a6"', 'python_version == "3.11"', ">=3.11.0a1", True),
    ('python_full_version == "3.14.0rc1"', None, "==3.14.0rc1", True),
    ('sys_platform == "win32"', 'sys_platform == "linux"', ">=3.8", False),
    ('sys_platform == "win32"', 'sys_platform != "linux"', ">=3.8", True),
    ('sys_platform == "win32"', 'platform_system == "Windows"', ">=3.8", True),
    ('sys_platform == "win32"', 'platform_system == "Linux"', ">=3.8", False),
    ('sys_platform == "win32"', 'os_name == "posix"', ">=3.8", False),
    ('sys_platform == "plan9"', 'os_name == "posix"', ">=3.8", False),
    ('sys_platform == "emscripten"', 'sys_platform != "win32"', ">=3.8", False),
    ('sys_platform in "linux linux2"', 'sys_platform == "linux"', ">=3.8", True),
    ('sys_platform not in "win32, darwin"', 'sys_platform == "darwin"', ">=3.8", False),
    ('"linux" in sys_platform', 'sys_platform != "linux"', ">=3.8", False),
    ('"win" in sys_platform', 'sys_platform != "win32"', ">=3.8", True),
    ('"bsd" in platform_machine and "free" in platform_machine', 'platform_machine != "bsd"', ">=3.8", True),
    ('platform_machine == "x86_64"', 'platform_machine == "AMD64"', ">=3.8", False),
    ('platform_machine == "x86_64"', 'platform_machine != "AMD64"', ">=3.8", True),
    ('implementation_name == "pypy"', 'platform_python_implementation == "CPython"', ">=3.8", False),
    ('implementation_name == "pypy"', 'platform_python_implementation == "PyPy"', ">=3.8", True),
    ('implementation_version < "7.3"', 'implementation_version >= "7.3"', ">=3.8", False),
    ('platform_release >= "20.1"', 'platform_release < "20.3"', ">=3.8", True),
    ('extra == "toml"', 'extra == "TOML"', ">=3.8", True),
    ('extra == "a"', 'extra == "b"', ">=3.8", False),
    ('extra == "a"', 'extra != "b"', ">=3.8", True),
    ('os_name == "nt" or python_version < "3.9"', 'os_name != "nt" and python_version >= "3.9"', ">=3.8", False),
    ('os_name == "nt" or python_version < "3.9"', 'os_name != "nt" and python_version >= "3.8"', ">=3.8", True),
    ('(os_name == "nt" or os_name == "posix") and python_version < "3.9"', 'python_version < "3.10"', ">=3.9", False),
]


@pytest.mark.parametrize(("a", "b", "requires_python", "expected"), OVERLAPS)
def test_two_markers_overlap(a: str | None, b: str | None, requires_python: str, expected: bool) -> None:
    assert markers.overlap(a, b, requires_python) is expected
    assert markers.overlap(b, a, requires_python) is expected


@pytest.mark.parametrize(
    ("together", "alternatives", "expected"),
    [
        ([], [], False),
        ([None], [None], True),
        (['python_version < "3.8"'], [], True),
        (['python_version >= "3.10"'], ['python_version >= "3.9"'], True),
        (['python_version >= "3.9"'], ['python_version >= "3.10"'], False),
        ([None], ['python_full_version < "3.12"', 'python_full_version >= "3.12"'], True),
        ([None], ['python_full_version < "3.12"', 'python_full_version > "3.12"'], False),
        ([None], ['sys_platform == "win32"', 'sys_platform != "win32"'], True),
        ([None], ['sys_platform == "win32"', 'sys_platform == "linux"'], False),
        (['platform_system == "Windows"'], ['sys_platform == "win32"'], True),
        (['os_name == "nt"', 'python_version < "3.9"'], ['os_name == "nt" and python_version < "3.10"'], True),
    ],
)
def test_one_of_some_markers_holds_wherever_others_do(
    together: list[str | None], alternatives: list[str | None], expected: bool
) -> None:
    assert markers.implied(together, alternatives, ">=3.8") is expected


LITERALS = {
    "python_version": ["3.8", "3.9", "3.10", "3.11"],
    "python_full_version": ["3.8.0", "3.9.1", "3.10.0", "3.10.12", "3.11.0"],
    "sys_platform": ["linux", "win32", "darwin"],
    "os_name": ["posix", "nt"],
    "platform_machine": ["x86_64", "arm64"],
}


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    variable = draw(st.sampled_from(sorted(LITERALS)))
    operators = ["==", "!=", "<", "<=", ">", ">="] if variable.startswith("python") else ["==", "!=", "in", "not in"]
    return f'{variable} {draw(st.sampled_from(operators))} "{draw(st.sampled_from(LITERALS[variable]))}"'


any_marker = st.recursive(
    comparisons(),
    lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
        lambda drawn: f"({drawn[0]}) {drawn[1]} ({drawn[2]})"
    ),
    max_leaves=4,
)


@st.composite
def machines(draw: st.DrawFn) -> dict[str, str]:
    full = f"3.{draw(st.integers(7, 13))}.{draw(st.integers(0, 14))}"
    os_name, platform, system = draw(
        st.sampled_from([("posix", "linux", "Linux"), ("nt", "win32", "Windows"), ("posix", "darwin", "Darwin")])
    )
    return {
        "python_full_version": full,
        "python_version": ".".join(full.split(".")[:2]),
        "os_name": os_name,
        "sys_platform": platform,
        "platform_system": system,
        "platform_machine": draw(st.sampled_from(["x86_64", "arm64", "riscv64"])),
    }


@given(any_marker, any_marker, machines())
def test_what_holds_together_on_some_machine_overlaps(a: str, b: str, machine: dict[str, str]) -> None:
    requires_python = ">=3.8,<3.13"
    if not SpecifierSet(requires_python).contains(machine["python_full_version"]):
        return
    held = [Marker(each).evaluate(machine) for each in (a, b)]
    if all(held):
        assert markers.overlap(a, b, requires_python)
    if held == [True, False]:
        assert not markers.implied([a], [b], requires_python)


@given(any_marker)
def test_a_marker_has_one_spelling_that_means_the_same(text: str) -> None:
    spelled = markers.canonical(text)
    assert markers.canonical(spelled) == spelled
    assert markers.implied([text], [spelled], ">=3.8")
    assert markers.implied([spelled], [text], ">=3.8")


def test_quotes_and_spaces_do_not_make_another_marker() -> None:
    assert (
        markers.canonical(" python_version>='3.8'and( os.name=='nt' )") == 'python_version >= "3.8" and os_name == "nt"'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "windows",
        'python_version > "3.8',
        '"a" == "b"',
        "os_name == sys_platform",
        'sys_platform ~= "linux"',
        '"x" in extras',
        '"x" in dependency_groups',
        'os_name == "\\x41"',
        'os_name == "é"',
        'os_name == "a"\n',
        "(" * 1000 + 'os_name == "a"' + ")" * 1000,
        f'python_version > "{"9" * 5000}"',
    ],
)
def test_what_is_no_marker_is_refused(text: str) -> None:
    with pytest.raises(LockError):
        markers.canonical(text)


@pytest.mark.parametrize(
    ("text", "extra", "expected"),
    [
        (None, "", (True, None)),
        ('extra == "toml"', "toml", (True, None)),
        ('extra == "toml"', "", (False, None)),
        ('extra == "TOML_x"', "toml-x", (True, None)),
        ('extra != "toml"', "", (True, None)),
        ('python_version < "3.11" and extra == "toml"', "toml", (True, 'python_version < "3.11"')),
        ('python_version < "3.11" and extra == "toml"', "dev", (False, None)),
        ('python_version < "3.11" or extra == "toml"', "toml", (True, None)),
        ('python_version < "3.11" or extra == "toml"', "", (True, 'python_version < "3.11"')),
        ('os_name == "nt" and (extra == "a" or extra == "b")', "b", (True, 'os_name == "nt"')),
        (
            '(os_name == "nt" or os_name == "java") and (extra == "a" or python_version < "3")',
            "",
            (True, '(os_name == "nt" or os_name == "java") and python_version < "3"'),
        ),
    ],
)
def test_an_extra_is_settled(text: str | None, extra: str, expected: tuple[bool, str | None]) -> None:
    assert markers.without_extra(text, extra) == expected


def test_markers_are_joined() -> None:
    either = 'os_name == "nt" or os_name == "java"'
    assert markers.joined([either, None, 'python_version < "3"'], "and") == f'({either}) and python_version < "3"'
    assert markers.joined([either, None], "or") is None
    assert markers.joined([either, either], "or") == either
    assert markers.joined([], "and") is None


def test_markers_that_mention_too_much_to_tell_overlap() -> None:
    names = [
        f'python_full_version == "3.{number + 8}" or platform_machine == "m{number}" or platform_version == "v{number}"'
        for number in range(8)
    ]
    more = [f'platform_release == "r{number}" or implementation_name == "i{number}"' for number in range(8)]
    text = f'({" or ".join([*names, *more])}) and implementation_version == "1" and implementation_version == "2"'
    assert markers.overlap(text, None, ">=3.8")
