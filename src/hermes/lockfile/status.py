"""Whether a lock still answers what the environments ask of it, and if not, every reason in the user's words."""

from collections.abc import Iterator, Mapping, Sequence

from hermes.lockfile import closure, markers, requirements
from hermes.model import request
from hermes.model.lock import (
    Lock,
    LockedEnvironment,
    LockedPackage,
    LockStatus,
    Pin,
    PinnedRequirement,
    WantedEnvironment,
)
from hermes.model.project import BUILD_ENVIRONMENT, Requirement


def status(
    wanted: Sequence[WantedEnvironment],
    lock: Lock | None,
    *,
    metadata_digest: str | None,
    metadata_files: Sequence[str] = (),
) -> LockStatus:
    """Compare a lock with what is wanted. Nothing but these arguments counts: no index, no interpreter, no clock.

    `metadata_digest` is that of the files which the package's metadata is read from (`metadata_files`, for the words).
    """
    if lock is None:
        return LockStatus(state="missing", reasons=("there is no envfile.lock",))
    reasons: list[str] = []
    for each in sorted(wanted, key=lambda each: each.name):
        locked = lock.environments.get(each.name)
        if locked is None:
            reasons.append(f"{_label(each.name)} is new")
        else:
            reasons += [f"{_label(each.name)}: {reason}" for reason in _environment(each, locked, lock.packages)]
    names = {each.name for each in wanted}
    reasons += [f"{_label(name)} is no longer declared" for name in sorted(lock.environments) if name not in names]
    if BUILD_ENVIRONMENT in names and BUILD_ENVIRONMENT in lock.environments:
        reasons += _metadata(lock, metadata_digest, metadata_files)
    return LockStatus(state="stale" if reasons else "fresh", reasons=tuple(dict.fromkeys(reasons)))


def _label(name: str) -> str:
    return "the build environment" if name == BUILD_ENVIRONMENT else f"environments.{name}"


def _metadata(lock: Lock, digest: str | None, files: Sequence[str]) -> Iterator[str]:
    if digest is None:
        return
    if lock.metadata is None:
        yield "the build backend of the package was not asked when the lock was made"
    elif lock.metadata.digest != digest:
        named = " or ".join(files) or "the metadata of the package"
        what = "build requirements" if lock.metadata.requires_dist is None else "dynamic dependencies"
        yield f"{named} changed since its build backend was asked ({what})"


def _environment(
    wanted: WantedEnvironment, locked: LockedEnvironment, packages: Mapping[tuple[str, str], LockedPackage]
) -> Iterator[str]:
    if _requests(wanted.python) != _requests(locked.python):
        was, now = (", ".join(requirements.by_python(each)) for each in (locked.python, wanted.python))
        yield f"python was {was} when it was locked, is now {now}"
    if wanted.pinned is not None:
        yield from _pinned(wanted, locked, packages)
        yield from unanswered(wanted, locked.requires_python)
        return
    if locked.pins_digest is not None:
        yield "it took its pins from a file when it was locked, and no longer does"
    yield from _asked(wanted, locked, packages)


def _requests(texts: Sequence[str]) -> set[str]:
    """Give requests for Pythons in the one spelling of each."""
    found = set()
    for text in texts:
        try:
            found.add(request.parse_request(text).canonical)
        except ValueError:
            found.add(text)
    return found


def _asked(
    wanted: WantedEnvironment, locked: LockedEnvironment, packages: Mapping[tuple[str, str], LockedPackage]
) -> Iterator[str]:
    """Compare requirements with pins, with each other, and pins with what they need."""
    former = {text: requirements.parse(text).name for text in locked.requirements}
    texts = {requirements.canonical(each.text): each for each in wanted.requirements}
    names = {requirements.parse(text).name for text in texts}
    found = closure.close(locked, packages, list(texts))
    for text, requirement in texts.items():
        problems = list(_answered(requirement, locked.pins, locked.requires_python, "the lock"))
        yield from problems
        if not problems and text not in former:
            name = requirements.parse(text).name
            before = [each for each in former if former[each] == name and each not in texts]
            was = ", ".join(before) or "nothing of that name"
            yield f"{text} is asked for ({_where(requirement)}), and {was} was when it was locked"
    for text, name in former.items():
        if name not in names and name in found.needed:
            yield f"{text} was asked for when it was locked, and no longer is"
    for gap in found.gaps:
        where = "" if gap.marker is None else f" where {gap.marker}"
        yield f"{gap.asker} needs {gap.needs}, which is not in the lock{where}"
    unneeded = sorted({pin.name for pin in locked.pins} - found.needed)
    if unneeded:
        verb, them = ("is", "it") if len(unneeded) == 1 else ("are", "them")
        yield f"{', '.join(unneeded)} {verb} in the lock but nothing asks for {them} any more"


def unanswered(wanted: WantedEnvironment, requires_python: str) -> tuple[str, ...]:
    """Say which requirements of an environment with pins its pins do not satisfy: no lock can mend that."""
    lines = wanted.pinned or ()
    pins = [Pin(name=line.name, version=line.version, marker=line.marker) for line in lines]
    source = lines[0].file if lines else "its pins"
    problems = [_answered(requirement, pins, requires_python, source) for requirement in wanted.requirements]
    return tuple(problem for found in problems for problem in found)


def _answered(requirement: Requirement, pins: Sequence[Pin], requires_python: str, source: str) -> Iterator[str]:
    """Say where no pin answers a requirement, or one that does not satisfy it does."""
    asked = requirements.parse(requirement.text)
    marker = requirements.marker_of(asked)
    if not markers.possible([marker], requires_python):
        return
    touched = [pin for pin in pins if pin.name == asked.name and markers.overlap(marker, pin.marker, requires_python)]
    if not touched:
        yield f"{asked.name} is asked for ({_where(requirement)}) but is not in {source}"
        return
    for pin in touched:
        if not requirements.satisfies(asked, pin.version):
            text = f"{asked.name}{asked.specifier}"
            yield f"{pin.name} {pin.version} in {source} does not satisfy {text} ({_where(requirement)})"
    alternatives = [pin.marker for pin in touched]
    if not markers.implied([marker], alternatives, requires_python):
        held = markers.joined(alternatives, "or")
        yield f"{asked.name} is asked for ({_where(requirement)}) but is in {source} only where {held}"


def _pinned(
    wanted: WantedEnvironment, locked: LockedEnvironment, packages: Mapping[tuple[str, str], LockedPackage]
) -> Iterator[str]:
    """Compare the lines of a pins file with pins; lines for no Python of the environment need none."""
    requires_python = locked.requires_python
    lines = [each for each in wanted.pinned or () if markers.possible([each.marker], requires_python)]
    reasons = []
    for line in lines:
        same = [pin for pin in locked.pins if pin.name == line.name and _alike(pin, line, requires_python)]
        if not same:
            reasons.append(f"{_line(line)} is not in the lock")
        elif same[0].version != line.version:
            reasons.append(f"{_line(line)} is {same[0].version} in the lock")
    reasons += [
        f"{_pin(pin)} is in the lock but no longer in its pins"
        for pin in locked.pins
        if not any(pin.name == line.name and _alike(pin, line, requires_python) for line in lines)
    ]
    if not reasons and locked.pins_digest is None:
        reasons.append("its pins stand in a file now, and did not when it was locked")
    elif not reasons and wanted.pins_digest != locked.pins_digest:
        reasons += [f"{_line(line)} has not all hashes of the lock" for line in lines if _rehashed(line, packages)]
        if not reasons:
            reasons.append("its pins changed since it was locked")
    yield from reasons


def _alike(pin: Pin, line: PinnedRequirement, requires_python: str) -> bool:
    """Say whether two markers hold for the same Pythons of the range; the resolver may have simplified one."""
    return markers.implied([pin.marker], [line.marker], requires_python) and markers.implied(
        [line.marker], [pin.marker], requires_python
    )


def _rehashed(line: PinnedRequirement, packages: Mapping[tuple[str, str], LockedPackage]) -> bool:
    # The file may list more than the lock: archives that hermes does not lock, or files that the index does not have.
    return not {file.sha256 for file in packages[line.name, line.version].files} <= set(line.hashes)


def _line(line: PinnedRequirement) -> str:
    marker = "" if line.marker is None else f"; {line.marker}"
    return f"{line.name}=={line.version}{marker} ({line.file}:{line.line})"


def _pin(pin: Pin) -> str:
    return f"{pin.name} {pin.version}" if pin.marker is None else f"{pin.name} {pin.version} where {pin.marker}"


def _where(requirement: Requirement) -> str:
    where = requirement.where
    return f"{where.key}, {where.file}:{where.line}"
