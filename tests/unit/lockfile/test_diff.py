from hermes.lockfile import diff
from hermes.lockfile.diff import Change
from hermes.model.lock import Lock, LockedFile
from unit.lockfile import samples

HASHED = LockedFile(name="same-1.0-py3-none-any.whl", sha256="a" * 64)
REHASHED = LockedFile(name="same-1.0-py3-none-any.whl", sha256="b" * 64)
MORE = LockedFile(name="same-1.0-cp311-cp311-win_amd64.whl", sha256="c" * 64)


def old() -> Lock:
    test = samples.environment(
        "test",
        samples.pin("gone", "1.0"),
        samples.pin("kept", "1.0"),
        samples.pin("numpy", "1.26.4", 'python_version < "3.12"'),
        samples.pin("numpy", "2.1.0", 'python_version >= "3.12"'),
        samples.pin("pytest", "8.9.0"),
        samples.pin("same", "1.0"),
        samples.pin("tomli", "2.0", 'python_version < "3.11"'),
        samples.pin("wheel", "0.9"),
    )
    return samples.lock([test], [samples.package("same", "1.0", files=[HASHED])])


def new() -> Lock:
    test = samples.environment(
        "test",
        samples.pin("kept", "1.0"),
        samples.pin("numpy", "2.1.0"),
        samples.pin("new", "0.1"),
        samples.pin("pytest", "8.10.0"),
        samples.pin("same", "1.0"),
        samples.pin("tomli", "2.0", 'python_version < "3.12"'),
        samples.pin("wheel", "0.8"),
    )
    docs = samples.environment("docs", samples.pin("new", "0.1"))
    return samples.lock([docs, test], [samples.package("same", "1.0", files=[MORE, REHASHED])])


def test_every_kind_of_change_is_named() -> None:
    hashes = [f"same-1.0-py3-none-any.whl sha256:{letter * 64}" for letter in "ab"]
    assert diff.diff(old(), new()) == (
        Change(environment="docs", package="new", kind="added", after="0.1"),
        Change(environment="test", package="gone", kind="removed", before="1.0"),
        Change(environment="test", package="new", kind="added", after="0.1"),
        Change(
            environment="test",
            package="numpy",
            kind="up",
            before='1.26.4 (python_version < "3.12"), 2.1.0 (python_version >= "3.12")',
            after="2.1.0",
        ),
        Change(environment="test", package="pytest", kind="up", before="8.9.0", after="8.10.0"),
        Change(environment="test", package="same", kind="rehashed", before=hashes[0], after=hashes[1]),
        Change(environment="test", package="same", kind="files", after="same-1.0-cp311-cp311-win_amd64.whl"),
        Change(
            environment="test",
            package="tomli",
            kind="markers",
            before='2.0 (python_version < "3.11")',
            after='2.0 (python_version < "3.12")',
        ),
        Change(environment="test", package="wheel", kind="down", before="0.9", after="0.8"),
    )


def test_nothing_changed() -> None:
    assert diff.diff(old(), old()) == ()
    assert diff.table(()) == ""


def test_without_an_old_lock_all_is_added() -> None:
    changes = diff.diff(None, new())
    assert {change.kind for change in changes} == {"added"}
    assert len(changes) == 8


def test_the_table_says_once_what_several_environments_share() -> None:
    build = samples.lock([samples.environment(".build", samples.pin("flit-core", "3.12.0"))], [])
    both = samples.lock(
        [samples.environment("a", samples.pin("x", "1")), samples.environment("b", samples.pin("x", "1"))], []
    )
    lock = samples.lock([*build.environments.values(), *both.environments.values()], [])
    later = samples.environment("a", samples.pin("x", "2")), samples.environment("b", samples.pin("x", "2"))
    assert diff.table(diff.diff(lock, samples.lock(later, []))) == (
        "ENVIRONMENT  PACKAGE    CHANGE   BEFORE  AFTER\n"
        "(build)      flit-core  removed  3.12.0\n"
        "a, b         x          up       1       2\n"
    )
