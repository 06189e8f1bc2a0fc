"""Locks between processes, on files that lie outside of the folders they protect.

A lock is `flock` on an open file: the kernel lets go of it when its holder ends, however that comes about. The holder
of an exclusive lock writes who it is into the file, for the message of whoever waits in vain. Taking a lock never
removes its file. Whoever wants to remove one must hold it exclusively; as another process may have opened the file just
before that, a lock counts only if the path still leads to the file that was locked.

Waiting asks again and again, in growing intervals: a blocking `flock` can be given up neither by a deadline nor, on
network file systems, by a signal.
"""

import errno
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hermes.errors import HermesError, ProvisionError
from hermes.system.clock import Clock

SHARED_TIMEOUT = 60.0

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05
_TAKEN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})
_UNSUPPORTED = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})

_SLOTS = 64
_OFFSET = 1 << 30
"""Windows has only exclusive locks, on bytes: a shared one is one byte of these, an exclusive one all of them.

They lie far behind the end of the file, as nobody else can read locked bytes, and the holder's name is to be read.
"""


@contextmanager
def exclusive(
    path: Path,
    *,
    timeout: float,
    what: str,
    clock: Clock | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold a lock that nobody else holds, for the purpose `what` ("building …").

    `waiting` is called once, with a sentence, if the lock is not free at once. Raises ProvisionError, naming the
    holder, when `timeout` seconds have passed; the same where the file system has no locks.
    """
    clock = clock or Clock()
    descriptor = _acquire(path, shared=False, timeout=timeout, what=what, clock=clock, waiting=waiting)
    try:
        _sign(descriptor, what, clock)
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


@contextmanager
def shared(
    path: Path,
    *,
    timeout: float = SHARED_TIMEOUT,
    what: str = "using it",
    clock: Clock | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold a lock together with others, but with nobody who holds it exclusively; errors as for `exclusive`."""
    clock = clock or Clock()
    descriptor = _acquire(path, shared=True, timeout=timeout, what=what, clock=clock, waiting=waiting)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def try_exclusive(path: Path) -> Iterator[bool]:
    """Hold a lock that nobody else holds if that can be had at once, and tell whether it is held."""
    descriptor = _attempt(path, shared=False)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def holder(path: Path) -> str:
    """Return who signed a lock file, in words, as far as that is known."""
    return _signed(path)[0]


def _signed(path: Path) -> tuple[str, str]:
    """Return who signed a lock file, and what makes them let go of it."""
    try:
        found = json.loads(path.read_bytes())
        process = f"process {found['pid']} on {found['host']}"
        return f"{process}, {found['what']} since {_iso(float(found['since']))}", f"end process {found['pid']}"
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "processes that did not leave their names", "end them"


def _acquire(
    path: Path, *, shared: bool, timeout: float, what: str, clock: Clock, waiting: Callable[[str], None] | None
) -> int:
    deadline = clock.monotonic() + timeout
    pause = _FIRST_PAUSE
    while True:
        descriptor = _attempt(path, shared=shared)
        if descriptor is not None:
            return descriptor
        if waiting is not None:
            holds, way_out = _signed(path)
            waiting(f"waiting for {holds} (^C gives up; if that hangs, {way_out})")
            waiting = None
        left = deadline - clock.monotonic()
        if left <= 0:
            raise ProvisionError(
                f"{what}: waited {timeout:g} s for the lock {path}, which is held by {holder(path)}",
                hint="let that process finish, or end it, and try again",
            )
        clock.wait(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _attempt(path: Path, *, shared: bool) -> int | None:
    """Return the descriptor of the locked file, None where somebody else holds the lock."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ProvisionError(f"cannot open the lock file {path}: {error.strerror or error}") from error
    try:
        held = _lock(descriptor, shared=shared) and _leads_to(path, descriptor)
    except OSError as error:
        os.close(descriptor)
        raise _failed(path, error) from error
    if held:
        return descriptor
    os.close(descriptor)
    return None


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _failed(path: Path, error: OSError) -> HermesError:
    if error.errno in _UNSUPPORTED:
        return ProvisionError(
            f"{path} cannot be locked: its file system has no working file locks ({error.strerror})",
            hint="let HERMES_RUNNER_CACHE_DIR name a folder on a local disk",
        )
    return ProvisionError(f"{path} cannot be locked: {error.strerror or error}")


def _sign(descriptor: int, what: str, clock: Clock) -> None:
    signature = {"pid": os.getpid(), "host": socket.gethostname(), "what": what, "since": clock.now()}
    # A full disk must not keep anybody from holding a lock: the name is for a message only.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(signature).encode())


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415 - for one message, on a path that is measured

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool) -> bool:
        if not shared:
            return _lock_bytes(descriptor, 0, _SLOTS)
        first = os.getpid() % _SLOTS
        return any(_lock_bytes(descriptor, (first + step) % _SLOTS, 1) for step in range(_SLOTS))

    def _lock_bytes(descriptor: int, slot: int, count: int) -> bool:
        os.lseek(descriptor, _OFFSET + slot, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, count)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True

else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True
