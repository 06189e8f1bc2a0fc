"""Where things stand in a lock's text: tomllib gives values without lines, and an error without a line helps nobody."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from hermes.errors import LockError

Path = tuple[str | int, ...]

HINT = "run `hermes lock`: it makes the lock anew and keeps the pins that it can read"

_HEADER = re.compile(r"\s*(\[\[?)[^\[\]=]+\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*([A-Za-z0-9_-]+|"[^"]*"|'[^']*')\s*=\s*(.*)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A lock's file name and the line of each path in it, such as ("environments", "test", "pins", 3)."""

    file: str
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Give the line of a path, or of the nearest thing around it that was found."""
        while path:
            for near in (path, (*path, 0)):  # a table that was made an array has lines for its items only
                if near in self.lines:
                    return self.lines[near]
            path = path[:-1]
        return 1

    def fail(self, path: Path, what: str, hint: str = HINT) -> NoReturn:
        """Raise a LockError about what stands at a path."""
        fail_at(self.file, self.line(path), what, hint)


def fail_at(file: str, line: int, what: str, hint: str = HINT) -> NoReturn:
    """Raise a LockError about a line."""
    raise LockError(f"{file}:{line}: {what}", hint=hint)


def index(text: str) -> Mapping[Path, int]:
    """Find the line (from 1) of each table, key and array item, as far as they stand on lines of their own."""
    found: dict[Path, int] = {}
    table: Path = ()
    array: Path | None = None
    counts: dict[Path, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if array is not None:
            array = _item(line, array, number, found, counts)
        elif _HEADER.fullmatch(line):
            table = _table(line, counts)
            found.setdefault(table, number)
        elif (match := _KEY.match(line)) is not None:
            path = (*table, match[1].strip("\"'"))
            found.setdefault(path, number)
            array = path if match[2] == "[" else None
    return found


def _item(line: str, array: Path, number: int, found: dict[Path, int], counts: dict[Path, int]) -> Path | None:
    """Note an item of an open array; None closes it."""
    content = line.strip()
    if content.startswith("]"):
        return None
    if content and not content.startswith("#"):
        place = counts.get(array, 0)
        counts[array] = place + 1
        found.setdefault((*array, place), number)
    return array


def _table(line: str, counts: dict[Path, int]) -> Path:
    """Parse a table's header into its path; an array of tables counts up."""
    try:
        value: Any = tomllib.loads(line)
    except (ValueError, RecursionError):
        return ()
    path: Path = ()
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        path = (*path, key)
    if isinstance(value, list):
        place = counts.get(path, 0)
        counts[path] = place + 1
        path = (*path, place)
    return path
