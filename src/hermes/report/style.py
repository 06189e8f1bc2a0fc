"""Colours: what a word looks like on a terminal that shows them, and plain text elsewhere."""

from dataclasses import dataclass

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How to paint: with `color` in ANSI colours, else not at all; `width` in columns."""

    color: bool = False
    width: int = 80

    def paint(self, name: str, text: str) -> str:
        """Return the text in a colour (or bold, or dim)."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.color and text else text
