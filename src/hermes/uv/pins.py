"""The files behind the lines of a hashed requirements file: exactly those whose sha256 a line names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from hermes.errors import LockError, ResolutionError
from hermes.model.interpreter import Interpreter
from hermes.model.lock import LockedPackage, Pin, PinnedRequirement, WantedEnvironment
from hermes.uv import answer, derivation, explain, markers, ranges
from hermes.uv.command import Uv

_REASONS = {
    "missing": "the index has no package of this name",
    "uncached": "it is not in the wheel cache, and the index may not be asked (--offline)",
    "wheelless": "it has no wheel that fits the Pythons of the environment",
    "versionless": "the index does not have this version",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The pins of one environment, and their packages with the files that the lines allow."""

    pins: tuple[Pin, ...]
    packages: tuple[LockedPackage, ...]


def resolve(uv: Uv, wanted: WantedEnvironment, pythons: ranges.Range, interpreter: Interpreter, workdir: Path) -> Found:
    """Look up the files of an environment that has pins.

    Raises LockError for a line none of whose hashes belongs to a wheel of the index, ResolutionError for a line that
    the index cannot answer.
    """
    requires_python = ranges.specifier(pythons)
    lines = [line for line in wanted.pinned or () if line.marker is None or markers.can_hold(line.marker, pythons)]
    if not lines:
        return Found(pins=(), packages=())
    texts = _looked_up(uv, lines, pythons, interpreter, workdir)
    offered: dict[tuple[str, Version], LockedPackage] = {}
    found: set[Pin] = set()
    for text in texts:
        offered |= {(name, Version(version)): each for (name, version), each in answer.pylock_packages(text).items()}
        found.update(answer.pylock_pins(text, pythons=pythons))
    allowed: dict[tuple[str, str], LockedPackage] = {}
    problems: list[str] = []
    for line in lines:
        package = offered[line.name, Version(line.version)]
        files = tuple(file for file in package.files if file.sha256 in line.hashes)
        if not files:
            problems.append(
                f"{line.file}:{line.line}: {line.name}=={line.version}: none of its hashes belongs to a wheel that the "
                f"index has for Python {requires_python}"
            )
        before = allowed.get((line.name, package.version), replace(package, files=()))
        by_name = {file.name: file for file in (*before.files, *files)}
        allowed[line.name, package.version] = replace(package, files=tuple(by_name[name] for name in sorted(by_name)))
    if problems:
        raise LockError("\n".join(problems), hint="write the pins file again from an index that you trust")
    return Found(
        pins=tuple(sorted(found, key=lambda pin: (pin.name, pin.version, pin.marker or ""))),
        packages=tuple(allowed.values()),
    )


def _looked_up(
    uv: Uv, lines: Sequence[PinnedRequirement], pythons: ranges.Range, interpreter: Interpreter, workdir: Path
) -> list[str]:
    """Ask for all lines at once, and where that fails for each by itself, to name those that are to blame."""
    together = _ask(uv, lines, pythons, interpreter, workdir)
    if together[0] is not None:
        return [together[0]]
    texts: list[str] = []
    problems: list[str] = []
    for line in lines:
        text, failure = _ask(uv, [line], pythons, interpreter, workdir)
        if text is None:
            problems.append(f"{line.file}:{line.line}: {line.name}=={line.version}: {_reason(failure)}")
        else:
            texts.append(text)
    if problems:
        raise ResolutionError(
            "\n".join(problems),
            hint="check UV_DEFAULT_INDEX and the environment's `python`, or write the pins file again",
        )
    return texts


def _ask(
    uv: Uv, lines: Sequence[PinnedRequirement], pythons: ranges.Range, interpreter: Interpreter, workdir: Path
) -> tuple[str | None, str]:
    source, target = workdir / "pins.in", workdir / "pylock.toml"
    target.unlink(missing_ok=True)
    source.write_text("".join(_line(line) for line in lines), encoding="utf-8")
    words = ["pip", "compile", source.name, "--output-file", target.name, "--format", "pylock.toml", "--no-header"]
    words += ["--no-deps", "--universal", "--no-build", "--quiet"]
    words += ["--python-version", ranges.least(pythons), "--python", interpreter.path]
    completed = uv.run(*words, cwd=workdir)
    if completed.status == 0:
        return target.read_text(encoding="utf-8"), ""
    error = explain.unreachable(completed.stderr)
    if error is not None:
        raise error
    return None, completed.stderr


def _line(line: PinnedRequirement) -> str:
    return f"{line.name}=={line.version}{f' ; {line.marker}' if line.marker else ''}\n"


def _reason(text: str) -> str:
    facts = derivation.parse(explain.prose(text))
    for kind, _, detail in facts.troubles:
        return _REASONS.get(kind, f"it was yanked ({detail})")
    for needs in facts.needs.values():
        for need in needs:
            if need.name == derivation.PYTHON:
                return f"it needs Python {need.spec}"
    return explain.clean(text, {})
