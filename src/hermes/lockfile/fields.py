"""The values of a lock, taken out of TOML one by one: each is of the right type and form, or refused with its line."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from packaging.utils import canonicalize_name, is_normalized_name, parse_wheel_filename

from hermes.errors import LockError
from hermes.lockfile import markers, requirements, write
from hermes.lockfile.lines import Path, Source
from hermes.model.lock import LockedFile, Pin

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SDIST = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz")
_LENGTHS = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 96: "SHA-384", 128: "SHA-512"}
_OTHER_HASHES = ("md5", "sha1", "sha224", "sha384", "sha512", "hash", "hashes")


def table(
    value: Any, path: Path, source: Source, *, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, Any]:
    """Take a table that has all required keys and no unknown ones."""
    if not isinstance(value, dict):
        source.fail(path, f"{_key(path)}: expected a table")
    for key in value:
        if key not in required and key not in optional:
            source.fail((*path, key), f"{_key(path)}: unknown key {key!r}")
    for key in required:
        if key not in value:
            source.fail(path, f"{_key(path)}: {key} is missing")
    return value


def string(value: Any, path: Path, source: Source) -> str:
    """Take a string that is no URL."""
    if not isinstance(value, str) or not value:
        source.fail(path, f"{_key(path)}: expected a string")
    if "://" in value:
        source.fail(path, f"{_key(path)}: a URL, and a lock holds no URLs")
    return value


def array(value: Any, path: Path, source: Source) -> list[Any]:
    """Take an array of anything."""
    if not isinstance(value, list):
        source.fail(path, f"{_key(path)}: expected an array")
    return value


def strings(value: Any, path: Path, source: Source) -> tuple[str, ...]:
    """Take an array of strings in which none stands twice."""
    found = [string(item, (*path, place), source) for place, item in enumerate(array(value, path, source))]
    for place, text in enumerate(found):
        if text in found[:place]:
            source.fail((*path, place), f"{_key(path)}: {text} stands there twice")
    return tuple(found)


def canonical(value: Any, path: Path, source: Source, spell: Callable[[str], str]) -> str:
    """Take a string that is already in the spelling that `spell` gives."""
    text = string(value, path, source)
    try:
        expected = spell(text)
    except LockError as error:
        source.fail(path, f"{_key(path)}: {error.message}")
    if text != expected:
        source.fail(path, f"{_key(path)}: {text!r} is not normalised, expected {expected!r}")
    return text


def asked(value: Any, path: Path, source: Source) -> tuple[str, ...]:
    """Take an array of requirements."""
    spell = requirements.canonical
    return tuple(canonical(text, (*path, at), source, spell) for at, text in enumerate(strings(value, path, source)))


def edges(value: Any, path: Path, source: Source) -> tuple[str, ...]:
    """Take an array of requirements without versions."""
    found = asked(value, path, source)
    for place, text in enumerate(found):
        if requirements.parse(text).specifier:
            source.fail((*path, place), f"{_key(path)}: {text} carries a version, and edges have none")
    return found


def name(value: Any, path: Path, source: Source) -> str:
    """Take a normalised package name."""
    text = string(value, path, source)
    if not is_normalized_name(text):
        source.fail(path, f"{_key(path)}: {text!r} is not normalised, expected {canonicalize_name(text)!r}")
    return text


def version(value: Any, path: Path, source: Source) -> str:
    """Take a normalised version."""
    return canonical(value, path, source, lambda text: str(requirements.version(text)))


def requires_python(value: Any, path: Path, source: Source) -> str:
    """Take a range of Python versions that holds at least one."""
    text = canonical(value, path, source, lambda text: str(markers.python_range(text)))
    if not markers.possible([], text):
        source.fail(path, f"{_key(path)}: {text} holds no Python version")
    return text


def sha256(value: Any, path: Path, source: Source, *, what: str) -> str:
    """Take 64 lower-case hex digits."""
    text = string(value, path, source)
    problem = not_sha256(text)
    if problem is not None:
        source.fail(path, f"{what} {problem}")
    return text


def not_sha256(text: str) -> str | None:
    """Say what is wrong with a sha256, None if nothing is."""
    if _SHA256.fullmatch(text):
        return None
    digits = text.rpartition(":")[2]
    if re.fullmatch(r"[0-9a-fA-F]{64}", digits):
        return "is not written as 64 lower-case hex digits"
    if re.fullmatch(r"[0-9a-fA-F]+", digits):
        kind = f" but {_LENGTHS[len(digits)]}" if len(digits) in _LENGTHS else ""
        return f"is no sha256{kind}: {len(digits)} hex digits instead of 64"
    return "is no sha256: expected 64 hex digits"


def pin(value: Any, path: Path, source: Source) -> Pin:
    """Take a pin: name, version and perhaps a marker that says nothing of extras."""
    fields = table(value, path, source, required=("name", "version"), optional=("marker",))
    marker = fields.get("marker")
    if marker is not None:
        marker = canonical(marker, path, source, markers.canonical)
        if "extra" in markers.variables(marker):
            source.fail(path, f"{_key(path)}: {marker!r} is about an extra, which means nothing to a pin")
    return Pin(name=name(fields["name"], path, source), version=version(fields["version"], path, source), marker=marker)


def file(value: Any, path: Path, source: Source, *, package: tuple[str, str]) -> LockedFile:
    """Take a file that belongs to a package of this name and version."""
    label = _label(value)
    if isinstance(value, dict) and "url" in value:
        source.fail(path, f"{label} has a URL, and a lock holds file names only")
    others = [key for key in _OTHER_HASHES if isinstance(value, dict) and key in value]
    if others:
        source.fail(path, f"{label} is hashed by {others[0]}, and a lock holds sha256 only")
    if isinstance(value, dict) and "sha256" not in value:
        source.fail(path, f"{label} has no sha256")
    fields = table(value, path, source, required=("name", "sha256"), optional=("content",))
    filename = string(fields["name"], path, source)
    _belongs(filename, path, source, package)
    content = fields.get("content")
    return LockedFile(
        name=filename,
        sha256=sha256(fields["sha256"], path, source, what=f"the hash of {filename}"),
        content=None if content is None else sha256(content, path, source, what=f"the content digest of {filename}"),
    )


def _label(value: Any) -> str:
    found = value.get("name") if isinstance(value, dict) else None
    return found if isinstance(found, str) and "://" not in found else "a file"


def _belongs(filename: str, path: Path, source: Source, package: tuple[str, str]) -> None:
    wanted = f"{package[0]} {package[1]}"
    if not re.fullmatch(r"[\w.+!-]+", filename):
        source.fail(path, f"{filename!r} is not a file name")
    if filename.endswith(".whl"):
        try:
            found, release, _, _ = parse_wheel_filename(filename)
        except ValueError:
            source.fail(path, f"{filename} is not the name of a wheel")
        if (found, release) != (package[0], requirements.version(package[1])):
            source.fail(path, f"{filename} is not a file of {wanted}")
    elif not filename.endswith(_SDIST):
        source.fail(path, f"{filename} is neither a wheel nor a source distribution")
    elif not canonicalize_name(filename).startswith(f"{package[0]}-"):
        source.fail(path, f"{filename} is not a file of {wanted}")


def _key(path: Path) -> str:
    """Write a path as a user would: environments.test.pins."""
    return ".".join(write.key(part) for part in path if isinstance(part, str)) or "the lock"
