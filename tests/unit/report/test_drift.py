from hermes.model.project import Session, Where
from hermes.model.receipt import Difference
from hermes.report import drift

WHERE = Where(file="envfile.toml", line=7, key="sessions.unit")


def difference(path: str, owner: str = "x==1.0", what: str = "changed") -> Difference:
    return Difference(path=path, owner=owner, what=what)


def session(name: str, environment: str) -> Session:
    return Session(
        name=name, environment=environment, layer=None, python=(), run=(), env={}, isolation="none", where=WHERE
    )


def test_differences_stand_below_their_owners() -> None:
    text = drift.describe_differences(
        [
            difference("lib/y.py", "y==2", "missing"),
            difference("lib/x.py"),
            difference("bin/python", "skeleton", "target"),
            difference("lib/a.py", what="mode"),
            difference("new", "nothing that is locked", "added"),
        ]
    )
    assert text.splitlines() == [
        "nothing that is locked:",
        "  new was added",
        "the environment itself:",
        "  bin/python leads elsewhere",
        "x==1.0:",
        "  lib/a.py has another mode",
        "  lib/x.py was changed",
        "y==2:",
        "  lib/y.py is missing",
    ]


def test_the_command_that_repairs_is_named_for_each_environment() -> None:
    sessions = {name: session(name, name.partition("-")[0]) for name in ("test-unit", "docs", "test-smoke")}
    assert drift.repairs(["test", "docs", "test", "alone"], sessions) == (
        "`hermes run --rebuild test-unit test-smoke` repairs test",
        "`hermes run --rebuild docs` repairs docs",
        "`hermes store clear` repairs alone",
    )


def test_many_differences_are_counted() -> None:
    text = drift.describe_differences([difference(f"lib/{number}.py") for number in range(7)], limit=5)
    assert text.splitlines()[-2:] == ["  lib/4.py was changed", "  and 2 more"]


def test_no_differences_are_no_text() -> None:
    assert drift.describe_differences([]) == ""


def test_what_has_no_words_is_said_as_it_is() -> None:
    assert drift.describe_differences([difference("a", what="haunted")]) == "x==1.0:\n  a haunted"


def test_owners_come_once_and_sorted() -> None:
    assert drift.owners([difference("a", "y==1"), difference("b"), difference("c", "y==1")]) == ("x==1.0", "y==1")
