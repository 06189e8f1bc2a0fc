import tomllib

from fakes.uv import wants
from hermes.model.lock import Lock, LockedEnvironment, Pin
from hermes.uv import ranges, synthetic

WHOLE = ranges.union([ranges.parse("==3.11.*"), ranges.parse("==3.13.*")])


def environment(name: str, *pins: Pin) -> LockedEnvironment:
    return LockedEnvironment(name=name, python=("3.11",), requires_python=">=3.11", pins=pins)


PLATFORMS = "(sys_platform == 'linux' or sys_platform == 'darwin' or sys_platform == 'win32')"


def test_environments_become_groups_with_their_pythons() -> None:
    members = synthetic.members(
        [wants("test", "alpha"), wants("new", "beta ; sys_platform == 'linux'", "gamma")],
        {"test": WHOLE, "new": ranges.parse("==3.13.*")},
    )

    document = tomllib.loads(synthetic.project(members, whole=WHOLE, interpreter="3.11.7"))

    here = 'python_full_version >= "3.13" and python_full_version < "3.14"'
    assert document["project"]["requires-python"] == ">=3.11,<3.14"
    assert document["dependency-groups"] == {
        "e-0": ["alpha"],
        "e-1": [f'beta; sys_platform == "linux" and ({here})', f"gamma; {here}"],
    }
    assert document["tool"]["uv"] == {
        "package": False,
        "default-groups": [],
        "environments": [
            f"python_full_version >= '3.11' and python_full_version < '3.12' and {PLATFORMS}",
            f"python_full_version >= '3.13' and python_full_version < '3.14' and {PLATFORMS}",
        ],
    }


def test_a_gap_narrows_a_requirement_to_both_sides() -> None:
    members = synthetic.members([wants("gap", "alpha")], {"gap": WHOLE})

    document = tomllib.loads(synthetic.project(members, whole=ranges.hull(WHOLE), interpreter="3.12.1"))

    assert document["dependency-groups"]["e-0"] == [
        "alpha; "
        + 'python_full_version >= "3.11" and python_full_version < "3.12"'.join("()")
        + " or "
        + 'python_full_version >= "3.13" and python_full_version < "3.14"'.join("()")
    ]


def test_an_interpreter_outside_the_range_only_widens_what_uv_requires() -> None:
    document = tomllib.loads(synthetic.project([], whole=ranges.parse("==3.12.1"), interpreter="3.11.7+"))

    assert document["project"]["requires-python"] == ">=3.11.7,<3.12.2"
    assert document["tool"]["uv"]["environments"] == [
        f"python_full_version >= '3.12.1' and python_full_version < '3.12.2' and {PLATFORMS}"
    ]


def test_old_pins_become_preferences_own_ones_first() -> None:
    lock = Lock(
        environments={
            "other": environment("other", Pin(name="alpha", version="2.0"), Pin(name="beta", version="2.0")),
            "test": environment(
                "test",
                Pin(name="alpha", version="1.0"),
                Pin(name="gone", version="1.0"),
                Pin(name="num", version="1.0", marker='python_full_version < "3.12"'),
                Pin(name="num", version="2.0", marker='python_full_version >= "3.12"'),
            ),
        },
        packages={},
    )

    text = synthetic.preferences(lock, ["test"], without=frozenset({"gone"}))

    assert text is not None
    assert [(e["name"], e["version"], e.get("resolution-markers")) for e in tomllib.loads(text)["package"]] == [
        ("alpha", "1.0", None),
        ("beta", "2.0", None),
        ("num", "1.0", ['python_full_version < "3.12"']),
        ("num", "2.0", ['python_full_version >= "3.12"']),
    ]


def test_without_pins_there_is_nothing_to_prefer() -> None:
    lock = Lock(environments={"test": environment("test", Pin(name="alpha", version="1.0"))}, packages={})

    assert synthetic.preferences(lock, ["test"], without=frozenset({"alpha"})) is None
