"""A terminal of any width, or none; what is decided from it is decided by the real code."""

from collections.abc import Mapping
from typing import TextIO

from hermes.system.terminal import Terminal


class FakeTerminal(Terminal):
    def __init__(self, *, tty: bool = False, columns: int = 0, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ=environ or {})
        object.__setattr__(self, "_tty", tty)
        object.__setattr__(self, "_columns", columns)

    def is_tty(self, stream: TextIO | None) -> bool:
        tty: bool = object.__getattribute__(self, "_tty")
        return stream is not None and tty

    def columns(self, stream: TextIO | None) -> int:
        columns: int = object.__getattribute__(self, "_columns")
        return columns if self.is_tty(stream) else 0
