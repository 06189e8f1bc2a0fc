"""What changed from one lock to the next, package by package, for a reviewer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from hermes.lockfile import requirements
from hermes.model.lock import Lock, LockedFile, Pin
from hermes.model.project import BUILD_ENVIRONMENT

Kind = Literal["added", "removed", "up", "down", "markers", "rehashed", "files"]

_HEAD = ("ENVIRONMENT", "PACKAGE", "CHANGE", "BEFORE", "AFTER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One package of one environment, before and after.

    "files" says that files came to or went from an unchanged version; "rehashed" that a file of an unchanged version
    and an unchanged name has other bytes, which an honest index never serves.
    """

    environment: str
    package: str
    kind: Kind
    before: str = ""
    after: str = ""


def diff(old: Lock | None, new: Lock) -> tuple[Change, ...]:
    """Compare two locks; all of `new` is added where there is no old one."""
    before = {} if old is None else _pins(old)
    after = _pins(new)
    changes: list[Change] = []
    for environment, package in sorted({*before, *after}):
        was = before.get((environment, package), ())
        now = after.get((environment, package), ())
        if was != now:
            changes.append(_moved(environment, package, was, now))
        if old is not None:
            changes += _files(
                environment, package, old, new, {pin.version for pin in was} & {pin.version for pin in now}
            )
    return tuple(changes)


def table(changes: Sequence[Change]) -> str:
    """Write changes as aligned rows under a head; one that several environments share stands once. Empty for none."""
    if not changes:
        return ""
    alike = sorted(changes, key=_but_environment)
    merged = [
        replace(first, environment=", ".join(dict.fromkeys(_label(each.environment) for each in (first, *rest))))
        for first, *rest in (list(group) for _, group in groupby(alike, key=_but_environment))
    ]
    rows = [_HEAD, *((each.environment, each.package, each.kind, each.before, each.after) for each in merged)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _but_environment(change: Change) -> tuple[str, ...]:
    return change.package, change.kind, change.before, change.after


def _label(name: str) -> str:
    return "(build)" if name == BUILD_ENVIRONMENT else name


def _pins(lock: Lock) -> dict[tuple[str, str], tuple[Pin, ...]]:
    found: dict[tuple[str, str], tuple[Pin, ...]] = {}
    for environment in lock.environments.values():
        for pin in sorted(environment.pins, key=lambda pin: (requirements.version(pin.version), pin.marker or "")):
            key = environment.name, pin.name
            found[key] = (*found.get(key, ()), pin)
    return found


def _moved(environment: str, package: str, was: Sequence[Pin], now: Sequence[Pin]) -> Change:
    versions = [[requirements.version(pin.version) for pin in pins] for pins in (was, now)]
    kind: Kind
    if not was or not now:
        kind = "removed" if was else "added"
    elif sorted(set(versions[0])) == sorted(set(versions[1])):
        kind = "markers"
    else:
        lowered = (max(versions[1]), min(versions[1])) < (max(versions[0]), min(versions[0]))
        kind = "down" if lowered else "up"
    return Change(environment=environment, package=package, kind=kind, before=_said(was), after=_said(now))


def _said(pins: Sequence[Pin]) -> str:
    return ", ".join(pin.version if pin.marker is None else f"{pin.version} ({pin.marker})" for pin in pins)


def _files(environment: str, package: str, old: Lock, new: Lock, versions: set[str]) -> Iterator[Change]:
    for version in sorted(versions):
        was, now = (_by_name(lock, package, version) for lock in (old, new))
        for name in sorted(was.keys() & now.keys()):
            if was[name].sha256 != now[name].sha256:
                before, after = (f"{name} sha256:{files[name].sha256}" for files in (was, now))
                yield Change(environment=environment, package=package, kind="rehashed", before=before, after=after)
        gone, come = (", ".join(sorted(left.keys() - right.keys())) for left, right in ((was, now), (now, was)))
        if gone or come:
            yield Change(environment=environment, package=package, kind="files", before=gone, after=come)


def _by_name(lock: Lock, package: str, version: str) -> dict[str, LockedFile]:
    found = lock.packages.get((package, version))
    return {} if found is None else {file.name: file for file in found.files}
