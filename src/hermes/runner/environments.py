"""Environments out of the store: found by their address, or built there once and held against every digest there is.

Two digests guard a build. The *wheel record* is taken when a wheel was first unpacked, right after the installer had
verified the archive's hash; what any later build installs from the unpacked copy must be the same bytes. The *lock*
may hold the content digest that was recorded on another machine. A wheel without a record is never taken from the
unpacked copies: the installer is told to forget it, so that it fetches and verifies the archive again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hermes.errors import DriftError, ProvisionError, WheelCacheError
from hermes.model.event import EnvironmentReady, Event, Waiting
from hermes.model.plan import EnvironmentSpec, SelectedFile
from hermes.model.receipt import Entry, InstalledFile, Receipt
from hermes.plan import fingerprint
from hermes.store import content
from hermes.store.layout import RECEIPT_FORMAT
from hermes.store.records import WheelRecord, WheelRecords, compare
from hermes.store.store import Built, Store
from hermes.system import filelock
from hermes.system.clock import Clock
from hermes.uv import install
from hermes.uv.command import Uv

_SHOWN = 5
"""Changed files of a distribution that a message names."""

_FETCH_TIMEOUT = 1800.0
"""Seconds to wait while another hermes fetches wheels that nobody has unpacked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What it takes to have environments: the store, the wheel records, the installer, and who is told."""

    store: Store
    records: WheelRecords
    uv: Uv
    clock: Clock
    wheels: Path
    emit: Callable[[Event], None]


def provide(
    provider: Provider,
    spec: EnvironmentSpec,
    *,
    layer: Literal["environment", "build"] = "environment",
) -> Built:
    """Return the built environment, from the store or built now.

    Raises DriftError where what was built is not what the lock records, InstallationError where a file cannot be had
    or the wheel cache was changed.
    """
    began = provider.clock.monotonic()
    built = provider.store.find(spec.address)
    was_there = built is not None
    if built is None:
        built, was_there = _build(provider, spec)
    _hold_against_lock(spec, built.receipt.installed)
    provider.emit(
        EnvironmentReady(
            environment=spec.name,
            python=spec.python,
            how="reused" if was_there else "built",
            layer=layer,
            key=spec.key,
            record=recorded(spec),
            seconds=provider.clock.monotonic() - began,
        )
    )
    return built


def rebuild(provider: Provider, spec: EnvironmentSpec) -> Built:
    """Build an environment anew in place of the one in the store.

    Raises ProvisionError where that one is in use, DriftError where the two do not have the same contents.
    """
    before = provider.store.find(spec.address)
    if not provider.store.remove(spec.address):
        raise ProvisionError(
            f"environments.{spec.name} on {spec.python} is in use and cannot be built anew",
            hint="run it again when the other job has ended",
        )
    try:
        built = provide(provider, spec)
    except WheelCacheError:
        # An edit of a built file reaches the wheel cache through its hard link; now that it is out, fetch anew.
        built = provide(provider, spec)
    if before is not None and before.receipt.content != built.receipt.content:
        changed = sorted(
            f"{new.package} {new.version}: {new.file}"
            for new in built.receipt.installed
            if new not in before.receipt.installed
        )
        raise DriftError(
            f"environments.{spec.name} on {spec.python}, built anew, does not have the contents of the one before:\n  "
            + "\n  ".join(changed),
            hint="`hermes fingerprint --check` compares with the lock",
        )
    return built


def recorded(spec: EnvironmentSpec) -> Literal["matches", "unrecorded", "none"]:
    """Tell whether the lock records the contents of all files of an environment ("none": it has no files)."""
    if not spec.files:
        return "none"
    return "matches" if all(file.content for file in spec.files) else "unrecorded"


@contextmanager
def fetch_lock(wheels: Path, *, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
    """Keep every other hermes from fetching wheels that nobody has unpacked before."""
    wheels.mkdir(parents=True, exist_ok=True)
    with filelock.exclusive(wheels / "fetch.lock", timeout=_FETCH_TIMEOUT, what="fetching wheels", waiting=waiting):
        yield


def _build(provider: Provider, spec: EnvironmentSpec) -> tuple[Built, bool]:
    with _fetching(provider, spec) as unknown:

        def populate(tree: Path) -> None:
            install.create(provider.uv, spec.interpreter, tree)
            if unknown:
                install.forget(provider.uv, sorted({file.package for file in unknown}))
            install.install(provider.uv, tree, spec.files)

        def describe(tree: Path, entries: tuple[Entry, ...]) -> Receipt:
            owned, installed, paths = content.own(tree, entries, spec.files)
            _hold_against_records(provider, installed, paths, unknown)
            return Receipt(
                format=RECEIPT_FORMAT,
                address=spec.address,
                key=spec.key,
                kind="environment",
                name=spec.name,
                python=spec.python,
                interpreter_path=spec.interpreter.path,
                created=provider.clock.now(),
                ingredients=fingerprint.ingredients(spec.interpreter, spec.files),
                installed=installed,
                content=content.fold(installed),
                entries=owned,
            )

        built, built_now = provider.store.get_or_build(
            spec.address, populate, describe, waiting=lambda reason: _say_waiting(provider, spec, reason)
        )
        return built, not built_now


@contextmanager
def _fetching(provider: Provider, spec: EnvironmentSpec) -> Iterator[tuple[SelectedFile, ...]]:
    """Yield the files that were never unpacked before, and keep others from fetching while there are any."""
    with ExitStack() as held:
        unknown = _unrecorded(provider, spec.files)
        if unknown:
            held.enter_context(fetch_lock(provider.wheels, waiting=lambda reason: _say_waiting(provider, spec, reason)))
            unknown = _unrecorded(provider, spec.files)
        yield unknown


def _say_waiting(provider: Provider, spec: EnvironmentSpec, reason: str) -> None:
    provider.emit(Waiting(job=f"environment {spec.name} on {spec.python}", reason=reason))


def _unrecorded(provider: Provider, files: Sequence[SelectedFile]) -> tuple[SelectedFile, ...]:
    return tuple(file for file in files if provider.records.get(file.sha256) is None)


def _hold_against_records(
    provider: Provider,
    installed: Sequence[InstalledFile],
    paths: Mapping[str, Mapping[str, str]],
    unknown: Sequence[SelectedFile],
) -> None:
    """Record what was unpacked for the first time; hold the rest against what was recorded then."""
    first = {file.sha256 for file in unknown}
    changed: dict[str, tuple[str, ...]] = {}
    for file in installed:
        record = None if file.sha256 in first else provider.records.get(file.sha256)
        if file.sha256 in first:
            provider.records.put(WheelRecord(sha256=file.sha256, content=file.content, paths=paths[file.sha256]))
        elif record is None:
            changed[f"{file.package} {file.version}"] = ("its record went away while it was being installed",)
        elif record.content != file.content:
            changed[f"{file.package} {file.version}"] = compare(record, paths[file.sha256])
    if changed:
        names = sorted(name.split()[0] for name in changed)
        install.forget(provider.uv, names)
        lines = [f"  {name}: {', '.join(files[:_SHOWN])}" for name, files in sorted(changed.items())]
        raise WheelCacheError(
            "the wheel cache was changed since these files were verified and unpacked:\n" + "\n".join(lines),
            hint=f"nothing was installed; {', '.join(names)} went out of the wheel cache, so run again to fetch and "
            "verify anew; `hermes verify --all` tells which built environments share the changed files",
        )


def _hold_against_lock(spec: EnvironmentSpec, installed: Sequence[InstalledFile]) -> None:
    contents = {file.sha256: file.content for file in installed}
    drifted = [
        f"{file.package} {file.version}: {file.file} installs {contents[file.sha256]}, recorded {file.content}"
        for file in spec.files
        if file.content is not None and contents[file.sha256] != file.content
    ]
    if drifted:
        raise DriftError(
            f"environments.{spec.name} on {spec.python} is not what the lock records:\n  " + "\n  ".join(drifted),
            hint="`hermes verify` names the files; `hermes run --rebuild` builds it again; if the new contents are "
            "right, `hermes fingerprint --record`",
        )
