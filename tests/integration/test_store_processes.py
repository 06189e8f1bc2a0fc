"""Several processes and one store: builds that others wait for, builders that die, environments that jobs use.

The other processes are this file, run as a program that does one thing and tells how far it is.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes import trees
from hermes.errors import ProvisionError
from hermes.store import check, layout
from hermes.store.store import Built, Store
from hermes.system.clock import Clock

A, B = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", clock=Clock(), lock_timeout=60)


def test_two_processes_build_once(tmp_path: Path) -> None:
    for number in range(5):
        root = tmp_path / str(number)
        with _process("count", root) as one, _process("count", root) as two:
            said = sorted([_rest(one), _rest(two)])
        assert said == ["built\n", "found\n"]
        assert (root / "populated").read_text() == "once\n"


def test_a_killed_builder_is_swept_by_the_next_build(store: Store, tmp_path: Path) -> None:
    with _process("block", tmp_path / "cache") as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "populating\n"
        builder.send_signal(signal.SIGKILL)
    assert _staged(tmp_path)
    assert store.find(A) is None
    assert check.full(_build(store, A).tree, _build(store, A).receipt) == ()
    assert _staged(tmp_path) == []


def test_a_killed_builder_is_swept_by_collecting(store: Store, tmp_path: Path) -> None:
    with _process("block", tmp_path / "cache") as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "populating\n"
        builder.kill()
    assert store.collect() == ()
    assert _staged(tmp_path) == []


def test_a_builder_that_lives_is_not_swept(store: Store, tmp_path: Path) -> None:
    with _process("block", tmp_path / "cache") as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "populating\n"
        _build(store, B)
        store.collect(max_bytes=0)
        assert store.clear() == ()
        assert len(_staged(tmp_path)) == 2, "the folder of the one that lives, and its lock"
        assert _rest(builder) == "built\n"
    found = store.find(A)
    assert found
    assert check.full(found.tree, found.receipt) == ()


def test_who_waits_in_vain_is_told_for_whom(tmp_path: Path) -> None:
    with _process("block", tmp_path / "cache") as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "populating\n"
        impatient = Store(tmp_path / "cache", clock=Clock(), lock_timeout=0)
        with pytest.raises(
            ProvisionError, match=rf"held by process {builder.pid} on .*building the environment aaaaaaaaaaaa"
        ):
            _build(impatient, A)
        assert _rest(builder) == "built\n"


def test_what_another_process_uses_is_not_removed(store: Store, tmp_path: Path) -> None:
    _build(store, A)
    with _process("use", tmp_path / "cache") as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "using\n"
        assert store.collect(max_bytes=0) == ()
        assert store.collect(max_age_days=1, now=1e12) == ()
        assert store.clear() == (A,)
        assert not store.remove(A)
        assert _rest(job) == "there\n"
    assert [item.address for item in store.collect(max_bytes=0)] == [A]


def test_a_job_that_was_killed_uses_nothing(store: Store, tmp_path: Path) -> None:
    _build(store, A)
    with _process("use", tmp_path / "cache") as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "using\n"
        job.kill()
    assert store.clear() == ()


def test_building_using_and_collecting_at_once(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    with _process("churn", root) as one, _process("churn", root) as two, _process("collect", root) as collector:
        assert (_rest(one), _rest(two)) == ("25 rounds\n", "25 rounds\n")
        assert _rest(collector) == "collected\n"
    assert Store(root, clock=Clock()).clear() == ()
    assert _staged(tmp_path) == []


def _build(store: Store, address: str, populate: Callable[[Path], None] | None = None) -> Built:
    return _get_or_build(store, address, populate or (lambda tree: trees.make(tree, trees.SMALL)))[0]


def _get_or_build(store: Store, address: str, populate: Callable[[Path], None]) -> tuple[Built, bool]:
    return store.get_or_build(
        address,
        populate,
        lambda tree, entries: trees.describe(tree, entries, trees.SMALL, address=address),
    )


def _staged(folder: Path) -> list[Path]:
    return list((folder / "cache" / layout.STAGING).iterdir())


@contextmanager
def _process(what: str, root: Path) -> Iterator["subprocess.Popen[str]"]:
    tests = Path(__file__).parents[1]
    path = os.pathsep.join(map(os.fspath, (tests, tests.parent / "src")))
    with subprocess.Popen(
        [sys.executable, __file__, what, os.fspath(root)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _rest(process: "subprocess.Popen[str]") -> str:
    """Let a process go on, and return what else it says until it ends."""
    said, _ = process.communicate("")
    return said


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is a program


def _main(what: str, root: Path) -> None:
    store = Store(root, clock=Clock(), lock_timeout=60)
    match what:
        case "count":
            _count(store, root)
        case "block":
            _block(store)
        case "use":
            with store.using(A):
                _say("using")
                sys.stdin.read()
                _say("there" if store.find(A) else "gone")
        case "churn":
            _churn(store)
        case _:
            for _ in range(100):
                store.collect(max_bytes=0)
            _say("collected")


def _count(store: Store, root: Path) -> None:
    sys.stdin.read()

    def populate(tree: Path) -> None:
        with (root / "populated").open("a") as file:
            file.write("once\n")
        trees.make(tree, trees.SMALL)

    _say("built" if _get_or_build(store, A, populate)[1] else "found")


def _block(store: Store) -> None:
    def populate(tree: Path) -> None:
        trees.make(tree, trees.SMALL)
        _say("populating")
        sys.stdin.read()

    _say("built" if _get_or_build(store, A, populate)[1] else "found")


def _churn(store: Store) -> None:
    for number in range(25):
        with store.using(A):
            built = _build(store, A)
            differences = check.full(built.tree, built.receipt)
            if differences:
                _say(f"round {number}: {differences}")
    _say("25 rounds")


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
