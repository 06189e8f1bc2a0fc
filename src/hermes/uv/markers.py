"""Markers as a lock holds them: without what the Python range of their environment says already."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from packaging.requirements import Requirement

from hermes.lockfile import markers
from hermes.uv import ranges

_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[()]|[^\s()\"']+")
_PLATFORM = re.compile(r"\b(sys_platform|platform_system|os_name)\b")
_PYTHON = re.compile(r"\bpython_(full_)?version\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    word: Literal["and", "or"]
    parts: tuple["_Tree", ...]


_Tree = str | bool | _Group


def simplified(marker: str | None, pythons: ranges.Range) -> str | None:
    """Leave out of a marker what its Pythons and platforms say already; None for what always holds."""
    if marker is None:
        return None
    tree, _ = _parse(_TOKEN.findall(markers.canonical(marker)), 0)
    settled = _settle(tree, pythons)
    if settled is True or _always(marker, pythons):
        return None
    if not isinstance(settled, bool):
        bare = _without_platform(settled)
        if bare is not True and _same(_written(bare), marker, pythons):
            settled = bare
    return markers.canonical(marker if isinstance(settled, bool) else _written(settled))


def edge(requirement: str, pythons: ranges.Range) -> str | None:
    """Simplify the marker of a requirement; None where it never holds."""
    parsed = Requirement(requirement)
    if parsed.marker is None:
        return str(parsed)
    text = str(parsed.marker)
    if not can_hold(text, pythons):
        return None
    left = simplified(text, pythons)
    parsed.marker = None
    return str(Requirement(f"{parsed} ; {left}")) if left else str(parsed)


def can_hold(marker: str, pythons: ranges.Range) -> bool:
    """Say whether a marker holds for some Python of a range."""
    return any(markers.possible([marker], specifier) for specifier in _specifiers(pythons))


def _always(marker: str, pythons: ranges.Range) -> bool:
    return all(markers.implied([], [marker], specifier) for specifier in _specifiers(pythons))


def _specifiers(pythons: ranges.Range) -> list[str]:
    """Write each interval by itself: not every gap between two can be written."""
    return [ranges.specifier((interval,)) for interval in pythons]


def _parse(tokens: Sequence[str], start: int) -> tuple[_Tree, int]:
    alternatives: list[list[_Tree]] = [[]]
    words: list[str] = []
    place = start
    while place < len(tokens) and tokens[place] != ")":
        word = tokens[place]
        if word == "(":
            part, place = _parse(tokens, place + 1)
            alternatives[-1].append(part)
        elif word in {"and", "or"}:
            if words:
                alternatives[-1].append(" ".join(words))
                words = []
            if word == "or":
                alternatives.append([])
        else:
            words.append(word)
        place += 1
    if words:
        alternatives[-1].append(" ".join(words))
    return _joined("or", [_joined("and", parts) for parts in alternatives]), place


def _settle(tree: _Tree, pythons: ranges.Range) -> _Tree:
    if isinstance(tree, _Group):
        tree = _joined(tree.word, [_settle(part, pythons) for part in tree.parts])
        if not isinstance(tree, _Group):
            return tree
        text = _written(tree)
        return _always(text, pythons) or (tree if can_hold(text, pythons) else False)
    if isinstance(tree, bool) or not (_PYTHON.search(tree) or _PLATFORM.search(tree)):
        return tree
    if _always(tree, pythons):
        return True
    return tree if can_hold(tree, pythons) else False


def _joined(word: Literal["and", "or"], parts: Sequence[_Tree]) -> _Tree:
    decisive = word == "or"
    if decisive in [part for part in parts if isinstance(part, bool)]:
        return decisive
    left = tuple(dict.fromkeys(part for part in parts if not isinstance(part, bool)))
    if len(left) == 1:
        return left[0]
    return _Group(word=word, parts=left) if left else not decisive


def _without_platform(tree: _Tree) -> _Tree:
    """Take the platform out of a marker: uv writes one alternative per platform where all have the same."""
    if isinstance(tree, _Group):
        return _joined(tree.word, [_without_platform(part) for part in tree.parts])
    return True if isinstance(tree, str) and _PLATFORM.search(tree) else tree


def _same(left: str, right: str, pythons: ranges.Range) -> bool:
    return all(
        markers.implied([left], [right], specifier) and markers.implied([right], [left], specifier)
        for specifier in _specifiers(pythons)
    )


def _written(tree: _Tree) -> str:
    if not isinstance(tree, _Group):
        return str(tree)
    return f" {tree.word} ".join(
        f"({_written(part)})" if isinstance(part, _Group) else str(part) for part in tree.parts
    )
