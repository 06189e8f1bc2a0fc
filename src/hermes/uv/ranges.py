"""Ranges of Python versions: what requests ask for, as intervals, and back to specifiers and markers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

Release = tuple[int, int, int]

_LEAST: Release = (0, 0, 0)
_INFINITE: Release = (1_000_000, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Interval:
    """The versions from `low` on that are below `high`."""

    low: Release
    high: Release


Range = tuple[Interval, ...]
"""Disjoint intervals that do not touch, in order."""


def parse(specifier: str) -> Range:
    """Give the range of a PEP 440 specifier of Python versions; prereleases count as their release."""
    allowed: Range = (Interval(low=_LEAST, high=_INFINITE),)
    for item in SpecifierSet(specifier):
        allowed = intersection(allowed, _of(item))
    return allowed


def union(ranges: Iterable[Range]) -> Range:
    """Give the versions that are in any of the ranges."""
    joined: list[Interval] = []
    for interval in sorted(interval for each in ranges for interval in each):
        if joined and interval.low <= joined[-1].high:
            joined[-1] = Interval(low=joined[-1].low, high=max(joined[-1].high, interval.high))
        else:
            joined.append(interval)
    return tuple(joined)


def intersection(left: Range, right: Range) -> Range:
    """Give the versions that are in both ranges."""
    common = []
    for one in left:
        for other in right:
            low, high = max(one.low, other.low), min(one.high, other.high)
            if low < high:
                common.append(Interval(low=low, high=high))
    return tuple(common)


def hull(whole: Range) -> Range:
    """Give the one interval from the least to the greatest version of a range."""
    return (Interval(low=whole[0].low, high=whole[-1].high),)


def specifier(whole: Range) -> str:
    """Write a range as a PEP 440 specifier; gaps stand as `!=3.12.*`, so far as they are whole minor versions."""
    parts = [f">={_text(whole[0].low)}"]
    for left, right in pairwise(whole):
        parts += [f"!={major}.{minor}.*" for major, minor in _minors(left.high, right.low)]
    if whole[-1].high != _INFINITE:
        parts.append(f"<{_text(whole[-1].high)}")
    return ",".join(parts)


def by_minor(whole: Range) -> Range:
    """Cut a range at each minor version; what reaches into another major version, or has no end, stays whole."""
    pieces: list[Interval] = []
    for interval in whole:
        (major, minor, _), high = interval.low, interval.high
        cuts = [(major, each, 0) for each in range(minor + 1, high[1] + 1)] if high[0] == major else []
        bounds = [interval.low, *(cut for cut in cuts if cut < high), high]
        pieces += [Interval(low=low, high=end) for low, end in pairwise(bounds)]
    return tuple(pieces)


def least(whole: Range) -> str:
    """Write the least version of a range."""
    return _text(whole[0].low)


def markers(whole: Range) -> tuple[str, ...]:
    """Write each interval of a range as an environment marker."""
    written = []
    for interval in whole:
        marker = f"python_full_version >= '{_text(interval.low)}'"
        if interval.high != _INFINITE:
            marker += f" and python_full_version < '{_text(interval.high)}'"
        written.append(marker)
    return tuple(written)


def _of(item: Specifier) -> Range:  # noqa: PLR0911 - one line per operator
    text = item.version
    if text.endswith(".*"):
        low, high = _release(Version(text[:-2])), _after_prefix(text[:-2])
    else:
        low = _release(Version(text))
        high = (low[0], low[1], low[2] + 1)
    exactly = Interval(low=low, high=high)
    match item.operator:
        case ">=":
            return (Interval(low=low, high=_INFINITE),)
        case ">":
            return (Interval(low=high, high=_INFINITE),)
        case "<":
            return (Interval(low=_LEAST, high=low),) if low > _LEAST else ()
        case "<=":
            return (Interval(low=_LEAST, high=high),)
        case "~=":
            return (Interval(low=low, high=_after_prefix(text.rpartition(".")[0])),)
        case "!=":
            below = (Interval(low=_LEAST, high=low),) if low > _LEAST else ()
            return (*below, Interval(low=high, high=_INFINITE))
        case _:
            return (exactly,)


def _after_prefix(prefix: str) -> Release:
    """Give the first version that does not start with `prefix`: 3.13.0 after "3.12"."""
    release = Version(prefix).release
    return _padded((*release[:-1], release[-1] + 1))


def _release(version: Version) -> Release:
    return _padded(version.release)


def _padded(release: tuple[int, ...]) -> Release:
    major, minor, micro = (*release, 0, 0)[:3]
    return major, minor, micro


def _text(release: Release) -> str:
    major, minor, micro = release
    return f"{major}.{minor}.{micro}" if micro else f"{major}.{minor}"


def _minors(low: Release, high: Release) -> Iterator[tuple[int, int]]:
    """Give the minor versions of a gap, none where it does not begin and end at one of the same major version."""
    if low[2] == high[2] == 0 and low[0] == high[0]:
        yield from ((low[0], minor) for minor in range(low[1], high[1]))
