"""The one place where hermes starts programs.

Signals, as `foreground` deals with them. At a terminal, the child stays in hermes's own process group: the terminal
sends ^C to the whole group, so the child gets it exactly once, and from the terminal; hermes only notes it and goes on
waiting, as it is the child that knows how to stop (a debugger goes on). A second ^C kills the child and all that it
started. Anywhere else the child leads a process group of its own; hermes forwards what it gets to that group,
once, gives it some seconds, and then kills the group. What a child leaves behind in its group, its own or hermes's, is
killed when it has ended. The programs that `run` captures get a session of their own, without a terminal that they
could wait for.

Nothing asks the kernel to kill the child when hermes itself is killed (PR_SET_PDEATHSIG): it would need code of ours
between fork and exec, which is not safe beside threads, and it fires when the thread that started the child ends.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryFile, gettempdir
from typing import IO

from hermes.errors import HermesError
from hermes.system import children, families, refusals, signals

GRACE = 10.0
"""Seconds between a forwarded signal and the kill."""

_TAIL = 5
"""Lines of a killed program's last words that stand in the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A captured program that ended; `status` is negative for a signal. Bytes that are no UTF-8 are replaced."""

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A program that had the terminal ended; `interrupted` by SIGINT, `terminated` by another that asks to stop."""

    status: int
    interrupted: bool
    terminated: bool
    seconds: float


class Processes:
    """Starts programs and waits for them; whatever happens, none is left behind."""

    def __init__(self, *, grace: float = GRACE) -> None:
        self._grace = grace

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path | None = None,
        input: str | bytes | None = None,  # noqa: A002 - subprocess's name for it
        timeout: float | None = None,
        umask: int | None = None,
    ) -> Completed:
        """Run a program that nobody watches, and return what it printed and how it ended.

        Its output goes to files: pipes could fill up, and a grandchild could keep one open for ever. Raises HermesError
        where it cannot be started or takes longer than `timeout` seconds, Interrupted or Terminated where hermes was
        asked to stop meanwhile; in each case the program and its process group are gone.
        """
        began = time.monotonic()
        with signals.Watch() as watch, TemporaryFile() as stdout, TemporaryFile() as stderr, TemporaryFile() as stdin:
            if input is not None:
                stdin.write(input.encode() if isinstance(input, str) else input)
                stdin.seek(0)
            child = children.start(
                argv,
                env=env,
                cwd=cwd,
                umask=umask,
                stdin=DEVNULL if input is None else stdin,
                stdout=stdout,
                stderr=stderr,
                new_session=True,
            )
            try:
                over = _await(child, watch, timeout)
            finally:
                status = children.finish_group(child)
            output, errors = _text(stdout), _text(stderr)
            if status != 0:
                errors += _shortage()
        if stop := signals.stop_of(watch.noted):
            raise stop
        if not over:
            last = "".join(f"\n  {line}" for line in errors.splitlines()[-_TAIL:])
            raise HermesError(f"{argv[0]} did not end within {timeout:g} s and was killed{last}")
        return Completed(
            argv=tuple(argv), status=status, stdout=output, stderr=errors, seconds=time.monotonic() - began
        )

    def foreground(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path | None = None,
        umask: int | None = None,
        stdout: int | None = None,
    ) -> Finished:
        """Run a program with hermes's own standard streams; how signals are dealt with stands at the top of this file.

        Where hermes's standard output belongs to something else, the program gets the descriptor `stdout` instead.
        Raises HermesError where it cannot be started.
        """
        began = time.monotonic()
        shares = _has_terminal()
        sys.stdout.flush()
        sys.stderr.flush()
        with signals.Watch() as watch, families.adopting() if shares else nullcontext():
            child = children.start(argv, env=env, cwd=cwd, umask=umask, stdout=stdout, new_group=not shares)
            try:
                with children.ended(child) as end:
                    self._accompany(child, end, watch, shares=shares)
            finally:
                status = families.finish(child) if shares else children.finish_group(child)
        return Finished(
            status=status,
            interrupted=signal.SIGINT in watch.noted,
            terminated=any(number != signal.SIGINT for number in watch.noted),
            seconds=time.monotonic() - began,
        )

    def _accompany(self, child: children.Child, end: int, watch: signals.Watch, *, shares: bool) -> None:
        """Wait for a child, passing on what arrives; return when it has ended."""
        deadline: float | None = None
        seen: set[int] = set()
        while True:
            over, arrived = children.wait(end, watch, _left(deadline))
            if over:
                return
            if _left(deadline) == 0:
                _kill(child, shares=shares)
                deadline = None
            for number in arrived:
                if number in seen:
                    _kill(child, shares=shares)
                elif not (shares and number == signal.SIGINT):
                    _pass_on(child, number, shares=shares)
                    deadline = deadline or time.monotonic() + self._grace
                seen.add(number)


def _await(child: children.Child, watch: signals.Watch, timeout: float | None) -> bool:
    """Return whether a child ended before the time was up and before hermes was asked to stop."""
    deadline = None if timeout is None else time.monotonic() + timeout
    with children.ended(child) as end:
        over = False
        while not over and not watch.noted and _left(deadline) != 0:
            over, _ = children.wait(end, watch, _left(deadline))
    return over


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _pass_on(child: children.Child, number: int, *, shares: bool) -> None:
    if shares:
        child.send_signal(number)
    else:
        children.signal_group(child, number)


def _kill(child: children.Child, *, shares: bool) -> None:
    if shares:
        families.kill(child)
    elif sys.platform == "win32":
        child.kill()
    else:
        children.signal_group(child, signal.SIGKILL)


def _has_terminal() -> bool:
    """Tell whether the standard input is the controlling terminal and hermes is in its foreground group."""
    if sys.platform == "win32":
        return True  # A console sends ^C to all that are attached to it.
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _shortage() -> str:
    """Say that the disk is full on which a program's words were to be kept: some may be missing."""
    sentence = refusals.shortage(Path(gettempdir()))
    return f"\n{sentence}\n" if sentence else ""


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")
