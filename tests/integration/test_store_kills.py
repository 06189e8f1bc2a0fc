"""A builder is killed at every change that it makes to the file system; the next one must not notice.

The test starts this file as a program: it forks a builder for each instant, which kills itself there.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fakes import trees
from hermes.store import check, layout
from hermes.store.store import Store
from hermes.system.clock import Clock

ADDRESS = "a" * 64
CHANGES = frozenset(
    {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.utime", "os.truncate", "fcntl.flock"}
)
"""Audit events before a change to the file system; reading a file or a folder is none."""


def test_a_kill_at_any_change_leaves_nothing_that_is_trusted_and_wrong(tmp_path: Path) -> None:
    outcome = _run(tmp_path, "killed", "fresh")
    assert outcome["problems"] == []
    assert outcome["kills"] > 60
    steps = outcome["steps"]
    assert {"open", "os.mkdir", "os.rename", "os.chmod", "fcntl.flock"} <= steps.keys()
    assert min(steps["os.rename"], steps["fcntl.flock"], steps["os.mkdir"]) >= 2


def test_a_kill_while_something_untrusted_is_replaced(tmp_path: Path) -> None:
    outcome = _run(tmp_path, "killed", "untrusted")
    assert outcome["problems"] == []
    assert outcome["steps"]["os.rename"] >= 3
    assert outcome["steps"]["os.remove"] >= 2


def test_a_kill_while_an_environment_is_taken_away(tmp_path: Path) -> None:
    outcome = _run(tmp_path, "removing", "fresh")
    assert outcome["problems"] == []
    assert outcome["kills"] > 10


def _run(folder: Path, *words: str) -> dict[str, Any]:
    tests = Path(__file__).parents[1]
    source = tests.parent / "src"
    done = subprocess.run(
        [sys.executable, __file__, os.fspath(folder), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.fspath, (tests, source)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def _main(folder: Path, mode: str, before: str) -> None:
    problems: list[str] = []
    steps: Counter[str] = Counter()
    instant = 0
    while True:
        root = folder / str(instant)
        _prepare(root, mode, before)
        status, event = _in_a_child(partial(_change, root, mode), instant)
        if status == 0:
            break
        if status != -signal.SIGKILL:
            problems.append(f"{instant}: ended with {status}")
            break
        steps[event] += 1
        status, said = _in_a_child(partial(_next_run, root), None)
        if status or said:
            problems.append(f"{instant} ({event}): {said or status}")
        instant += 1
    json.dump({"kills": instant, "steps": steps, "problems": problems}, sys.stdout)


def _prepare(root: Path, mode: str, before: str) -> None:
    if before == "untrusted":
        (root / layout.built(ADDRESS) / layout.TREE).mkdir(parents=True)
        (root / layout.built(ADDRESS) / layout.RECEIPT).write_bytes(b"{}")
        (root / ".hermes-runner").touch()
    if mode == "removing":
        _in_a_child(lambda: _build(root), None)


def _change(root: Path, mode: str) -> None:
    if mode == "removing":
        assert Store(root, clock=Clock()).remove(ADDRESS)
    else:
        _build(root)


def _build(root: Path) -> None:
    Store(root, clock=Clock(), lock_timeout=1).get_or_build(
        ADDRESS,
        lambda tree: trees.make(tree, trees.SMALL),
        lambda tree, entries: trees.describe(tree, entries, trees.SMALL, address=ADDRESS),
    )


def _next_run(root: Path) -> None:
    store = Store(root, clock=Clock(), lock_timeout=1)
    found = store.find(ADDRESS)
    if found is not None and check.full(found.tree, found.receipt):
        _say("what is trusted differs from its receipt")
    with store.using(ADDRESS):
        _build(root)
    found = store.find(ADDRESS)
    if found is None or check.full(found.tree, found.receipt):
        _say("the next build did not mend it")
    store.collect()
    if any((root / layout.STAGING).iterdir()):
        _say("leftovers stay in staging")
    if store.clear() or store.entries():
        _say("it cannot be removed")


def _say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def _in_a_child(act: Callable[[], object], kill_at: int | None) -> tuple[int, str]:
    """Fork a child that acts, killed before its change number `kill_at`; return its status and what it wrote."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 1)
        status = 1
        try:
            if kill_at is not None:
                _arm(kill_at)
            act()
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as said:
        text = said.read().strip()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text


def _arm(kill_at: int) -> None:
    left = kill_at

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event not in CHANGES or (event == "open" and not _writes(arguments)):
            return
        if left == 0:
            os.write(1, event.encode())
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    sys.addaudithook(count)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *sys.argv[2:])
