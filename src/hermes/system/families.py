"""What a child started that shares hermes's process group: that group cannot be killed as a whole, hermes is in it.

On Linux hermes adopts orphans while such a child runs, so that none can slip away from the tree of descendants, and
kills what belongs to its own group and is not older than the child. Elsewhere only the descendants of a child that
still runs can be found.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hermes.system.children import Child

_PR_SET_CHILD_SUBREAPER = 36
"""From linux/prctl.h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    """A line of the process table; `started` in ticks since the machine started, 0 where that is not known."""

    parent: int
    group: int
    started: int
    zombie: bool


@contextmanager
def adopting() -> Iterator[None]:
    """Make orphaned descendants children of hermes, on Linux."""
    if sys.platform != "linux":
        yield
        return
    import ctypes  # noqa: PLC0415 - only needed at a terminal

    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def finish(child: Child) -> int:
    """Kill what is left of a child's family, the child too; reap it, and return its status."""
    since = _started(child.pid)
    if sys.platform != "linux":
        _kill_family(child.pid, since)
    _kill(child.pid)
    status = child.wait()
    if sys.platform == "linux" and _has_children():
        _kill_family(child.pid, since)
    return status


def kill(child: Child) -> None:
    """Kill a child that has not been reaped, and its family; it is not reaped, so that its id stays its own."""
    _kill_family(child.pid, _started(child.pid))
    _kill(child.pid)


def _has_children() -> bool:
    """Tell whether hermes has any child, adopted ones included: mostly it has not, and the table need not be read."""
    if sys.platform == "linux":
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
    return True


def _kill_family(child: int, since: int) -> None:
    if sys.platform == "win32":
        return
    done = {child}
    # Again until nobody new is found: a process may have forked between the look and the kill.
    while left := _family(dict(_processes()), child, since) - done:
        for pid in left:
            _kill(pid)
        done |= left
    for pid in done - {child}:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Return the ids of a process's children, their children and so on, parents first."""
    return _descendants(dict(_processes()), pid)


def _family(table: dict[int, _Process], child: int, since: int) -> set[int]:
    root = os.getpid() if sys.platform == "linux" else child
    return {
        pid
        for pid in _descendants(table, root)
        if table[pid].group == os.getpgrp() and table[pid].started >= since and not table[pid].zombie
    }


def _descendants(table: dict[int, _Process], pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for one, process in table.items():
        children.setdefault(process.parent, []).append(one)
    found = list(children.get(pid, ()))
    for one in found:
        found.extend(children.get(one, ()))
    return found


def _processes() -> Iterator[tuple[int, _Process]]:
    if sys.platform == "linux":
        for name in os.listdir("/proc"):  # noqa: PTH208 - hundreds of entries: no Path for each
            if name.isdecimal():
                with suppress(OSError):
                    yield int(name), _read(int(name))
    elif sys.platform != "win32":
        command = ["/bin/ps", "-A", "-o", "pid=,ppid=,pgid="]
        for line in subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines():
            one, parent, group = map(int, line.split())
            yield one, _Process(parent=parent, group=group, started=0, zombie=False)


def _read(pid: int) -> _Process:
    # "PID (NAME) STATE PARENT GROUP …", and the start as the 22nd word: the name may hold spaces and brackets.
    words = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return _Process(parent=int(words[1]), group=int(words[2]), started=int(words[19]), zombie=words[0] == b"Z")


def _started(pid: int) -> int:
    if sys.platform == "linux":
        with suppress(OSError):
            return _read(pid).started
    return 0
