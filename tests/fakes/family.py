"""Processes that have children, and what tells a test how they are: a fifo that all of them keep open, a terminal."""

import json
import os
import select
import subprocess
import sys
import textwrap
from pathlib import Path

PATIENCE = 60
"""Seconds after which a test gives up; nothing waits for them to pass."""

# Stands between the test and the child, as hermes does: started by the test, on a terminal or without one.
DRIVER = """
import fcntl, json, os, sys, termios
if sys.argv[1] == "terminal":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from hermes.errors import HermesError
from hermes.system.processes import Processes
how, report, grace, child = sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5]
argv = [sys.executable, "-I", "-c", child, *sys.argv[6:]]
try:
    done = getattr(Processes(grace=grace), how)(argv, env=os.environ)
    said = {"status": done.status}
    if how == "foreground":
        said.update(interrupted=done.interrupted, terminated=done.terminated)
except HermesError as error:
    said = {"error": type(error).__name__}
with open(report, "w") as file:
    json.dump(said, file)
"""

# A grandchild that nothing but a kill ends; both keep the fifo open, so that its reader knows when they are gone.
FAMILY = """
import os, signal, sys
fifo = os.open(sys.argv[1], os.O_WRONLY)
if os.fork() == 0:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    os.write(fifo, b"grandchild ")
    while True:
        signal.pause()
"""


class Fifo:
    """The reading end of a pipe with a name, opened before any writer is there."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self._descriptor, True)
        self._seen = b""

    def until(self, *words: bytes) -> None:
        """Wait until every word has been written."""
        while not all(word in self._seen for word in words):
            said = _read(self._descriptor)
            assert said, f"only {self._seen!r} was said"
            self._seen += said

    def read(self) -> bytes:
        """Wait for something to be written; return nothing when nobody has the fifo open any more."""
        return _read(self._descriptor)

    def end(self) -> None:
        """Wait until nobody has the fifo open any more."""
        while self.read():
            pass

    def close(self) -> None:
        os.close(self._descriptor)


def _read(descriptor: int) -> bytes:
    assert select.select([descriptor], [], [], PATIENCE)[0], "nothing happened"
    return os.read(descriptor, 1024)


class Driver:
    """A process that runs a child through hermes; `terminal` is the other end of its terminal, if it has one."""

    def __init__(
        self, folder: Path, child: str, *arguments: str, terminal: bool, how: str = "foreground", grace: float = 10
    ) -> None:
        self._report = folder / "report.json"
        controller, inner = os.openpty() if terminal else (-1, subprocess.DEVNULL)
        self.terminal = controller
        kind = "terminal" if terminal else "plain"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                DRIVER,
                kind,
                how,
                str(self._report),
                str(grace),
                textwrap.dedent(child),
                *arguments,
            ],
            stdin=inner,
            stdout=inner if terminal else None,
            stderr=inner if terminal else None,
            start_new_session=True,
        )
        if terminal:
            os.close(inner)
        self._seen = b""

    def type(self, text: bytes) -> None:
        os.write(self.terminal, text)

    def until(self, words: bytes) -> None:
        while words not in self._seen:
            self._seen += _read(self.terminal)

    def end(self) -> dict[str, object]:
        self.process.wait(PATIENCE)
        if self.terminal >= 0:
            os.close(self.terminal)
        found: dict[str, object] = json.loads(self._report.read_text())
        return found
