"""Requirements in their one spelling: normalised names, sorted extras and specifiers, canonical markers."""

import re
from collections.abc import Iterable, Sequence

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hermes.errors import LockError
from hermes.lockfile import markers

__all__ = ["Parsed", "build", "by_python", "canonical", "marker_of", "parse", "satisfies", "version"]


def parse(text: str) -> Parsed:
    """Parse and normalise a requirement; LockError says why it is none, or that it is a URL."""
    if not markers.plausible(text):
        raise LockError(f"{text!r} is not a requirement")
    try:
        requirement = Parsed(text)
    except InvalidRequirement:
        raise LockError(f"{text!r} is not a requirement") from None
    if requirement.url is not None:
        raise LockError(f"{requirement.name} is asked for by URL, and a lock holds no URLs")
    requirement.name = canonicalize_name(requirement.name)
    requirement.extras = {canonicalize_name(extra) for extra in requirement.extras}
    return requirement


def build(name: str, *, extras: Iterable[str] = (), specifier: str = "", marker: str | None = None) -> str:
    """Put a requirement together in its one spelling."""
    chosen = ",".join(sorted({canonicalize_name(extra) for extra in extras}))
    text = f"{canonicalize_name(name)}{f'[{chosen}]' if chosen else ''}{specifier}"
    return text if marker is None else f"{text}; {markers.canonical(marker)}"


def marker_of(requirement: Parsed) -> str | None:
    """Give a requirement's marker in its one spelling."""
    return None if requirement.marker is None else markers.canonical(str(requirement.marker))


def canonical(text: str) -> str:
    """Give the one spelling of a requirement."""
    asked = parse(text)
    return build(asked.name, extras=asked.extras, specifier=str(asked.specifier), marker=marker_of(asked))


def version(text: str) -> Version:
    """Parse a version; LockError says that it is none."""
    try:
        if markers.plausible(text):
            return Version(text)
    except InvalidVersion:
        pass
    raise LockError(f"{text!r} is not a version")


def satisfies(requirement: Parsed, locked: str) -> bool:
    """Say whether a locked version, a prerelease or not, is one that the requirement allows."""
    return requirement.specifier.contains(locked, prereleases=True)


def by_python(requests: Iterable[str]) -> tuple[str, ...]:
    """Sort requests for Pythons so that 3.9 comes before 3.11."""
    return tuple(sorted(set(requests), key=lambda text: [_place(part) for part in re.findall(r"\d+|\D+", text)]))


def _place(part: str) -> Sequence[int | str]:
    digits = part.lstrip("0") if part.isascii() and part.isdecimal() else None
    return (1, 0, part) if digits is None else (0, len(digits), digits)
