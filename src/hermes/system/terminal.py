"""What the terminal can do: whether there is one, how wide it is, whether to paint."""

import codecs
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

ColourChoice = Literal["auto", "always", "never"]

DEFAULT_WIDTH = 80

_TOLERANT = "hermes.tolerant"
_PLAIN = {"─": "-", "│": "|", "├": "|", "└": "`", "…": "..."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """The terminal behind the standard streams, as the caller's variables want it used."""

    environ: Mapping[str, str]

    def is_tty(self, stream: TextIO | None) -> bool:
        """Tell whether a stream ends at a terminal; a missing or closed one does not."""
        try:
            return stream is not None and stream.isatty()
        except ValueError:
            return False

    def columns(self, stream: TextIO | None) -> int:
        """Return the width that the stream's terminal reports, 0 where there is none."""
        if stream is None or not self.is_tty(stream):
            return 0
        try:
            return os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            return 0

    def width(self, stream: TextIO | None) -> int:
        """Return the columns to fill: COLUMNS, else the terminal's, else 80 (a width of 0 says nothing)."""
        wanted = self.environ.get("COLUMNS", "")
        return (int(wanted) if wanted.isdecimal() else 0) or self.columns(stream) or DEFAULT_WIDTH

    def colour(self, stream: TextIO | None, choice: ColourChoice = "auto") -> bool:
        """Decide whether to paint on a stream: the option, then NO_COLOR, FORCE_COLOR, TERM, and a terminal."""
        if choice != "auto":
            return choice == "always"
        if self.environ.get("NO_COLOR"):
            return False
        forced = self.environ.get("FORCE_COLOR")
        if forced:
            return forced not in {"0", "false"}
        return self.environ.get("TERM") != "dumb" and self.is_tty(stream)


def tolerate(stream: TextIO | None) -> None:
    """Let a stream write what its encoding does not have as something plainer, and paths as the bytes that they are."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_TOLERANT)


def _in_plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace the first character that an encoding does not have; a lone surrogate stands for a byte of a path."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    byte = ord(character) - 0xDC00
    return bytes([byte]) if 0x80 <= byte <= 0xFF else _PLAIN.get(character, "?"), error.start + 1  # noqa: PLR2004


codecs.register_error(_TOLERANT, _in_plain)
