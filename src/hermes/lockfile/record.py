"""Recorded content digests: put into a lock, and carried over to the next one."""

from collections.abc import Mapping
from dataclasses import replace

from hermes.model.lock import Lock, LockedFile, LockedPackage


def with_contents(lock: Lock, contents: Mapping[str, str]) -> Lock:
    """Record content digests, by the sha256 of the file that was built; other files keep what they have."""
    return replace(lock, packages={key: _filled(package, contents) for key, package in lock.packages.items()})


def carry(old: Lock, new: Lock) -> Lock:
    """Keep the content digests of files that are still locked; what `new` records itself stands."""
    files = [file for lock in (old, new) for package in lock.packages.values() for file in package.files]
    return with_contents(new, {file.sha256: file.content for file in files if file.content is not None})


def _filled(package: LockedPackage, contents: Mapping[str, str]) -> LockedPackage:
    return replace(package, files=tuple(_recorded(file, contents) for file in package.files))


def _recorded(file: LockedFile, contents: Mapping[str, str]) -> LockedFile:
    return replace(file, content=contents.get(file.sha256, file.content))
