"""Wheels of the package under test: built from a copy of the sources, once per state of them, kept in the store.

A pure wheel (`none-any`) is one for all interpreters, a wheel for a platform one per interpreter. Which of them a
package builds is known only afterwards, so the address without the interpreter is looked up, and built under, first.
"""

import hashlib
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from stat import S_IXUSR
from typing import Literal

from hermes.model.event import EnvironmentReady
from hermes.model.plan import EnvironmentSpec
from hermes.model.project import BUILD_ENVIRONMENT, Package
from hermes.model.receipt import Entry, Receipt
from hermes.runner import backend, environments, sources
from hermes.runner.backend import Backend
from hermes.runner.environments import Provider
from hermes.runner.sources import Sources
from hermes.store.layout import RECEIPT_FORMAT
from hermes.store.store import Built
from hermes.system import files
from hermes.system.processes import Processes

_FORMAT = "hermes-wheel-1"
_BELOW_SITE = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")
_DATA = re.compile(r"[^/]+\.data/")
_NO_CONTENT = ("/RECORD", "/RECORD.jws", "/RECORD.p7s")


class _ForOneInterpreter(Exception):  # noqa: N818 - no error: what was built belongs to another address
    """A wheel that is not pure was built, and is kept at its own address."""

    def __init__(self, kept: Built, *, built_now: bool) -> None:
        super().__init__()
        self.kept = kept
        self.built_now = built_now


def provide(
    provider: Provider,
    processes: Processes,
    *,
    package: Package,
    found: Sources,
    spec: EnvironmentSpec,
) -> Built:
    """Return the package's wheel, the one file of a built tree; `spec` is the build environment.

    Hold `Store.using` for both `addresses` around this call and the use of what it returns.
    """
    began = provider.clock.monotonic()
    shared, own = addresses(package, found, spec)
    store = provider.store
    built, built_now = store.find(shared) or store.find(own), False
    if built is None:
        built, built_now = _build(provider, processes, package=package, found=found, spec=spec)
    name = package.name or BUILD_ENVIRONMENT
    say(provider, spec, name=name, layer="wheel", key=built.receipt.key, reused=not built_now, began=began)
    return built


def addresses(package: Package, found: Sources, spec: EnvironmentSpec) -> tuple[str, str]:
    """Return where a wheel lies if it is pure, and where if it is not."""
    pins = "\n".join(f"{file.package} {file.version} {file.sha256}" for file in spec.files)
    text = "\0".join((_FORMAT, sources.wheel_digest(found), package.backend, "\n".join(package.backend_path), pins))
    shared = hashlib.sha256(text.encode()).hexdigest()
    return shared, hashlib.sha256(f"{shared}\0{spec.key}".encode()).hexdigest()


def file_of(built: Built) -> Path:
    """Return the wheel file in a built tree."""
    (wheel,) = built.tree.glob("*.whl")
    return wheel


def is_pure(name: str) -> bool:
    """Say whether a wheel with this file name is for any interpreter's ABI and any platform."""
    return name.endswith("-none-any.whl")


def content(wheel: Path) -> str:
    """Return the hex sha256 over names, executable bits and contents of what a wheel holds, without its own record."""
    folded = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive:
        for item in sorted(archive.infolist(), key=lambda item: item.filename):
            if not item.is_dir() and not item.filename.endswith(_NO_CONTENT):
                runs = bool(item.external_attr >> 16 & S_IXUSR)
                digest = hashlib.sha256(archive.read(item)).hexdigest()
                folded.update(f"{item.filename}\0{runs:d}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return folded.hexdigest()


def differences(wheel: Path, installed: Mapping[str, Entry]) -> tuple[str, ...]:
    """Return the files of a wheel that are not `installed` (entries of a site-packages) as the wheel has them.

    Installers rewrite scripts and their own record, so only what goes to site-packages unchanged is compared.
    """
    changed = []
    with zipfile.ZipFile(wheel) as archive:
        for item in archive.infolist():
            path = _BELOW_SITE.sub("", item.filename)
            if item.is_dir() or item.filename.endswith(_NO_CONTENT) or _DATA.match(path):
                continue
            entry = installed.get(path)
            if entry is None or entry.sha256 != hashlib.sha256(archive.read(item)).hexdigest():
                changed.append(path)
    return tuple(sorted(changed))


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent` that is removed in the end."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="hermes-build-", dir=parent))
    try:
        yield folder
    finally:
        files.remove_tree(folder)


def beside(tree: Path) -> Path:
    """Return the folder of the store that a tree is being built in, for files that are needed meanwhile.

    It lies outside of what is published, and what a killed build leaves there is removed by a later one.
    """
    return tree.parents[1]


@contextmanager
def build_backend(
    provider: Provider,
    processes: Processes,
    *,
    package: Package,
    spec: EnvironmentSpec,
    source: Path,
    folder: Path,
) -> Iterator[Backend]:
    """Yield the backend in its build environment, which is built if need be and in use meanwhile."""
    with provider.store.using(spec.address):
        built = environments.provide(provider, spec, layer="build")
        try:
            yield Backend(
                processes=processes,
                package=package,
                source=source,
                tree=built.tree,
                # A backend that lies in the sources is compiled anew for each copy of them: nothing to be kept.
                bytecode=folder / "bytecode" if package.backend_path else built.bytecode,
                work=folder,
                markers=spec.interpreter.markers,
            )
        finally:
            built.mend_bytecode()


def say(
    provider: Provider,
    spec: EnvironmentSpec,
    *,
    name: str,
    layer: Literal["overlay", "wheel"],
    key: str,
    reused: bool,
    began: float,
) -> None:
    """Tell that a wheel (by the package's name) or an overlay (by its environment's) is there."""
    provider.emit(
        EnvironmentReady(
            environment=name,
            python=spec.python,
            how="reused" if reused else "built",
            layer=layer,
            key=key,
            record="none",
            seconds=provider.clock.monotonic() - began,
        )
    )


def _build(
    provider: Provider, processes: Processes, *, package: Package, found: Sources, spec: EnvironmentSpec
) -> tuple[Built, bool]:
    shared, own = addresses(package, found, spec)
    store = provider.store

    def populate(tree: Path) -> None:
        # Another process may have built it under the other address while this one waited for the lock.
        kept = store.find(own)
        if kept is not None:
            raise _ForOneInterpreter(kept, built_now=False)
        with scratch(beside(tree)) as folder:
            source = folder / "source"
            sources.copy(found, source)
            with build_backend(
                provider, processes, package=package, spec=spec, source=source, folder=folder / "work"
            ) as caller:
                wheel = backend.build(caller, "wheel", folder / "wheel")
            if not is_pure(wheel.name):
                place, describe = _placer(wheel), _describer(provider, package, spec, own)
                kept, built_now = store.get_or_build(own, place, describe)
                raise _ForOneInterpreter(kept, built_now=built_now)
            _placer(wheel)(tree)

    try:
        return store.get_or_build(shared, populate, _describer(provider, package, spec, shared))
    except _ForOneInterpreter as elsewhere:
        return elsewhere.kept, elsewhere.built_now


def _placer(wheel: Path) -> Callable[[Path], None]:
    def place(tree: Path) -> None:
        shutil.copyfile(wheel, tree / wheel.name)

    return place


def _describer(
    provider: Provider, package: Package, spec: EnvironmentSpec, address: str
) -> Callable[[Path, tuple[Entry, ...]], Receipt]:
    def describe(tree: Path, entries: tuple[Entry, ...]) -> Receipt:
        (wheel,) = tree.glob("*.whl")
        return Receipt(
            format=RECEIPT_FORMAT,
            address=address,
            key=address,
            kind="wheel",
            name=package.name or wheel.name.split("-", maxsplit=1)[0],
            python="" if is_pure(wheel.name) else spec.python,
            interpreter_path="" if is_pure(wheel.name) else spec.interpreter.path,
            created=provider.clock.now(),
            ingredients=(("wheel", wheel.name), ("build environment", spec.key)),
            installed=(),
            content=content(wheel),
            entries=tuple(replace(entry, owner="wheel") for entry in entries),
        )

    return describe
