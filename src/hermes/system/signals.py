"""The signals that ask hermes to stop: noted while a child runs, raised as errors while hermes itself works."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import NoReturn, Self

from hermes.errors import Interrupted, Terminated

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")

STOPPING = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


class Watch:
    """Notes the stopping signals that arrive while it is entered, instead of letting them end hermes.

    The numbers come through Python's wakeup descriptor, so that a `select` on `fileno` wakes up for each; handlers
    alone could run between the look at what was noted and the wait. Only the main thread gets signals: elsewhere a
    watch notes nothing. A signal that the caller has hermes ignore (nohup) stays ignored.
    """

    def __init__(self) -> None:
        self.noted: list[int] = []
        self._handlers: dict[int, object] = {}
        self._reader, self._writer = socket.socketpair()
        self._before: int | None = None

    def __enter__(self) -> Self:
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        if threading.current_thread() is threading.main_thread():
            self._before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
            for number in STOPPING:
                # None is a handler that some extension module set: there is no way to set it again.
                if signal.getsignal(number) not in {signal.SIG_IGN, None}:
                    self._handlers[number] = signal.signal(number, _ignore)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what `signal.signal` returned for it
        if self._before is not None:
            signal.set_wakeup_fd(self._before)
        # Only now: what arrived until the handlers were back has been noted, and nothing falls in between.
        self.take()
        self._reader.close()
        self._writer.close()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when a signal arrives."""
        return self._reader.fileno()

    def take(self) -> list[int]:
        """Return the stopping signals that arrived since the last call."""
        arrived: list[int] = []
        with suppress(BlockingIOError):
            while chunk := self._reader.recv(4096):
                arrived.extend(number for number in chunk if number in self._handlers)
        self.noted.extend(arrived)
        return arrived


def stop_of(noted: list[int]) -> Interrupted | None:
    """Return the error for the signals that were noted, None for none; all others weigh more than ^C."""
    if not noted:
        return None
    if any(number != signal.SIGINT for number in noted):
        return Terminated("terminated: everything that hermes started has been stopped")
    return Interrupted("interrupted: everything that hermes started has been stopped")


@contextmanager
def raising() -> Iterator[None]:
    """Raise Interrupted or Terminated in the main thread when a stopping signal arrives while hermes itself works."""
    before = {
        number: signal.signal(number, _raise)
        for number in STOPPING
        if signal.getsignal(number) not in {signal.SIG_IGN, None}
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the wakeup descriptor has the number."""


def _raise(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - a handler's signature
    stop = stop_of([number])
    raise stop or Interrupted("interrupted")
