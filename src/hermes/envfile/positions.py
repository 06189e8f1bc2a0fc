"""Where the keys, array elements and table headers of a TOML text stand: tomllib gives values without lines."""

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

# No possessive quantifiers: before CPython 3.11.5 they let subpatterns match what they should not (gh-106052).
_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BASIC = r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_LITERAL = r"'[^'\n]*'"
_KEY_PART = re.compile(rf"(?P<quoted>{_BASIC}|{_LITERAL})|(?P<bare>[^\s.=\]\"'#]+)")
_STRING = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*"{3,5}'
    r"|'{3}[^']*(?:'{1,2}(?!')[^']*)*'{3,5}" + f"|{_BASIC}|{_LITERAL}",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def positions(text: str) -> dict[Path, int]:
    """Give the 1-based line of every key, array element and table header of a *valid* TOML text, by path.

    The line of a table is the one where it is first named; elements of arrays are named by their index.
    """
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    """Walks over the text once; since the text is valid, it only has to find where things end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}  # for each array of tables, the index of its last one
        self.breaks = [match.start() for match in re.finditer("\n", text)]

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self.skip(_BLANK):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
        return self.lines

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Move over what the pattern matches here; False at the end of the text."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return self.at < len(self.text)

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, bisect_right(self.breaks, self.at - 1) + 1)

    def header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]`; the path goes through the last table of each array of tables on the way."""
        width = 2 if self.text.startswith("[[", self.at) else 1
        self.at += width
        path: Path = ()
        parts = self.key()
        for position, part in enumerate(parts, start=1):
            path = (*path, part)
            self.note(path)
            if width == 2 and position == len(parts):  # noqa: PLR2004 - two brackets
                self.tables[path] = self.tables.get(path, -1) + 1
            if path in self.tables:
                path = (*path, self.tables[path])
                self.note(path)
        self.at += width
        return path

    def key(self) -> list[str]:
        """Read a dotted key up to what follows it: `=` or `]`."""
        parts = []
        while True:
            self.skip(_SPACE)
            match = _KEY_PART.match(self.text, self.at)
            if match is None:
                raise AssertionError(f"no key at character {self.at} of a TOML text that tomllib took")
            parts.append(match["bare"] or tomllib.loads(f"key = {match['quoted']}")["key"])
            self.at = match.end()
            self.skip(_SPACE)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def pair(self, table: Path) -> None:
        """Read `key = value`."""
        path = table
        before = self.at
        parts = self.key()
        after, self.at = self.at, before
        for part in parts:
            path = (*path, part)
            self.note(path)
        self.at = after + 1
        self.skip(_BLANK)
        self.value(path)

    def value(self, path: Path) -> None:
        """Read one value of any type."""
        opening = self.text[self.at]
        if opening in {"[", "{"}:
            self.at += 1
            self.collection(path, closing="]" if opening == "[" else "}")
        else:
            before = self.at
            self.skip(_STRING if opening in {'"', "'"} else _SCALAR)
            if self.at == before:
                raise AssertionError(f"no value at character {self.at} of a TOML text that tomllib took")

    def collection(self, path: Path, *, closing: str) -> None:
        """Read the rest of an array or an inline table."""
        index = 0
        while self.skip(_BLANK):
            if self.text[self.at] == closing:
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "}":
                self.pair(path)
            else:
                self.note((*path, index))
                self.value((*path, index))
                index += 1
