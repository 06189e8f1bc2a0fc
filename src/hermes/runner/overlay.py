"""The package under test, as `editable` or `wheel`, on top of a shared environment that it leaves as it is.

An overlay is a small environment of its own: the package, and start-up files that add the shared environment's
site-packages after its own. It lies in the store, at an address made of the environment's, and of what the package's
installation depends on: a wheel's contents; or a checkout's path and what an editable install is made of.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from email.parser import Parser
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from hermes.errors import InstallationError, LockError, ProvisionError
from hermes.model.lock import LockedMetadata
from hermes.model.plan import EnvironmentSpec
from hermes.model.project import Package, Project
from hermes.model.receipt import Entry, Receipt
from hermes.runner import backend, editable, sources, stacking, startup, wheels
from hermes.runner.environments import Provider
from hermes.runner.sources import Sources
from hermes.store import manifest, normalform, skeleton
from hermes.store.layout import RECEIPT_FORMAT
from hermes.store.store import Built
from hermes.system import filelock
from hermes.system.processes import Processes
from hermes.uv import install

_FORMAT = "hermes-overlay-1"
_OWNER = "overlay"

_EDITABLE_TIMEOUT = 900.0
"""Seconds to wait while another hermes calls the build backend in the same checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What overlays are made with; `cache` is hermes's cache root, `environ` are the caller's variables.

    `metadata` is what the lock has of the build backend's answers. An overlay is in use, and cannot be collected, until
    `held` is closed; without it only while it is being built.
    """

    provider: Provider
    processes: Processes
    project: Project
    cache: Path
    environ: Mapping[str, str]
    metadata: LockedMetadata | None = None
    held: ExitStack | None = None

    @property
    def work(self) -> Path:
        """The folder of this checkout in the cache."""
        root = self.project.root.encode("utf-8", "surrogateescape")
        return self.cache / "work" / hashlib.sha256(root).hexdigest()[:12]

    @property
    def package(self) -> Package:
        """The package under test."""
        if self.project.package is None:
            raise ProvisionError(f"{self.project.root} has no package that could be installed")
        return self.project.package


@dataclass(frozen=True, slots=True, kw_only=True)
class _Below:
    """What an overlay stands on: the shared environment with what it is made of, and what builds the package."""

    environment: Built
    spec: EnvironmentSpec
    build: EnvironmentSpec


def provide(
    context: Context,
    *,
    environment: Built,
    spec: EnvironmentSpec,
    build: EnvironmentSpec,
    mode: Literal["editable", "wheel"],
    rebuild: bool = False,
) -> Built:
    """Return the overlay for a built environment, from the store or built now.

    `spec` is the environment's, `build` that of the environment that builds the package. Hold `Store.using` for the
    environment around this call. Raises InstallationError where the package cannot be built, LockError where it asks
    for other dependencies than the lock has.
    """
    top = _found_or_built(context, _Below(environment=environment, spec=spec, build=build), mode, rebuild=rebuild)
    _hold_against_lock(context, top)
    return top


def _found_or_built(context: Context, below: _Below, mode: Literal["editable", "wheel"], *, rebuild: bool) -> Built:
    package = context.package
    root = Path(context.project.root)
    found = sources.find(root, package, processes=context.processes, path=context.environ.get("PATH", ""))
    environment, build = below.environment, below.build
    if mode == "editable":
        return _editable(context, found, below, rebuild=rebuild)
    provider = context.provider
    addresses = wheels.addresses(package, found, build)
    if rebuild:
        for address in addresses:
            provider.store.remove(address)
    with ExitStack() as held:
        for address in addresses:
            held.enter_context(provider.store.using(address))
        wheel = wheels.provide(provider, context.processes, package=package, found=found, spec=build)
        parts = (environment.receipt.address, mode, wheel.receipt.content)
        return _overlay(context, below, parts, lambda tree: _install(provider, tree, wheels.file_of(wheel)), rebuild)


def _editable(context: Context, found: Sources, below: _Below, *, rebuild: bool) -> Built:
    provider, package = context.provider, context.package
    digest = editable.digest(found, backend_path=package.backend_path)
    parts = (below.environment.receipt.address, "editable", str(found.root), digest, below.build.key)

    def add_package(tree: Path) -> None:
        # Backends write beside the sources (setuptools its egg-info): one at a time in a checkout.
        lock = context.work / "editable.lock"
        context.work.mkdir(parents=True, exist_ok=True)
        with (
            filelock.exclusive(lock, timeout=_EDITABLE_TIMEOUT, what=f"building {found.root} as editable"),
            wheels.scratch(wheels.beside(tree)) as folder,
            wheels.build_backend(
                provider,
                context.processes,
                package=package,
                spec=below.build,
                source=found.root,
                folder=folder / "work",
            ) as caller,
        ):
            _install(provider, tree, backend.build(caller, "editable", folder / "wheel"))

    return _overlay(context, below, parts, add_package, rebuild)


def _overlay(
    context: Context, below: _Below, parts: tuple[str, ...], add_package: Callable[[Path], None], rebuild: bool
) -> Built:
    provider, environment, spec = context.provider, below.environment, below.spec
    began = provider.clock.monotonic()
    address = hashlib.sha256("\0".join((_FORMAT, *parts)).encode("utf-8", "surrogateescape")).hexdigest()

    def populate(tree: Path) -> None:
        install.create(provider.uv, spec.interpreter, tree)
        add_package(tree)
        startup.write(tree, environment=environment.tree, bytecode=environment.bytecode)
        stacking.show(tree, environment.tree)

    def describe(_: Path, entries: tuple[Entry, ...]) -> Receipt:
        return Receipt(
            format=RECEIPT_FORMAT,
            address=address,
            key=spec.key,
            kind="overlay",
            name=spec.name,
            python=spec.python,
            interpreter_path=spec.interpreter.path,
            created=provider.clock.now(),
            ingredients=tuple(zip(("environment", "mode", "package", "state", "build"), parts, strict=False)),
            installed=(),
            content=address,
            entries=_owned(entries),
        )

    if rebuild:
        provider.store.remove(address)
    with ExitStack() as briefly:
        (context.held or briefly).enter_context(provider.store.using(address))
        built, built_now = provider.store.get_or_build(address, populate, describe)
    wheels.say(provider, spec, name=spec.name, layer="overlay", key=address, reused=not built_now, began=began)
    return built


def _install(provider: Provider, tree: Path, wheel: Path) -> None:
    """Install a wheel that was built here, and see that it is what comes out of the installer's cache."""
    install.install_wheel(provider.uv, tree, wheel)
    site = startup.site_packages(tree)
    installed = {entry.path: entry for entry in manifest.scan(site)}
    changed = wheels.differences(wheel, installed)
    if changed:
        raise InstallationError(
            f"{wheel.name} was not installed as it was built: {', '.join(changed)}",
            hint=f"the installer's unpacked copy was changed: remove {provider.uv.cache}, which is made again",
        )


def _hold_against_lock(context: Context, built: Built) -> None:
    """See that the package, as it was built, asks for what the lock has; only dynamic metadata can differ from it."""
    locked = context.metadata
    if locked is None or locked.requires_dist is None:
        return
    texts = [path.read_text("utf-8", "replace") for path in startup.site_packages(built.tree).glob("*-info/METADATA")]
    lines = [line for text in texts for line in Parser().parsestr(text, headersonly=True).get_all("Requires-Dist", [])]
    asked = {str(Requirement(line)) for line in lines}
    differing = sorted(asked ^ set(locked.requires_dist))
    if differing:
        raise LockError(
            "envfile.lock is stale: the package, as it is built now, has other dependencies than when it was locked: "
            + ", ".join(f"{text} is {'new' if text in asked else 'gone'}" for text in differing),
            hint="run `hermes lock`, which asks the build backend again",
        )


def _owned(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    where = normalform.find_scheme(entries)
    return tuple(
        replace(entry, owner=skeleton.OWNER if where and skeleton.owns(entry.path, where) else _OWNER)
        for entry in entries
    )
