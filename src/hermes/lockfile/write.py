"""The one writer of locks: the same Lock gives the same bytes, whatever the order of what it was made from."""

import hashlib
import re
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from hermes.errors import LockError
from hermes.lockfile import markers, requirements
from hermes.model.lock import LOCK_VERSION, Lock, LockedEnvironment, LockedFile, LockedMetadata, LockedPackage, Pin

HEADER = "# Written by `hermes lock`, for envfile.toml: an edit by hand is refused.\n"

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DIGEST_LINE = re.compile(r"digest *= *.*\n?")
_VERSION_LINE = re.compile(r"lock-version *=.*")


def dump(lock: Lock) -> str:
    """Write a lock in its canonical form; LockError where it holds what no lock may hold."""
    blocks = [f"{HEADER}lock-version = {LOCK_VERSION}\n"]
    if lock.metadata is not None:
        blocks.append(_lines(_metadata(lock.metadata)))
    environments = sorted(lock.environments.values(), key=lambda each: each.name)
    blocks += [_lines(_environment(environment)) for environment in environments]
    packages = sorted(lock.packages.values(), key=_package_order)
    blocks += [_lines(_package(package)) for package in packages]
    text = "\n".join(blocks)
    if "://" in text:
        place = next(line.strip() for line in text.splitlines() if "://" in line)
        raise LockError(f"a lock holds no URLs, and this is one: {place.split('://', maxsplit=1)[0]}://…")
    return seal(text)


def digest(text: str) -> str:
    """Give the digest of a lock's text without its own `digest` line."""
    lines = text.splitlines(keepends=True)
    place = digest_line(text)
    body = "".join(line for number, line in enumerate(lines, start=1) if number != place)
    return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"


def digest_line(text: str) -> int | None:
    """Find the line (from 1) of the lock's own digest, which stands before the first table."""
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if line.startswith("["):
            return None
        if _DIGEST_LINE.fullmatch(line):
            return number
    return None


def seal(text: str) -> str:
    """Put the right digest into a lock's text, replacing one that is there."""
    place = digest_line(text)
    lines = [line for number, line in enumerate(text.splitlines(keepends=True), start=1) if number != place]
    after = next((number for number, line in enumerate(lines, start=1) if _VERSION_LINE.match(line)), 0)
    return "".join([*lines[:after], f'digest = "{digest("".join(lines))}"\n', *lines[after:]])


def quoted(text: str) -> str:
    """Write a TOML string: a literal one where that saves escaping quotes."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in escaped) + '"'


def key(text: str) -> str:
    """Write a TOML key, in quotes where it needs them."""
    return text if _BARE_KEY.fullmatch(text) else quoted(text)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _array(key: str, items: Iterable[str]) -> Iterator[str]:
    """Write an array with a line per item, so that git merges item by item."""
    written = list(items)
    if not written:
        yield f"{key} = []"
        return
    yield f"{key} = ["
    yield from (f"    {item}," for item in written)
    yield "]"


def _strings(texts: Iterable[str]) -> list[str]:
    return [quoted(text) for text in sorted(set(texts))]


def _metadata(metadata: LockedMetadata) -> Iterator[str]:
    yield "[package]"
    yield f"digest = {quoted(metadata.digest)}"
    if metadata.requires_dist is not None:
        yield from _array("requires-dist", _strings(map(requirements.canonical, metadata.requires_dist)))
    if metadata.extras is not None:
        yield from _array("extras", _strings(map(canonicalize_name, metadata.extras)))
    yield from _array("build-requires", _strings(map(requirements.canonical, metadata.build_requires)))


def _environment(environment: LockedEnvironment) -> Iterator[str]:
    yield f"[environments.{key(environment.name)}]"
    yield f"python = [{', '.join(quoted(text) for text in requirements.by_python(environment.python))}]"
    yield f"requires-python = {quoted(str(markers.python_range(environment.requires_python)))}"
    yield from _array("requirements", _strings(map(requirements.canonical, environment.requirements)))
    if environment.pins_digest is not None:
        yield f"pins-digest = {quoted(environment.pins_digest)}"
    pins = {_pin_fields(pin): pin for pin in environment.pins}
    order = sorted(pins, key=lambda fields: (fields[0], requirements.version(fields[1]), fields[2]))
    yield from _array("pins", [_pin(*fields) for fields in order])


def _pin_fields(pin: Pin) -> tuple[str, str, str]:
    marker = "" if pin.marker is None else markers.canonical(pin.marker)
    return canonicalize_name(pin.name), str(requirements.version(pin.version)), marker


def _pin(name: str, version: str, marker: str) -> str:
    suffix = f", marker = {quoted(marker)}" if marker else ""
    return f"{{ name = {quoted(name)}, version = {quoted(version)}{suffix} }}"


def _package_order(package: LockedPackage) -> tuple[str, object]:
    return canonicalize_name(package.name), requirements.version(package.version)


def _package(package: LockedPackage) -> Iterator[str]:
    yield "[[packages]]"
    yield f"name = {quoted(canonicalize_name(package.name))}"
    yield f"version = {quoted(str(requirements.version(package.version)))}"
    yield from _array("dependencies", _strings(map(requirements.canonical, package.dependencies)))
    files = sorted(set(package.files), key=lambda file: (file.name, file.sha256, file.content or ""))
    yield from _array("files", [_file(file) for file in files])


def _file(file: LockedFile) -> str:
    suffix = "" if file.content is None else f", content = {quoted(file.content)}"
    return f"{{ name = {quoted(file.name)}, sha256 = {quoted(file.sha256)}{suffix} }}"
