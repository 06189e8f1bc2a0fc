"""What a lock holds, and what an environment wants from one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hermes.model.project import Requirement

LOCK_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One distribution file: its name, lower-case hex sha256, and the content digest recorded for it, if any."""

    name: str
    sha256: str
    content: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One version of one package: its edges as PEP 508 text without versions, its files sorted by name."""

    name: str
    version: str
    dependencies: tuple[str, ...] = ()
    files: tuple[LockedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A package of an environment: present where `marker` (PEP 508 text, None for everywhere) holds."""

    name: str
    version: str
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedEnvironment:
    """The pins of one environment and what they answer: the requests, the Python range, and the pins file's digest."""

    name: str
    python: tuple[str, ...]
    requires_python: str
    requirements: tuple[str, ...] = ()
    pins_digest: str | None = None
    pins: tuple[Pin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedMetadata:
    """What the build backend answered when `hermes lock` asked it, and the digest of the files it was read from.

    `requires_dist` and `extras` are None where the metadata was static. `build_requires` are the backend's dynamic
    build requirements (of wheel and editable together), beside the static ones of pyproject.toml.
    """

    digest: str
    requires_dist: tuple[str, ...] | None = None
    extras: tuple[str, ...] | None = None
    build_requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A parsed lock; packages by (normalised name, version)."""

    environments: Mapping[str, LockedEnvironment]
    packages: Mapping[tuple[str, str], LockedPackage]
    metadata: LockedMetadata | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedRequirement:
    """A line of a hashed requirements file: one exact version, its sha256 hashes, where it stands."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedEnvironment:
    """What an environment asks of the lock: requirements with who asks, or the lines of its pins file."""

    name: str
    python: tuple[str, ...]
    requirements: tuple[Requirement, ...] = ()
    pinned: tuple[PinnedRequirement, ...] | None = None
    pins_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockStatus:
    """Fresh (no reasons), stale or missing, with the reasons in the user's words."""

    state: Literal["fresh", "stale", "missing"]
    reasons: tuple[str, ...] = ()
