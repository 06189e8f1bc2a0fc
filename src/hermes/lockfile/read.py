"""The strict reader of locks: a Lock that hermes wrote, or a LockError that says which line is wrong."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from hermes.errors import LockError
from hermes.lockfile import consistent, fields, lines, write
from hermes.lockfile.lines import Path, Source
from hermes.model.lock import LOCK_VERSION, Lock, LockedEnvironment, LockedMetadata, LockedPackage

_TOP = ("lock-version", "digest", "environments", "package", "packages")
_CONFLICT = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: .*)?")
_AT_LINE = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
_HAND = "do not edit a lock by hand: change envfile.toml and run `hermes lock`"

_Parts = tuple[dict[str, LockedEnvironment], list[tuple[LockedPackage, Path]], LockedMetadata | None]


def parse(text: str, *, file: str) -> Lock:
    """Parse a lock that must be whole and exactly as hermes writes it; LockError names file, line and remedy."""
    _refuse_conflicts(text, file)
    data, source = _toml(text, file)
    _check_version(data, source)
    environments, packages, metadata = _parts(data, source)
    consistent.check(environments, packages, source)
    lock = _lock(environments, packages, metadata)
    _check_unedited(text, data, lock, source)
    return lock


def salvage(text: str) -> Lock | None:
    """Take what is usable out of a lock that was edited or merged; of a conflict, our side before theirs.

    None if no side is a lock at all. The result is for keeping pins: it may lack packages that it pins.
    """
    found = None
    for side in dict.fromkeys(_sides(text)):
        try:
            data, source = _toml(side, "")
            _check_version(data, source)
            environments, packages, metadata = _parts(data, source)
        except LockError:
            continue
        packages.reverse()  # of two entries for one package the first stands
        lock = _lock(environments, packages, metadata)
        found = lock if found is None else _united(found, lock)
    return found


def _refuse_conflicts(text: str, file: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if _CONFLICT.fullmatch(line.rstrip("\r")):
            hint = "run `hermes lock`: it mends the lock, keeping the pins of both sides that still fit"
            lines.fail_at(file, number, f"merge conflict ({line[:7]}): git could not merge this lock", hint)


def _toml(text: str, file: str) -> tuple[dict[str, Any], Source]:
    if not text.strip():
        lines.fail_at(file, 1, "the lock is empty")
    if "\r" in text:
        number = text[: text.index("\r")].count("\n") + 1
        hint = "keep line ends as they are: `envfile.lock text eol=lf` in .gitattributes; then run `hermes lock`"
        lines.fail_at(file, number, "the lock has Windows line ends", hint)
    last = len(text.splitlines())
    try:
        text.encode()
        return tomllib.loads(text), Source(file=file, lines=lines.index(text))
    except UnicodeEncodeError:
        lines.fail_at(file, 1, "the lock is not UTF-8 text")
    except (ValueError, RecursionError) as error:
        match = _AT_LINE.fullmatch(str(error))
        if match is not None:
            lines.fail_at(file, int(match[2]), f"not TOML: {match[1]}; was it edited by hand?")
        lines.fail_at(file, last, "the lock ends in the middle of something: it was cut off, or edited by hand")


def _check_version(data: Mapping[str, Any], source: Source) -> None:
    version = data.get("lock-version")
    if version is None:
        source.fail((), "no lock-version: this is not a lock, or it was cut off")
    if type(version) is not int or version != LOCK_VERSION:
        hint = "use a newer hermes, or delete the lock and run `hermes lock`"
        source.fail(("lock-version",), f"lock-version {version!r} is unknown: this hermes knows {LOCK_VERSION}", hint)


def _parts(data: dict[str, Any], source: Source) -> _Parts:
    fields.table(data, (), source, required=("lock-version",), optional=_TOP)
    found = data.get("environments", {})
    if not isinstance(found, dict):
        source.fail(("environments",), "environments: expected a table")
    environments = {name: _environment(name, value, source) for name, value in found.items()}
    packages: list[tuple[LockedPackage, Path]] = []
    for place, value in enumerate(fields.array(data.get("packages", []), ("packages",), source)):
        path: Path = ("packages", place)
        packages.append((_package(value, path, source), path))
    metadata = _metadata(data["package"], source) if "package" in data else None
    return environments, packages, metadata


def _environment(name: str, value: Any, source: Source) -> LockedEnvironment:
    path: Path = ("environments", fields.string(name, ("environments", name), source))
    required = ("python", "requires-python", "requirements", "pins")
    found = fields.table(value, path, source, required=required, optional=("pins-digest",))
    python = fields.strings(found["python"], (*path, "python"), source)
    if not python:
        source.fail((*path, "python"), f"environments.{write.key(name)}.python: expected at least one Python")
    digest = found.get("pins-digest")
    pins_path = (*path, "pins")
    pins = fields.array(found["pins"], pins_path, source)
    return LockedEnvironment(
        name=name,
        python=python,
        requires_python=fields.requires_python(found["requires-python"], (*path, "requires-python"), source),
        requirements=fields.asked(found["requirements"], (*path, "requirements"), source),
        pins_digest=None
        if digest is None
        else fields.sha256(digest, (*path, "pins-digest"), source, what="pins-digest"),
        pins=tuple(fields.pin(pin, (*pins_path, place), source) for place, pin in enumerate(pins)),
    )


def _package(value: Any, path: Path, source: Source) -> LockedPackage:
    required = ("name", "version", "dependencies", "files")
    found = fields.table(value, path, source, required=required)
    name = fields.name(found["name"], (*path, "name"), source)
    version = fields.version(found["version"], (*path, "version"), source)
    files = fields.array(found["files"], (*path, "files"), source)
    return LockedPackage(
        name=name,
        version=version,
        dependencies=fields.edges(found["dependencies"], (*path, "dependencies"), source),
        files=tuple(
            fields.file(file, (*path, "files", place), source, package=(name, version))
            for place, file in enumerate(files)
        ),
    )


def _metadata(value: Any, source: Source) -> LockedMetadata:
    optional = ("requires-dist", "extras")
    found = fields.table(value, ("package",), source, required=("digest", "build-requires"), optional=optional)
    asked = found.get("requires-dist")
    extras = found.get("extras")
    names = ("package", "extras")
    return LockedMetadata(
        digest=fields.sha256(found["digest"], ("package", "digest"), source, what="package.digest"),
        requires_dist=None if asked is None else fields.asked(asked, ("package", "requires-dist"), source),
        extras=None
        if extras is None
        else tuple(
            fields.name(each, (*names, at), source) for at, each in enumerate(fields.strings(extras, names, source))
        ),
        build_requires=fields.asked(found["build-requires"], ("package", "build-requires"), source),
    )


def _lock(
    environments: dict[str, LockedEnvironment],
    packages: list[tuple[LockedPackage, Path]],
    metadata: LockedMetadata | None,
) -> Lock:
    by_key = {(package.name, package.version): package for package, _ in packages}
    return Lock(environments=environments, packages=by_key, metadata=metadata)


def _check_unedited(text: str, data: Mapping[str, Any], lock: Lock, source: Source) -> None:
    """Hold the text to its digest, and to what hermes would write: any edit breaks one of the two."""
    place = write.digest_line(text)
    if place is None and "digest" not in data:
        lines.fail_at(source.file, source.line(("lock-version",)), "the lock has no digest", _HAND)
    expected = write.dump(lock)
    if text == expected:
        return
    for number, (line, right) in enumerate(zip_longest(text.split("\n"), expected.split("\n")), start=1):
        if line != right and number != place:
            what = "this line is not as hermes writes it: the lock was edited by hand or merged"
            lines.fail_at(source.file, min(number, text.count("\n") + 1), what, _HAND)
    lines.fail_at(
        source.file, place or 1, "the digest is not that of this lock: it was edited by hand, merged or cut off", _HAND
    )


def _sides(text: str) -> Iterator[str]:
    """Give our side of a text with merge markers, then theirs; twice the same where there are none."""
    text = text.replace("\r\n", "\n")
    for wanted in ("<", ">"):
        side = " "
        kept = []
        for line in text.split("\n"):
            if _CONFLICT.fullmatch(line):
                side = {"<": "<", "|": "|", "=": ">", ">": " "}[line[0]]
            elif side in (" ", wanted):
                kept.append(line)
        yield "\n".join(kept)


def _united(ours: Lock, theirs: Lock) -> Lock:
    environments = dict(theirs.environments)
    for name, mine in ours.environments.items():
        known = {pin.name for pin in mine.pins}
        others = environments[name].pins if name in environments else ()
        more = tuple(pin for pin in others if pin.name not in known)
        environments[name] = replace(mine, pins=(*mine.pins, *more))
    return Lock(
        environments=environments,
        packages={**theirs.packages, **ours.packages},
        metadata=ours.metadata or theirs.metadata,
    )
