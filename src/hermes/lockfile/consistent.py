"""What must hold between the parts of a lock: pins have packages and packages have pins, and one file fits each."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from hermes.lockfile import markers, requirements, write
from hermes.lockfile.lines import Path, Source
from hermes.model.lock import LockedEnvironment, LockedPackage, Pin


def check(
    environments: Mapping[str, LockedEnvironment], packages: Sequence[tuple[LockedPackage, Path]], source: Source
) -> None:
    """Raise LockError for the first thing that does not fit; `packages` come with where they stand."""
    seen: set[tuple[str, str]] = set()
    for package, path in packages:
        key = package.name, package.version
        if key in seen:
            source.fail(path, f"packages: {package.name} {package.version} stands there twice")
        seen.add(key)
        _check_files(package, path, source)
    for environment in environments.values():
        _check_pins(environment, seen, source)
    pinned = {(pin.name, pin.version) for environment in environments.values() for pin in environment.pins}
    for package, path in packages:
        if (package.name, package.version) not in pinned:
            source.fail(path, f"packages: no environment pins {package.name} {package.version}")


def _check_files(package: LockedPackage, path: Path, source: Source) -> None:
    label = f"packages: {package.name} {package.version}"
    if not package.files:
        source.fail((*path, "files"), f"{label} has no files")
    names = [file.name for file in package.files]
    for place, name in enumerate(names):
        if name in names[:place]:
            source.fail((*path, "files", place), f"{label}: {name} stands there twice")
    if not any(name.endswith(".whl") for name in names):
        hint = f"ask for a version of {package.name} that has wheels; source distributions are not supported yet"
        source.fail((*path, "files"), f"{label} has no wheel, only a source distribution", hint)


def _check_pins(environment: LockedEnvironment, packages: set[tuple[str, str]], source: Source) -> None:
    label = f"environments.{write.key(environment.name)}"
    path: Path = ("environments", environment.name, "pins")
    for place, pin in enumerate(environment.pins):
        if (pin.name, pin.version) not in packages:
            source.fail((*path, place), f"{label}: {pin.name} {pin.version} is pinned but has no entry in packages")
    for place, first, second in _pairs(environment.pins):
        if markers.overlap(first.marker, second.marker, environment.requires_python):
            source.fail(
                (*path, place),
                f"{label}: {first.name} is pinned twice for the same Pythons: {_said(first)}, and {_said(second)}",
            )
    if not environment.pins and _asks(environment):
        source.fail(path, f"{label}: pins are empty, and {', '.join(environment.requirements)} was asked for")


def _pairs(pins: Sequence[Pin]) -> Iterator[tuple[int, Pin, Pin]]:
    """Give the pins of one name by twos, with the place of the second."""
    by_name: dict[str, list[tuple[int, Pin]]] = {}
    for place, pin in enumerate(pins):
        by_name.setdefault(pin.name, []).append((place, pin))
    for group in by_name.values():
        yield from ((place, first, second) for (_, first), (place, second) in combinations(group, 2))


def _asks(environment: LockedEnvironment) -> bool:
    """Say whether a requirement can hold for some Python of the environment."""
    asked = [requirements.marker_of(requirements.parse(text)) for text in environment.requirements]
    return any(markers.possible([marker], environment.requires_python) for marker in asked)


def _said(pin: Pin) -> str:
    return f"{pin.version} everywhere" if pin.marker is None else f"{pin.version} where {pin.marker}"
