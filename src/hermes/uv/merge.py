"""What several resolutions say about one package put together, and held against what an older lock says of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from packaging.utils import canonicalize_name

from hermes.errors import ResolutionError
from hermes.model.lock import Lock, LockedFile, LockedPackage

Packages = dict[tuple[str, str], LockedPackage]


def packages(known: Packages, more: Iterable[LockedPackage]) -> None:
    """Add packages to those that are known, with the edges and files of both; ResolutionError where files differ."""
    for package in more:
        other = known.get((package.name, package.version))
        if other is None:
            known[package.name, package.version] = package
            continue
        files = {file.name: file for file in other.files}
        for file in package.files:
            if files.setdefault(file.name, file).sha256 != file.sha256:
                raise ResolutionError(
                    f"the index changed {file.name} while hermes was asking for it",
                    hint="run `hermes lock` again",
                )
        known[package.name, package.version] = replace(
            package,
            dependencies=_edges((*other.dependencies, *package.dependencies)),
            files=tuple(files[name] for name in sorted(files)),
        )


def restricted(found: Packages, named: Iterable[LockedPackage]) -> Packages:
    """Leave out the files that a pins file does not name: what it does not approve must not be selected for it."""
    kept = dict(found)
    for package in named:
        key = package.name, package.version
        approved = {file.sha256 for file in package.files}
        kept[key] = replace(kept[key], files=tuple(file for file in kept[key].files if file.sha256 in approved))
    return kept


def carried_over(found: Packages, old: Lock | None, *, changeable: bool | Collection[str]) -> Packages:
    """Keep the content digests that an older lock holds for the same files.

    Raises ResolutionError where the index now gives a file of the same name another sha256, unless its package (True:
    any) is `changeable`.
    """
    if old is None:
        return found
    free = frozenset() if isinstance(changeable, bool) else {canonicalize_name(name) for name in changeable}
    kept: Packages = {}
    for key, package in found.items():
        before = {file.name: file for file in old.packages[key].files} if key in old.packages else {}
        if changeable is not True and package.name not in free:
            _refuse_changed(package, before)
        kept[key] = replace(package, files=tuple(_with_content(file, before.get(file.name)) for file in package.files))
    return kept


def _edges(edges: Iterable[str]) -> tuple[str, ...]:
    """Sort edges, leaving out those with a marker where the same one stands without."""
    distinct = set(edges)
    return tuple(sorted(edge for edge in distinct if ";" not in edge or edge.partition(";")[0].strip() not in distinct))


def _with_content(file: LockedFile, before: LockedFile | None) -> LockedFile:
    if before is None or before.sha256 != file.sha256 or file.content is not None:
        return file
    return replace(file, content=before.content)


def _refuse_changed(package: LockedPackage, before: Mapping[str, LockedFile]) -> None:
    for file in package.files:
        if file.name in before and before[file.name].sha256 != file.sha256:
            raise ResolutionError(
                f"{file.name} of {package.name} {package.version} is not the file that was locked: the lock has sha256 "
                f"{before[file.name].sha256}, the index now {file.sha256}",
                hint="a released file must never change; if you trust the new one, "
                f"`hermes lock --upgrade-package {package.name}`",
            )
