"""A hermes in a process of its own that tells in which step it is, and is held, killed or asked to stop there."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fakes import projects, steps
from hermes.system import families

PATIENCE = 120.0
"""Seconds after which whatever is waited for counts as hanging."""

Victims = Literal["hermes", "all"]
"""Who is killed: hermes alone, so that the programs that it has started live on, or these as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """The running hermes; what it prints goes to the file `output`, its errors beside that."""

    process: subprocess.Popen[bytes]
    output: Path
    messages: int
    release: int

    def steps(self, *, seconds: float = PATIENCE) -> Iterator[tuple[str, float]]:
        """Yield each step as it begins and the seconds since hermes began, until that ends or the time is up."""
        began, text = time.monotonic(), b""
        while (left := began + seconds - time.monotonic()) > 0 and select.select([self.messages], [], [], left)[0]:
            said = os.read(self.messages, 1 << 16)
            if not said:
                return
            *lines, text = (text + said).split(b"\n")
            for line in lines:
                yield line.decode(), time.monotonic() - began

    def reach(self, step: str, nth: int = 0) -> bool:
        """Wait until a step begins for the `nth` time; return False if hermes ends without."""
        seen = Counter[str]()
        for name, _ in self.steps():
            if (name, seen[name]) == (step, nth):
                return True
            seen[name] += 1
        return False

    def kill(self, victims: Victims) -> list[int]:
        """Kill hermes; return descriptors that become readable when the programs that it had started have ended."""
        self.process.send_signal(signal.SIGSTOP)
        # A stopped hermes starts nothing more: from now on the list of what it has started is whole.
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        started = self.started()
        self.process.kill()
        if victims == "all":
            for descriptor in started:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        self.process.wait()
        return started

    def started(self) -> list[int]:
        """Return a descriptor for each program that hermes has started and that runs: readable when it has ended."""
        found = []
        for pid in families.descendants(self.process.pid):
            with suppress(ProcessLookupError):
                found.append(os.pidfd_open(pid))
        return found

    def stop(self, number: signal.Signals) -> projects.Ran:
        """Send a signal, let hermes go on where it is held, and return how it ended."""
        self.process.send_signal(number)
        self.go_on()
        return self.end()

    def go_on(self) -> None:
        """Let hermes go on where it is held."""
        os.close(self.release)

    def end(self) -> projects.Ran:
        """Wait until hermes ends, and return how it did."""
        status = self.process.wait(PATIENCE)
        return projects.Ran(status=status, stdout=_read(self.output), stderr=_read(_errors(self.output)))


@contextmanager
def start(
    hermes: projects.Hermes,
    *words: str,
    at: Path,
    output: Path,
    hold: tuple[str, int] | None = None,
    gate: int | None = None,
) -> Iterator[Driven]:
    """Start hermes in a folder; it stays in the step `hold`, and begins only when nobody can write to `gate`."""
    messages, told = os.pipe()
    held, release = os.pipe()
    options = {"messages": told, "release": held, "hold": hold, "gate": gate}
    options = {name: value for name, value in options.items() if value is not None}
    try:
        with output.open("wb") as printed, _errors(output).open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", steps.__file__, json.dumps(options), *words],
                env=hermes.variables,
                cwd=at,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=errors,
                pass_fds=[told, held, *([] if gate is None else [gate])],
            )
        os.close(told)
        os.close(held)
        with process:
            try:
                yield Driven(process=process, output=output, messages=messages, release=release)
            finally:
                process.kill()
    finally:
        os.close(messages)
        with suppress(OSError):  # `go_on` may have closed it.
            os.close(release)


def ended(started: Sequence[int]) -> bool:
    """Wait until programs have ended, by their descriptors, and close these; return False if one does not end."""
    deadline = time.monotonic() + PATIENCE
    over = all(select.select([one], [], [], max(0.0, deadline - time.monotonic()))[0] for one in started)
    for one in started:
        os.close(one)
    return over


def alive(hermes: projects.Hermes) -> list[str]:
    """Return the command lines of running programs that the cache of this hermes was named to."""
    cache, found = os.fsencode(hermes.cache), []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and folder.name != str(os.getpid()):
            with suppress(OSError):
                words = (folder / "cmdline").read_bytes()
                if words and cache in words + (folder / "environ").read_bytes():
                    found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def _errors(output: Path) -> Path:
    return output.with_name(f"{output.name}-errors")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
