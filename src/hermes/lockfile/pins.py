"""Pins that exist already: a hashed requirements file, as pip-compile and uv write it.

Every line must name one version and at least one sha256, so that the file alone says which bytes are installed. What a
line or an option adds beyond that is refused, except the options that change nothing about it.
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from hermes.errors import LockError
from hermes.lockfile import fields, markers, requirements
from hermes.model.lock import PinnedRequirement

Read = Callable[[str], str | None]

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_OPTION = re.compile(r"(--[a-z][a-z-]*|-[a-z])\s*=?\s*(.*)")
_URL_OR_PATH = re.compile(r"://|^[./~]|[\\/]|\.(?:whl|zip|tar\.gz|tar\.bz2)\b")
_LONG = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-i": "--index-url",
    "--pypi-url": "--index-url",
    "-e": "--editable",
    "-f": "--find-links",
}
_GRANTED = frozenset({"--only-binary", "--prefer-binary", "--pre", "--require-hashes"})
_UNUSED = {
    "--index-url": "hashes say what is installed, and hermes takes it from the index that it was told of",
    "--trusted-host": "hermes trusts the hosts that its installer was told of",
}
_REFUSED = {
    "--extra-index-url": "hermes takes all files from one index; let that one serve these packages too",
    "--find-links": "hermes takes all files from one index; let that one serve these packages too",
    "--no-index": "hermes takes all files from one index, or from its cache with --offline",
    "--no-binary": "hermes installs wheels only; building from source is not supported yet",
    "--editable": "hermes installs the package under test itself: `package` in envfile.toml",
}
_REGENERATE = "`pip-compile --generate-hashes` and `uv pip compile --generate-hashes` write such files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The lines of a pins file and of those it includes, sorted; their digest; and what was read without effect."""

    lines: tuple[PinnedRequirement, ...]
    digest: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def fail(self, what: str, hint: str = _REGENERATE) -> NoReturn:
        raise LockError(f"{self}: {what}", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Collected:
    read: Read
    pinned: list[PinnedRequirement] = field(default_factory=list)
    constraints: list[tuple[requirements.Parsed, _Place]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    done: set[tuple[str, bool]] = field(default_factory=set)


def parse(path: str, read: Read) -> Pins:
    """Parse a pins file and what it includes; `read` gives the text of a path, None where there is none.

    Paths are relative to the project. Raises LockError with file and line.
    """
    collected = _Collected(read=read)
    path = posixpath.normpath(path)
    text = read(path)
    if text is None:
        raise LockError(f"{path}: no such file", hint="`pins` in envfile.toml names a hashed requirements file")
    _file(path, text, collected, chain=(path,), constraint=False)
    if not collected.pinned:
        _Place(file=path, line=1).fail("pins nothing: expected lines such as pytest==8.4.0 --hash=sha256:…")
    lines = _distinct(collected.pinned)
    _refuse_contradictions(lines, collected.constraints)
    return Pins(lines=lines, digest=digest(lines), notes=tuple(collected.notes))


def digest(lines: Sequence[PinnedRequirement]) -> str:
    """Give the digest of what pinned lines say: not where they stand, nor comments, nor order."""
    said = sorted(" ".join((each.name, each.version, *each.hashes, each.marker or "")) for each in lines)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _file(path: str, text: str, collected: _Collected, *, chain: tuple[str, ...], constraint: bool) -> None:
    if (path, constraint) in collected.done:
        return
    collected.done.add((path, constraint))
    for number, line in _logical_lines(text):
        place = _Place(file=path, line=number)
        variable = _VARIABLE.search(line)
        if variable is not None:
            place.fail(f"{variable[0]}: environment variables change what a file says; write the value")
        if line.startswith("-"):
            for option in re.split(r"\s+(?=-)", line):
                _option(option, place, collected, chain=chain, constraint=constraint)
        elif constraint:
            collected.constraints.append((_requirement(re.split(r"\s+--", line)[0], place), place))
        else:
            collected.pinned.append(_pinned(line, place))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Join continued lines, drop comments and blank lines; a line has the number of its first part."""
    start, parts = 0, list[str]()
    for number, raw in enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), start=1):
        line = _COMMENT.sub("", raw)
        continued = line.endswith("\\") and line == raw
        start = start or number
        parts.append(line.removesuffix("\\"))
        if not continued:
            joined = " ".join(parts).strip()
            if joined:
                yield start, joined
            start, parts = 0, []
    if joined := " ".join(parts).strip():
        yield start, joined


def _option(text: str, place: _Place, collected: _Collected, *, chain: tuple[str, ...], constraint: bool) -> None:
    match = _OPTION.fullmatch(text)
    name = match[1] if match is not None else _name(text)
    name = _LONG.get(name, name)
    if name in {"--requirement", "--constraint"} and match is not None:
        nested = _beside(match[2].strip().strip("\"'"), place)
        if nested in chain:
            place.fail(f"{nested} includes itself: {' > '.join((*chain, nested))}", "take one of these lines out")
        text_or_none = collected.read(nested)
        if text_or_none is None:
            place.fail(f"{nested}: no such file", f"paths are relative to the folder of {place.file}")
        restricts = constraint or name == "--constraint"
        _file(nested, text_or_none, collected, chain=(*chain, nested), constraint=restricts)
    elif name in _UNUSED:
        collected.notes.append(f"{place}: {name} has no effect: {_UNUSED[name]}")
    elif name not in _GRANTED:
        place.fail(f"{name} is not supported", _REFUSED.get(name, "take the line out"))


def _name(option: str) -> str:
    """Give an option without its value, which may be a secret."""
    return re.split(r"[\s=]", option, maxsplit=1)[0]


def _beside(name: str, place: _Place) -> str:
    """Give the path of a file that is named relative to the one that names it."""
    if not name:
        place.fail("expected the path of a file", f"paths are relative to the folder of {place.file}")
    if "://" in name:
        place.fail("includes a URL", "download the file into the project and name it by its path")
    name = name.replace("\\", "/")
    if name.startswith(("/", "~")) or re.match(r"[A-Za-z]:", name):
        place.fail("includes a file by an absolute path", f"paths are relative to the folder of {place.file}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(place.file), name))


def _requirement(text: str, place: _Place) -> requirements.Parsed:
    if _URL_OR_PATH.search(text.split(";", maxsplit=1)[0]):
        named = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\]\s*)?@", text)
        what = f"{named[1]} is asked for" if named else "asks for a package"
        place.fail(f"{what} by URL or path: expected NAME==VERSION")
    try:
        parsed = requirements.parse(text)
        marker = requirements.marker_of(parsed)
    except LockError as error:
        place.fail(error.message)
    if marker is not None and "extra" in markers.variables(marker):
        place.fail(f"{marker!r} is about an extra, which means nothing to a pin")
    return parsed


def _pinned(line: str, place: _Place) -> PinnedRequirement:
    text, *options = re.split(r"\s+(?=--)", line)
    parsed = _requirement(text, place)
    name = parsed.name
    specifiers = list(parsed.specifier)
    if len(specifiers) != 1 or specifiers[0].operator not in {"==", "==="}:
        place.fail(f"{name} is not pinned: expected {name}==VERSION")
    if specifiers[0].operator == "===":
        place.fail(f"{name} is pinned by ===: expected {name}==VERSION")
    if specifiers[0].version.endswith(".*"):
        place.fail(f"{name}=={specifiers[0].version} is more than one version: expected {name}==VERSION")
    hashes = {_hash(option, name, place) for option in options}
    if not hashes:
        place.fail(f"{name} has no hash: expected --hash=sha256:…")
    return PinnedRequirement(
        name=name,
        version=str(requirements.version(specifiers[0].version)),
        marker=requirements.marker_of(parsed),
        hashes=tuple(sorted(hashes)),
        file=place.file,
        line=place.line,
    )


def _hash(option: str, name: str, place: _Place) -> str:
    match = re.fullmatch(r"--hash(?:\s*=\s*|\s+)(\S+)", option)
    if match is None:
        place.fail(f"{name}: {_name(option)} is not supported here: expected --hash only")
    algorithm, _, digits = match[1].partition(":")
    if algorithm != "sha256":
        place.fail(f"{name} is hashed by {algorithm}: expected --hash=sha256:…")
    problem = fields.not_sha256(digits)
    if problem is not None:
        place.fail(f"a hash of {name} {problem}")
    return digits


def _distinct(pinned: Sequence[PinnedRequirement]) -> tuple[PinnedRequirement, ...]:
    """Sort lines; one that two files have alike stands once."""
    found: dict[tuple[str, str, str | None, tuple[str, ...], str | int], PinnedRequirement] = {}
    first_file: dict[tuple[str, str, str | None, tuple[str, ...]], str] = {}
    for each in pinned:
        said = (each.name, each.version, each.marker, each.hashes)
        if first_file.setdefault(said, each.file) == each.file:
            found[(*said, each.line)] = each
    return tuple(sorted(found.values(), key=lambda each: (each.name, each.version, each.marker or "", each.line)))


def _refuse_contradictions(
    lines: Sequence[PinnedRequirement], constraints: Sequence[tuple[requirements.Parsed, _Place]]
) -> None:
    for number, line in enumerate(lines):
        place = _Place(file=line.file, line=line.line)
        for other in lines[number + 1 :]:
            if other.name != line.name:
                break
            if markers.overlap(line.marker, other.marker, ""):
                first, second = sorted((line, other), key=lambda each: (each.file != line.file, each.line))
                _Place(file=second.file, line=second.line).fail(
                    f"{line.name} is pinned twice for the same Pythons: {second.name}=={second.version} here, "
                    f"and {first.name}=={first.version} in {first.file}:{first.line}",
                    "keep one of the lines, or give them markers that do not overlap",
                )
        for constraint, origin in constraints:
            contradicts = constraint.name == line.name and not requirements.satisfies(constraint, line.version)
            if contradicts and markers.overlap(line.marker, requirements.marker_of(constraint), ""):
                what = f"{line.name}=={line.version} contradicts {constraint.name}{constraint.specifier} in {origin}"
                place.fail(what, "compile the file again with that constraint")
