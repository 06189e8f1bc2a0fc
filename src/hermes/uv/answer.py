"""What uv answers, parsed: a `uv.lock` into packages with edges and files, an export into pins."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes.errors import ResolutionError
from hermes.model.lock import LockedFile, LockedPackage, Pin
from hermes.uv import markers, ranges
from hermes.uv.synthetic import NAME

_SHA256_LENGTH = 64


def packages(text: str, *, pythons: ranges.Range) -> dict[tuple[str, str], LockedPackage]:
    """Read the packages of a `uv.lock`; edges that hold for no Python of the range are left out."""
    found: dict[tuple[str, str], LockedPackage] = {}
    for entry in tomllib.loads(text).get("package", []):
        if entry["name"] == NAME:
            continue
        name = canonicalize_name(entry["name"])
        if "registry" not in entry["source"]:
            raise ResolutionError(
                f"{name} does not come from an index but from {next(iter(entry['source'].values()))}",
                hint="ask for a version of it that an index has; other sources are not supported yet",
            )
        if not entry.get("wheels"):
            raise ResolutionError(
                f"{name} {entry['version']} has no wheel that could be installed, only sources",
                hint="ask for a version that has wheels; building dependencies from source is not supported yet",
            )
        found[name, entry["version"]] = LockedPackage(
            name=name,
            version=entry["version"],
            dependencies=_dependencies(entry, pythons),
            files=_files(f"{name} {entry['version']}", entry["wheels"]),
        )
    return found


def pins(text: str, *, pythons: ranges.Range) -> tuple[Pin, ...]:
    """Read `name==version ; marker` lines, as uv exports one group without hashes."""
    found = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            requirement = Requirement(line)
            (specifier,) = requirement.specifier
            marker = markers.simplified(str(requirement.marker) if requirement.marker else None, pythons)
            found.append(Pin(name=canonicalize_name(requirement.name), version=specifier.version, marker=marker))
    return tuple(sorted(found, key=lambda pin: (pin.name, pin.version, pin.marker or "")))


def pylock_packages(text: str) -> dict[tuple[str, str], LockedPackage]:
    """Read the packages of a pylock.toml with their wheels."""
    found: dict[tuple[str, str], LockedPackage] = {}
    for entry in tomllib.loads(text).get("packages", []):
        name, version = canonicalize_name(entry["name"]), entry["version"]
        wheels = [
            {"url": wheel["url"], "hash": _one_hash(wheel.get("hashes", {}))} for wheel in entry.get("wheels", [])
        ]
        found[name, version] = LockedPackage(name=name, version=version, files=_files(f"{name} {version}", wheels))
    return found


def pylock_pins(text: str, *, pythons: ranges.Range) -> tuple[Pin, ...]:
    """Read the pins of a pylock.toml."""
    return tuple(
        Pin(
            name=canonicalize_name(entry["name"]),
            version=entry["version"],
            marker=markers.simplified(entry.get("marker"), pythons),
        )
        for entry in tomllib.loads(text).get("packages", [])
    )


def _dependencies(entry: Mapping[str, Any], pythons: ranges.Range) -> tuple[str, ...]:
    edges = [_edge(dependency, None) for dependency in entry.get("dependencies", [])]
    for extra, dependencies in entry.get("optional-dependencies", {}).items():
        edges += [_edge(dependency, extra) for dependency in dependencies]
    kept = (markers.edge(edge, pythons) for edge in edges)
    return tuple(sorted({edge for edge in kept if edge is not None}))


def _edge(dependency: Mapping[str, Any], extra: str | None) -> str:
    extras = f"[{','.join(sorted(dependency['extra']))}]" if dependency.get("extra") else ""
    conditions = [f"({dependency['marker']})"] if dependency.get("marker") else []
    if extra is not None:
        conditions.append(f"extra == '{extra}'")
    return f"{dependency['name']}{extras}" + (f" ; {' and '.join(conditions)}" if conditions else "")


def _files(package: str, wheels: list[dict[str, Any]]) -> tuple[LockedFile, ...]:
    files: dict[str, str] = {}
    for name, algorithm, digest in _hashes(wheels):
        if algorithm != "sha256" or len(digest) != _SHA256_LENGTH:
            raise ResolutionError(
                f"{name} of {package} has no sha256 on the index{f', only {algorithm}' if algorithm else ''}: "
                "what is installed could not be verified",
                hint="use an index that gives the sha256 of every file, or a version whose files have one",
            )
        if files.setdefault(name, digest) != digest:
            raise ResolutionError(
                f"the index offers {name} of {package} twice, with different contents",
                hint="tell the keeper of the index: one of the two files is not what it says",
            )
    return tuple(LockedFile(name=name, sha256=files[name]) for name in sorted(files))


def _hashes(wheels: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for wheel in wheels:
        algorithm, _, digest = wheel.get("hash", "").partition(":")
        yield unquote(urlsplit(wheel["url"]).path.rpartition("/")[2]), algorithm, digest.lower()


def _one_hash(hashes: Mapping[str, str]) -> str:
    algorithm = "sha256" if "sha256" in hashes else next(iter(hashes), "")
    return f"{algorithm}:{hashes[algorithm]}" if algorithm else ""
