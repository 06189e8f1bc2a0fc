"""Child processes: started with a clear error, waited for together with signals, ended with all that they started."""

import errno
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from hermes.errors import HermesError
from hermes.system.signals import Watch

Stream = IO[bytes] | int | None
Child = subprocess.Popen[bytes]


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | Path | None,
    umask: int | None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    new_session: bool = False,
    new_group: bool = False,
) -> Child:
    """Start a program; HermesError says which one could not be started, and why."""
    try:
        return subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            umask=-1 if umask is None else umask,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=new_session,
            process_group=0 if new_group and sys.platform != "win32" else None,
        )
    except OSError as error:
        raise HermesError(_why_not(argv[0], cwd, error), hint=_what_next(error)) from error


def _why_not(program: str, cwd: str | Path | None, error: OSError) -> str:
    if cwd is not None and not Path(cwd).is_dir():
        return f"cannot run {program} in {cwd}: there is no such folder"
    if error.errno == errno.ENOENT:
        if os.sep in program and Path(program).exists():
            # The kernel says ENOENT for the script when it is its interpreter that is not there.
            return f"cannot run {program}: the interpreter that its first line names does not exist"
        where = "" if os.sep in program else " on PATH"
        return f"cannot run {program}: there is no such program{where}"
    return f"cannot run {program}: {error.strerror or error}"


def _what_next(error: OSError) -> str | None:
    return "make it executable (chmod +x)" if error.errno == errno.EACCES else None


@contextmanager
def ended(child: Child) -> Iterator[int]:
    """Yield a descriptor that becomes readable when a child has ended; the child is not reaped.

    Until it is reaped its id, and so that of its group, belongs to nobody else: its group can be killed safely.
    """
    descriptor = _pidfd(child.pid)
    if descriptor is not None:
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        return
    reader, writer = socket.socketpair()
    thread = threading.Thread(target=_announce_end, args=(child, writer), daemon=True)
    thread.start()
    with reader:
        yield reader.fileno()


def _pidfd(pid: int) -> int | None:
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # Linux before 5.3, or a seccomp filter that does not know it
        return None


def _announce_end(child: Child, writer: socket.socket) -> None:
    with writer:
        if sys.platform != "win32" and hasattr(os, "waitid"):
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        else:
            child.wait()


def wait(end: int, watch: Watch, timeout: float | None) -> tuple[bool, list[int]]:
    """Wait until a child ends, a signal arrives or time is up; return whether it ended, and the signals."""
    with selectors.DefaultSelector() as selector:
        selector.register(end, selectors.EVENT_READ)
        selector.register(watch, selectors.EVENT_READ)
        ready = {key.fd for key, _ in selector.select(timeout)}
    return end in ready, watch.take()


def signal_group(child: Child, number: int) -> None:
    """Send a signal to the group that a child leads."""
    # EPERM is what macOS says for a group of which only the ended leader is left.
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            child.send_signal(number)
        else:
            os.killpg(child.pid, number)


def finish_group(child: Child) -> int:
    """Kill what is left of the group that a child leads, the child too; reap it, and return its status."""
    if sys.platform == "win32":
        child.kill()
    elif child.returncode is None:
        signal_group(child, signal.SIGKILL)
    return child.wait()
