"""Making, mending and demanding a lock: what `hermes lock` does, and a run that has none yet."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes.cli import load
from hermes.cli.app import App
from hermes.errors import LockError, ResolutionError, UsageError
from hermes.lockfile import read, record, write
from hermes.lockfile import status as lock_status
from hermes.model.interpreter import Interpreter
from hermes.model.lock import Lock, LockedMetadata, LockStatus, WantedEnvironment
from hermes.model.project import BUILD_ENVIRONMENT, Package, Project
from hermes.model.request import parse_request
from hermes.plan import jobs
from hermes.runner import environments, metadata
from hermes.system import environ, files
from hermes.uv import resolve

_ANY_PYTHON = ">=3.9"
"""What resolving can be done with where none of the project's Pythons is there."""

_ROUNDS = 3
"""How often a build backend is asked, each time with what it asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A lock that was made: what stood there before, what stands there now, and its text."""

    before: Lock | None
    after: Lock
    text: str


def status(project: Project, lock: Lock | None) -> LockStatus:
    """Say whether the lock answers what the project wants, with reasons; reads files of the project, nothing else."""
    digest = load.metadata_digest(project)
    return lock_status.status(
        load.wants(project, lock.metadata if lock else None),
        lock,
        metadata_digest=digest if _packaged(project) else None,
        metadata_files=project.package.metadata_files if project.package else (),
    )


def for_run(app: App) -> Lock:
    """Return a fresh lock, made now where there is none.

    Raises LockError where it is stale, or missing with --locked or in CI.
    """
    lock = app.read_lock()
    state = status(app.project, lock)
    if lock is not None and state.state == "fresh":
        return lock
    if state.state == "stale":
        reasons = "\n".join(f"  {reason}" for reason in state.reasons)
        raise LockError(f"{load.LOCK} is stale:\n{reasons}", hint="run `hermes lock`")
    if app.options.locked or environ.is_ci(app.environ):
        why = "--locked" if app.options.locked else "CI is set"
        raise LockError(f"there is no {load.LOCK}, and none is made because {why}", hint="run `hermes lock`, commit it")
    app.say(f"hermes: there is no {load.LOCK} yet; making one")
    made = make(app)
    save(app, made)
    return made.after


def differs(app: App, made: Made) -> bool:
    """Tell whether the lock that was made is not the one that stands there."""
    return files.read_text_or_none(app.lock_path) != made.text


def save(app: App, made: Made) -> None:
    """Write the lock that was made."""
    files.write_atomic(app.lock_path, made.text)


def make(app: App, *, upgrade: bool = False, upgrade_packages: Sequence[str] = ()) -> Made:
    """Resolve what the project wants, keeping the pins of the lock that is there, and return the new lock.

    A fresh lock is returned as it is. Raises ResolutionError in the user's terms.
    """
    project = app.project
    before, keep = _old(app.lock_path)
    fresh = before is not None and not upgrade and not upgrade_packages and status(project, before).state == "fresh"
    if before is not None and fresh and not _is_dynamic(project):
        return Made(before=before, after=before, text=write.dump(before))
    interpreter = _any_interpreter(app)
    answers = _answers(app, keep, interpreter, upgrade=upgrade)
    if before is not None and fresh and answers == before.metadata:
        return Made(before=before, after=before, text=write.dump(before))
    wanted = load.wants(project, answers)
    _check_names(wanted, keep, upgrade_packages)
    resolution = _resolve(app, wanted, keep, interpreter, upgrade=upgrade, upgrade_packages=frozenset(upgrade_packages))
    _check_pins(app, wanted, resolution)
    after = Lock(environments=resolution.environments, packages=resolution.packages, metadata=answers)
    if keep is not None:
        after = record.carry(keep, after)
    text = write.dump(after)
    return Made(before=before or keep, after=read.parse(text, file=load.LOCK), text=text)


def _check_names(wanted: Sequence[WantedEnvironment], keep: Lock | None, names: Sequence[str]) -> None:
    """Raise UsageError for a package that is to be upgraded and that nothing has or asks for."""
    known = {name for name, _ in keep.packages} if keep is not None else set()
    known |= {canonicalize_name(Requirement(asked.text).name) for item in wanted for asked in item.requirements}
    for name in names:
        if canonicalize_name(name) not in known:
            near = get_close_matches(canonicalize_name(name), known, n=1)
            raise UsageError(
                f"--upgrade-package {name}: no such package is locked or asked for",
                hint=f"did you mean {near[0]!r}?" if near else "`hermes lock --diff` shows what is locked",
            )


def _is_dynamic(project: Project) -> bool:
    return _packaged(project) and project.package is not None and not metadata.is_static(project.package)


def _check_pins(app: App, wanted: Sequence[WantedEnvironment], resolution: resolve.Resolution) -> None:
    """Say which options of pins files have no effect; raise LockError where pins do not answer what is asked."""
    for pins in load.pinned(app.project).values():
        for note in pins.notes:
            app.note(note)
    problems = [
        f"environments.{item.name}: {problem}"
        for item in wanted
        if item.pinned is not None
        for problem in lock_status.unanswered(item, resolution.environments[item.name].requires_python)
    ]
    if problems:
        raise LockError("\n".join(problems), hint="write the pins file anew from these requirements")


def _old(path: Path) -> tuple[Lock | None, Lock | None]:
    """Return the lock as it is (None where it is malformed), and what of it can be kept as pins."""
    text = files.read_text_or_none(path)
    if text is None:
        return None, None
    try:
        lock = read.parse(text, file=path.name)
    except LockError:
        return None, read.salvage(text)
    return lock, lock


def _packaged(project: Project) -> bool:
    return project.package is not None and any(
        environment.package != "none" for environment in project.environments.values()
    )


def _any_interpreter(app: App) -> Interpreter:
    """Return one interpreter of the project, the first that is there: resolving covers the whole range with any.

    Without a package that a build backend is asked about, it need not even be one of the project's.
    """
    requests = [request for environment in app.project.environments.values() for request in environment.python]
    if not requests:
        raise LockError("the envfile declares no environment, so there is nothing to lock")
    for download in (False, True):
        found, _ = app.find_interpreters(requests, allow_missing=True, download=download)
        for request in requests:
            if request in found:
                return found[request]
    if not _packaged(app.project):
        found, _ = app.find_interpreters([_ANY_PYTHON], allow_missing=True, download=False)
        if found:
            return found[_ANY_PYTHON]
    app.find_interpreters(requests, download=False)
    raise AssertionError("an error says where each was looked for")


def _answers(app: App, keep: Lock | None, interpreter: Interpreter, *, upgrade: bool) -> LockedMetadata | None:
    """Return what the build backend says of the package, asked anew where its files changed.

    One that gives dynamic metadata is always asked: it may read any file (`open("requirements.txt")` in a setup.py).
    """
    project = app.project
    digest = load.metadata_digest(project)
    if project.package is None or digest is None or not _packaged(project):
        return None
    known = keep.metadata if keep is not None else None
    if known is not None and known.digest == digest and not upgrade and not _is_dynamic(project):
        return known
    answers = LockedMetadata(digest=digest)
    for _ in range(_ROUNDS):
        answers = _ask(app, project.package, answers, keep, interpreter, upgrade=upgrade)
        if not metadata.unanswered(project.package, answers):
            return answers
    raise ResolutionError(
        f"{project.package.backend} asks for more build requirements each time it is given what it asked for",
        hint="add what it needs to [build-system] requires of pyproject.toml",
    )


def _ask(
    app: App,
    package: Package,
    answers: LockedMetadata,
    keep: Lock | None,
    interpreter: Interpreter,
    *,
    upgrade: bool,
) -> LockedMetadata:
    """Build what the backend is known to need and ask it."""
    build = [item for item in load.wants(app.project, answers) if item.name == BUILD_ENVIRONMENT]
    resolution = _resolve(app, build, keep, interpreter, upgrade=upgrade, upgrade_packages=frozenset())
    lock = Lock(environments=resolution.environments, packages=resolution.packages)
    spec = jobs.specify(lock, BUILD_ENVIRONMENT, interpreter.minor, interpreter)
    with app.store.using(spec.address):
        built = environments.provide(app.provider(lambda _: None), spec, layer="build")
        return metadata.ask(
            package,
            digest=answers.digest,
            root=Path(app.project.root),
            tree=built.tree,
            processes=app.processes,
            store=app.store,
            environ=app.environ,
            markers=interpreter.markers,
        )


def _resolve(
    app: App,
    wanted: Sequence[WantedEnvironment],
    keep: Lock | None,
    interpreter: Interpreter,
    *,
    upgrade: bool,
    upgrade_packages: frozenset[str],
) -> resolve.Resolution:
    paths = [request for item in wanted for request in item.python if parse_request(request).kind == "path"]
    found, _ = app.find_interpreters(paths) if paths else ({}, {})
    with tempfile.TemporaryDirectory(prefix="hermes-lock-") as folder:
        resolution = resolve.resolve(
            app.uv,
            wanted,
            preferences=keep,
            upgrade=upgrade,
            upgrade_packages=upgrade_packages,
            interpreter=interpreter,
            workdir=Path(folder),
            specifiers={request: f"=={python.minor}.*" for request, python in found.items()},
        )
    for warning in resolution.warnings:
        app.note(warning)
    return resolution
