"""Check the values of a document against a shape, and give them back cleaned: None stands where a value is wrong.

TOML has no null, so a None is never a user's value. Keys and indexes stay, so that a path still names its line;
unknown keys are left out.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hermes.envfile import wording
from hermes.envfile.document import Document, Problem
from hermes.envfile.positions import Path
from hermes.envfile.shapes import Either, Flag, Listing, Names, Shape, Table, Text


def check(document: Document, shape: Table, problems: list[Problem]) -> dict[str, Any]:
    """Check a whole document; what is wrong is added to `problems`."""
    return _Checker(document, problems).table(document.values, shape, ())


def check_part(document: Document, value: Any, shape: Shape, path: Path, problems: list[Problem]) -> Any:
    """Check the one value that stands at `path`."""
    return _Checker(document, problems).value(value, shape, path)


class _Checker:
    """Walks over values and shapes together."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document = document
        self.problems = problems

    def wrong(self, path: Path, message: str) -> None:
        self.problems.append(Problem(where=self.document.where(path), message=message))

    def value(self, value: Any, shape: Shape, path: Path) -> Any:
        """Check one value; None if it is wrong."""
        if isinstance(shape, Listing) and shape.single and _fits(value, shape.item):
            return self.value(value, shape.item, path)
        if not _fits(value, shape):
            quotes = ": put it in quotes" if _takes_text(shape) and not isinstance(value, (list, dict)) else ""
            self.wrong(path, f"expected {shape.expected}, not {wording.described(value)}{quotes}")
            return None
        checked = value
        match shape:
            case Text():
                checked = self.text(value, shape, path)
            case Listing():
                checked = self.listing(value, shape, path)
            case Either():
                checked = self.value(value, next(each for each in shape.shapes if _fits(value, each)), path)
            case Table():
                checked = self.table(value, shape, path)
            case Names():
                checked = self.names(value, shape, path)
        return checked

    def text(self, value: str, shape: Text, path: Path) -> str | None:
        problem = _text_problem(value, shape)
        problems = [problem] if problem is not None else shape.problems(value) if shape.problems is not None else ()
        for each in problems:
            self.wrong(path, each)
        return None if problems else value

    def listing(self, values: list[Any], shape: Listing, path: Path) -> list[Any] | None:
        if len(values) < shape.least:
            self.wrong(path, f"expected {shape.expected}, not an empty list")
            return None
        checked = [self.value(value, shape.item, (*path, index)) for index, value in enumerate(values)]
        if shape.same is not None:
            self.repeated(((value, (*path, index)) for index, value in enumerate(checked) if value), shape.same)
        if shape.problem is not None and None not in checked:
            problem = shape.problem(checked)
            if problem is not None:
                self.wrong(path, problem)
                return None
        return checked

    def table(self, values: Mapping[str, Any], shape: Table, path: Path) -> dict[str, Any]:
        checked = {}
        for key, value in values.items():
            if key in shape.keys:
                checked[key] = self.value(value, shape.keys[key].shape, (*path, key))
            elif not shape.open:
                self.wrong((*path, key), f"unknown key{wording.meant(key, shape.keys)}")
        for key, known in shape.keys.items():
            if known.required and key not in values:
                self.wrong(path, f"{wording.quoted(key)} is missing: expected {known.shape.expected}")
        present = [key for key in shape.one_of if key in values]
        if shape.one_of and len(present) != 1:
            self.wrong(path, f"expected exactly one of {wording.listed(shape.one_of, 'and')} in it")
        for apart in shape.apart:
            for other in apart.others:
                if apart.key in values and other in values:
                    self.wrong((*path, other), apart.because)
        return checked

    def names(self, values: Mapping[str, Any], shape: Names, path: Path) -> dict[str, Any]:
        for name in values:
            self.text(name, shape.name, (*path, name))
        if shape.same is not None:
            self.repeated(((name, (*path, name)) for name in values), shape.same)
        return {name: self.value(value, shape.item, (*path, name)) for name, value in values.items()}

    def repeated(self, items: Iterable[tuple[str, Path]], same: Callable[[str], str]) -> None:
        """Report items that are the same as an earlier one."""
        seen: dict[str, str] = {}
        for item, path in items:
            first = seen.get(same(item))
            if first is None:
                seen[same(item)] = item
            elif first == item:
                self.wrong(path, f"{wording.quoted(item)} stands twice: drop one")
            else:
                self.wrong(path, f"{wording.quoted(item)} is the same as {wording.quoted(first)}: drop one")


def _fits(value: Any, shape: Shape) -> bool:
    """Say whether a value has the type that a shape asks for."""
    match shape:
        case Flag():
            return isinstance(value, bool)
        case Text():
            return isinstance(value, str)
        case Listing():
            return isinstance(value, list) or (shape.single and _fits(value, shape.item))
        case Either():
            return any(_fits(value, each) for each in shape.shapes)
        case Table() | Names():
            return isinstance(value, dict)


def _takes_text(shape: Shape) -> bool:
    return isinstance(shape, Text) or (isinstance(shape, Listing) and shape.single and _takes_text(shape.item))


def _text_problem(value: str, shape: Text) -> str | None:
    if "\0" in value:
        return "holds a NUL character, which no name, word or variable can hold: drop it"
    if shape.choices and value not in shape.choices:
        near = wording.near(value, shape.choices)
        return f"expected {shape.expected}, not {wording.described(value)}" + (
            f"; did you mean {near}?" if near else ""
        )
    if shape.pattern is not None and re.fullmatch(shape.pattern, value) is None:
        return f"expected {shape.expected}, not {wording.described(value)}"
    return None if shape.problem is None else shape.problem(value)
