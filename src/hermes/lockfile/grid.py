"""Finitely many Python worlds in which a set of marker comparisons takes every truth value that it can take.

A comparison of versions only changes its value at the version that it names, so that version, the one after it, and the
least one stand for all. Of names, each that is mentioned and one that is not are enough; of platforms there are the
three that hermes locks for. What goes together in reality (`python_version` with `python_full_version`, `sys_platform`
with `os_name`) goes together here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

World = Mapping[str, str]

LINKED: Mapping[str, tuple[str, ...]] = {
    "python": ("python_version", "python_full_version"),
    "platform": ("os_name", "sys_platform", "platform_system"),
    "implementation": ("implementation_name", "platform_python_implementation"),
}
"""The groups of variables that are not independent of each other."""

KNOWN: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "platform": (
        ("posix", "linux", "Linux"),
        ("posix", "darwin", "Darwin"),
        ("nt", "win32", "Windows"),
    ),
    "implementation": (
        ("cpython", "CPython"),
        ("pypy", "PyPy"),
        ("graalpy", "GraalVM"),
        ("ironpython", "IronPython"),
        ("jython", "Jython"),
    ),
}

_VERSION_WORD = re.compile(r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+|\.dev\d+)?")
_OLDEST = Version("2.7")
_MANY_MINORS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A literal that a marker compares `variable` with; `part` says that it is looked for inside the variable."""

    variable: str
    literal: str
    substring: bool = False
    part: bool = False


def group(variable: str) -> str:
    """Name the group of variables that `variable` is linked with: often itself alone."""
    return next((name for name, members in LINKED.items() if variable in members), variable)


def worlds(name: str, mentions: Sequence[Mention], requires_python: SpecifierSet) -> tuple[World, ...]:
    """Give the values of one group that tell all comparisons with `mentions` apart."""
    if name == "python":
        substring = any(mention.substring for mention in mentions)
        return pythons([mention.literal for mention in mentions], requires_python, every_minor=substring)
    if name == "platform":
        return tuple(dict(zip(LINKED[name], row, strict=True)) for row in KNOWN[name])
    unknown = _unmentioned([mention.literal for mention in mentions])
    if name in KNOWN:
        return tuple(_linked(name, mentions, unknown))
    values = _names(mentions, unknown) | _versions(mentions)
    return tuple({name: value} for value in sorted(values))


def pythons(literals: Sequence[str], requires_python: SpecifierSet, *, every_minor: bool = False) -> tuple[World, ...]:
    """Give the Python versions of a range that tell all comparisons with `literals` apart."""
    mentioned = [Version(word) for literal in literals for word in _VERSION_WORD.findall(literal)]
    mentioned += [Version(word) for item in requires_python for word in _VERSION_WORD.findall(item.version)]
    candidates = {_OLDEST, *mentioned}
    for version in mentioned:
        candidates.update(_around(version))
    if every_minor:
        candidates.update(Version(f"3.{minor}") for minor in range(_MANY_MINORS))
        candidates.update(_shortened(mentioned))
    allowed = sorted({_full(version) for version in candidates}, key=Version)
    return tuple(
        {"python_version": ".".join(text.split(".")[:2]), "python_full_version": text}
        for text in allowed
        if requires_python.contains(text, prereleases=True)
    )


def _full(version: Version) -> str:
    major, minor, micro = (*version.release, 0, 0)[:3]
    pre = "".join(map(str, version.pre or ()))
    return f"{major}.{minor}.{micro}{pre}"


def _around(version: Version) -> Iterator[Version]:
    major, minor, micro = (*version.release, 0, 0)[:3]
    yield from (Version(f"{major}.{minor}.{micro}"), Version(f"{major}.{minor}.{micro + 1}"))
    yield from (Version(f"{major}.{minor}"), Version(f"{major}.{minor + 1}"), Version(f"{major + 1}"))
    if version.pre:
        letter, number = version.pre
        yield Version(f"{major}.{minor}.{micro}{letter}{max(number - 1, 0)}")
        yield Version(f"{major}.{minor}.{micro}{letter}{number + 1}")


def _shortened(versions: Sequence[Version]) -> Iterator[Version]:
    """Give "3.8.1" for "3.8.10": the one is a substring of the other."""
    for version in versions:
        major, minor, micro = (*version.release, 0, 0)[:3]
        digits = str(micro)
        yield from (Version(f"{major}.{minor}.{digits[:length]}") for length in range(1, len(digits)))


def _unmentioned(literals: Sequence[str]) -> str:
    """Give a name that no marker mentions, not even a part of it."""
    text = "".join(literals)
    return next(chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in text)


def _names(mentions: Sequence[Mention], unknown: str) -> set[str]:
    names = {unknown}
    for mention in mentions:
        names.update((mention.literal, *re.split(r"[\s,|]+", mention.literal)))
    parts = sorted({mention.literal for mention in mentions if mention.part})[:4]
    names.update(f"{part}{unknown}" for part in parts)
    for length in range(2, len(parts) + 1):
        names.update("".join(chosen) for chosen in permutations(parts, length))
    return names


def _versions(mentions: Sequence[Mention]) -> set[str]:
    """Give version-like neighbours, for `platform_release` and the like."""
    found: set[str] = set()
    for mention in mentions:
        try:
            version = Version(mention.literal)
        except InvalidVersion:
            continue
        release = (*version.release, 0, 0)
        found.update((".".join(map(str, release)), ".".join(map(str, (*release[:-1], 1)))))
        bounds = [(*release[:place], release[place] + 1) for place in range(len(version.release))]
        found.update(".".join(map(str, bound)) for bound in bounds)
        found.add("0")
    return found


def _linked(name: str, mentions: Sequence[Mention], unknown: str) -> Iterator[World]:
    """Give the known combinations, and every combination of names that stand in none of them."""
    variables = LINKED[name]
    yield from (dict(zip(variables, row, strict=True)) for row in KNOWN[name])
    columns = []
    for place, variable in enumerate(variables):
        known = {row[place] for row in KNOWN[name]}
        names = _names([mention for mention in mentions if mention.variable == variable], unknown) - known
        columns.append(sorted(names))
    yield from (dict(zip(variables, row, strict=True)) for row in product(*columns))
