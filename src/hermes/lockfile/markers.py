"""Environment markers: one spelling, and what can and must hold together in a range of Pythons.

Whether a comparison holds is asked of `packaging`; only `and` and `or` are worked out here, on the finitely many worlds
of `grid`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from math import prod
from typing import Literal

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import SpecifierSet

from hermes.errors import LockError
from hermes.lockfile import grid

VARIABLES = frozenset({
    "python_version", "python_full_version", "os_name", "sys_platform", "platform_system", "platform_machine",
    "platform_release", "platform_version", "platform_python_implementation", "implementation_name",
    "implementation_version", "extra",
})  # fmt: skip

_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[()]|[^\s()\"']+")
_PRINTABLE = re.compile(r"[ -\[\]-~]+")  # ASCII without the backslash
_ENDLESS = re.compile(r"\d{30}")
_MOST_PARENTHESES = 60
_MOST_WORLDS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison of a variable with a literal, in canonical text."""

    text: str
    mention: grid.Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Parts of which all must hold ("and"), one ("or") or none. Without parts, "and" is true and "or" is false."""

    word: Literal["and", "or", "none"]
    parts: tuple["Comparison | Group", ...]


Tree = Comparison | Group

_TRUE = Group(word="and", parts=())
_FALSE = Group(word="or", parts=())


def canonical(text: str) -> str:
    """Give the one spelling of a marker; LockError says why it is none."""
    marker = _marker(text)
    _tree(marker)
    return marker


def variables(text: str) -> frozenset[str]:
    """Name the variables that a marker mentions."""
    return frozenset(atom.mention.variable for atom in _comparisons(_tree(_marker(text))))


def python_range(text: str) -> SpecifierSet:
    """Parse a `requires-python`, "" for any Python; LockError says that it is none."""
    if text and not plausible(text):
        raise LockError(f"{text!r} is not a range of Python versions")
    try:
        return SpecifierSet(text)
    except ValueError:
        raise LockError(f"{text!r} is not a range of Python versions") from None


def plausible(text: str) -> bool:
    """Say whether a text is worth parsing: printable ASCII, no escapes, nothing that only an attack would nest."""
    return bool(_PRINTABLE.fullmatch(text)) and text.count("(") <= _MOST_PARENTHESES and not _ENDLESS.search(text)


def overlap(a: str | None, b: str | None, requires_python: str) -> bool:
    """Say whether two markers hold together for some Python of the range."""
    return possible([a, b], requires_python)


def possible(together: Sequence[str | None], requires_python: str) -> bool:
    """Say whether all of these markers hold together for some Python of the range."""
    return _exists(Group(word="and", parts=_trees(together)), requires_python)


def implied(together: Sequence[str | None], alternatives: Sequence[str | None], requires_python: str) -> bool:
    """Say whether, wherever all of `together` hold in the range, one of `alternatives` holds as well."""
    if None in alternatives:
        return True
    uncovered = Group(word="none", parts=_trees(alternatives))
    return not _exists(Group(word="and", parts=(*_trees(together), uncovered)), requires_python)


def without_extra(text: str | None, extra: str) -> tuple[bool, str | None]:
    """Settle what a marker says of `extra` for one extra ("" for none): whether it can hold, and what is left of it."""
    if text is None:
        return True, None
    rest = _settled(_tree(_marker(text)), extra)
    if rest == _FALSE:
        return False, None
    return True, None if rest == _TRUE else canonical(_serialized(rest))


def joined(texts: Sequence[str | None], word: Literal["and", "or"]) -> str | None:
    """Join markers, None being the one that always holds."""
    distinct = list(dict.fromkeys(texts))
    if word == "or" and None in distinct:
        return None
    markers = [text for text in distinct if text is not None]
    if len(markers) <= 1:
        return markers[0] if markers else None
    return canonical(f" {word} ".join(f"({text})" for text in markers))


@lru_cache(maxsize=4096)
def _marker(text: str) -> str:
    if not plausible(text):
        raise LockError(f"{text!r} is not an environment marker")
    try:
        return str(Marker(str(Marker(text))))
    except ValueError:
        raise LockError(f"{text!r} is not an environment marker") from None


@lru_cache(maxsize=4096)
def _tree(text: str) -> Tree:
    """Parse a marker in canonical text."""
    tokens = _TOKEN.findall(text)
    tree, end = _any_of(tokens, 0)
    if end != len(tokens):
        raise LockError(f"{text!r} is not an environment marker")
    return tree


def _any_of(tokens: Sequence[str], start: int) -> tuple[Tree, int]:
    """Parse `and` groups parted by `or`, up to a closing parenthesis or the end."""
    groups: list[list[Tree]] = [[]]
    place = start
    while place < len(tokens) and tokens[place] != ")":
        if tokens[place] == "or":
            groups.append([])
            place += 1
        elif tokens[place] == "and":
            place += 1
        elif tokens[place] == "(":
            part, place = _any_of(tokens, place + 1)
            groups[-1].append(part)
            place += 1
        else:
            length = 4 if tokens[place + 1 : place + 3] == ["not", "in"] else 3
            groups[-1].append(_comparison(tokens[place : place + length]))
            place += length
    alternatives = tuple(parts[0] if len(parts) == 1 else Group(word="and", parts=tuple(parts)) for parts in groups)
    return (alternatives[0] if len(alternatives) == 1 else Group(word="or", parts=alternatives)), place


def _comparison(tokens: Sequence[str]) -> Comparison:
    text = " ".join(tokens)
    left, *operator, right = tokens
    quoted = [token[0] in "\"'" for token in (left, right)]
    if quoted[0] == quoted[1]:
        raise LockError(f"{text!r} does not compare a variable with a text in quotes")
    variable, literal = (right, left) if quoted[0] else (left, right)
    if variable not in VARIABLES:
        raise LockError(f"{text!r} is about {variable}, which means nothing here")
    substring = operator[-1] == "in"
    part = substring and quoted[0]
    mention = grid.Mention(variable=variable, literal=literal[1:-1], substring=substring, part=part)
    comparison = Comparison(text=text, mention=mention)
    try:
        _holds_for(text, variable, mention.literal)
    except (UndefinedComparison, UndefinedEnvironmentName):
        raise LockError(f"{text!r} compares what has no order") from None
    return comparison


@lru_cache(maxsize=65536)
def _holds_for(text: str, variable: str, value: str) -> bool:
    return Marker(text).evaluate({variable: value})


def _trees(texts: Sequence[str | None]) -> tuple[Tree, ...]:
    return tuple(_tree(_marker(text)) for text in texts if text is not None)


def _comparisons(tree: Tree) -> Iterator[Comparison]:
    if isinstance(tree, Comparison):
        yield tree
    else:
        for part in tree.parts:
            yield from _comparisons(part)


def _exists(tree: Tree, requires_python: str) -> bool:
    """Say whether some world of the range makes `tree` true; true as well where there are too many to tell."""
    groups: dict[str, list[Comparison]] = {"python": []}
    for comparison in dict.fromkeys(_comparisons(tree)):
        groups.setdefault(grid.group(comparison.mention.variable), []).append(comparison)
    rows = [(tuple(members), _truths(name, tuple(members), requires_python)) for name, members in groups.items()]
    size = prod(len(truths) for _, truths in rows)
    for world in islice(product(*(truths for _, truths in rows)), _MOST_WORLDS):
        truth: dict[Comparison, bool] = {}
        for (members, _), values in zip(rows, world, strict=True):
            truth.update(zip(members, values, strict=True))
        if _holds(tree, truth):
            return True
    return size > _MOST_WORLDS


@lru_cache(maxsize=4096)
def _truths(name: str, comparisons: tuple[Comparison, ...], requires_python: str) -> tuple[tuple[bool, ...], ...]:
    """Give the combinations of truth values that comparisons of one group can take."""
    worlds = grid.worlds(name, [comparison.mention for comparison in comparisons], python_range(requires_python))
    found = {
        tuple(_holds_for(each.text, each.mention.variable, world[each.mention.variable]) for each in comparisons)
        for world in worlds
    }
    return tuple(sorted(found))


def _holds(tree: Tree, truth: Mapping[Comparison, bool]) -> bool:
    if isinstance(tree, Comparison):
        return truth[tree]
    if tree.word == "and":
        return all(_holds(part, truth) for part in tree.parts)
    held = any(_holds(part, truth) for part in tree.parts)
    return not held if tree.word == "none" else held


def _settled(tree: Tree, extra: str) -> Tree:
    """Put in what is known of `extra` and drop what no longer matters."""
    if isinstance(tree, Comparison):
        if tree.mention.variable != "extra":
            return tree
        return _TRUE if _holds_for(tree.text, "extra", extra) else _FALSE
    decided, neutral = (_FALSE, _TRUE) if tree.word == "and" else (_TRUE, _FALSE)
    parts = [_settled(part, extra) for part in tree.parts]
    if decided in parts:
        return decided
    parts = [part for part in parts if part != neutral]
    return parts[0] if len(parts) == 1 else Group(word=tree.word, parts=tuple(parts))


def _serialized(tree: Tree) -> str:
    if isinstance(tree, Comparison):
        return tree.text
    return f" {tree.word} ".join(
        f"({_serialized(part)})" if isinstance(part, Group) else _serialized(part) for part in tree.parts
    )
