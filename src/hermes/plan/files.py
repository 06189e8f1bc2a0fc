"""Which file of each locked package an interpreter gets: one per package, the one that fits best."""

from collections.abc import Mapping, Sequence

from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

from hermes.errors import LockError, ProvisionError
from hermes.model.interpreter import Interpreter
from hermes.model.lock import Lock, LockedFile, LockedPackage, Pin
from hermes.model.plan import SelectedFile

_SHOWN = 3
"""Files that do not fit which a message names."""


def choose(lock: Lock, environment: str, interpreter: Interpreter) -> tuple[SelectedFile, ...]:
    """Return the files of a locked environment for one interpreter, sorted by package.

    Raises LockError where one package is selected twice, ProvisionError where a package has no file that fits.
    """
    ranks = {tag: rank for rank, tag in reversed(list(enumerate(interpreter.tags)))}
    markers = {**interpreter.markers, "extra": ""}
    selected: dict[str, SelectedFile] = {}
    for pin in lock.environments[environment].pins:
        if not _holds(pin, markers):
            continue
        if pin.name in selected:
            msg = f"environments.{environment}: {pin.name} is locked twice for Python {interpreter.version}"
            raise LockError(msg, hint="run `hermes lock`")
        package = lock.packages[pin.name, pin.version]
        file = best(package.files, ranks)
        if file is None:
            raise _unusable(environment, package, interpreter)
        selected[pin.name] = SelectedFile(
            package=pin.name, version=pin.version, file=file.name, sha256=file.sha256, content=file.content
        )
    return tuple(selected[name] for name in sorted(selected))


def best(files: Sequence[LockedFile], ranks: Mapping[str, int]) -> LockedFile | None:
    """Return the wheel whose best tag ranks lowest (then the higher build number, then the name), or None."""
    fitting = []
    for file in files:
        if not file.name.endswith(".whl"):
            continue
        _, _, build, tags = parse_wheel_filename(file.name)
        rank = min((ranks[str(tag)] for tag in tags if str(tag) in ranks), default=None)
        if rank is not None:
            number, suffix = build or (0, "")
            fitting.append(((rank, -number, suffix, file.name), file))
    return min(fitting, key=lambda item: item[0])[1] if fitting else None


def _holds(pin: Pin, markers: Mapping[str, str]) -> bool:
    return pin.marker is None or Marker(pin.marker).evaluate(dict(markers))


def _unusable(environment: str, package: LockedPackage, interpreter: Interpreter) -> ProvisionError:
    names = ", ".join(file.name for file in package.files[:_SHOWN])
    more = f" and {len(package.files) - _SHOWN} more" if len(package.files) > _SHOWN else ""
    return ProvisionError(
        f"environments.{environment}: {package.name} {package.version} has no wheel for {interpreter.implementation} "
        f"{interpreter.version} on {interpreter.platform} (locked: {names}{more})",
        hint=f"choose another version of {package.name}, or leave this Python out with `python = [...]`",
    )
