"""A TOML text as values and lines, and what is wrong with it as problems: told all at once, in the order of lines."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hermes.envfile import positions, wording
from hermes.envfile.positions import Path
from hermes.errors import EnvfileError
from hermes.model.project import Where

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The values of a TOML file called `file`, and the line of each path in it."""

    file: str
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Path, int] = field(default_factory=dict)

    def where(self, path: Path) -> Where:
        """Say where a path stands, or else the nearest that it is in."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Where(file=self.file, line=self.lines.get(known, 1), key=wording.key_path(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, and where."""

    where: Where
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def read(text: str, *, file: str) -> Document:
    """Read a TOML text; a syntax error is an EnvfileError with line and column."""
    text = text.removeprefix("\ufeff")
    try:
        values = tomllib.loads(text)
        lines = positions.positions(text)
    except RecursionError:
        raise EnvfileError(f"{file}:1:1: arrays or tables are nested too deeply to be read") from None
    except ValueError as error:
        raise EnvfileError(f"{file}:{_syntax_error(str(error), text)}") from None
    return Document(file=file, values=values, lines=lines)


def error(problems: Iterable[Problem], *, first: str) -> EnvfileError:
    """Make one error of problems: each once, those of the file `first` before others, by line."""
    ordered = sorted(problems, key=lambda problem: (problem.where.file != first, problem.where.line, problem.where.key))
    return EnvfileError("\n".join(dict.fromkeys(str(problem) for problem in ordered)))


def _syntax_error(message: str, text: str) -> str:
    place = _PLACE.search(message)
    if place is None:  # the one error that tomllib lets through from int()
        return "1:1: a number in this file has thousands of digits, which is too long"
    lines = text.split("\n")
    line, column = place["line"] or len(lines), place["column"] or len(lines[-1]) + 1
    return f"{line}:{column}: this is not TOML: {message[: place.start()]}"
