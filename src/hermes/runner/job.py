"""One job: its environment and overlay, its folders and variables, its commands one after another."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from hermes.envfile import substitute
from hermes.errors import DriftError, HermesError, Interrupted, Terminated, UsageError
from hermes.model.event import BytecodeRemoved, CommandFinished, Event, JobStarted, Status, Waiting
from hermes.model.lock import LockedMetadata
from hermes.model.plan import Job, Plan
from hermes.model.project import Project
from hermes.model.receipt import Difference
from hermes.report import drift
from hermes.report import run as report
from hermes.runner import environments, isolation, overlay, startup
from hermes.runner.environments import Provider
from hermes.runner.execute import Outcome
from hermes.store import check, manifest
from hermes.store.store import Built
from hermes.system import filelock
from hermes.system.clock import Clock
from hermes.system.processes import Processes

_SHORT = 8
"""Hex digits of the name of a job's temporary folder: pytest appends 60 characters, and a socket's path has 108."""

UNCALLABLE = "a command begins with a program that it cannot call:"
"""What stands above the lines of `isolation.program_problems`."""

_ALONE_TIMEOUT = 3600.0
"""Seconds to wait while another hermes runs the same job in the same checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every job of a run needs beside itself.

    `stdout` is where commands write where standard output is not theirs; `rebuilt` is what this run has built anew.
    """

    project: Project
    provider: Provider
    processes: Processes
    clock: Clock
    caller: Mapping[str, str]
    cache: Path
    metadata: LockedMetadata | None = None
    rebuild: bool = False
    posargs: tuple[str, ...] = ()
    stdout: int | None = None
    rebuilt: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def emit(self) -> Callable[[Event], None]:
        """Where events go."""
        return self.provider.emit


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a job runs: the tree whose programs it gets, and every built tree that it depends on."""

    tree: Path
    bytecode: Path
    trees: tuple[Built, ...]


def run(job: Job, plan: Plan, workshop: Workshop) -> Outcome:
    """Run a job and return how it ended.

    Raises HermesError where its environment cannot be had or its commands cannot be run at all.
    """
    began = workshop.clock.monotonic()
    with ExitStack() as held:
        place = provide(job, plan, workshop, held)
        held.enter_context(_alone(job, workshop))
        with ThreadPoolExecutor(max_workers=1) as beside:
            checked = beside.submit(_check, place)
            try:
                outcome = _run_commands(job, place, workshop)
            except Interrupted:
                raise
            except HermesError:
                # A program that is not there may have been taken away: that is drift, and no mistake of the envfile's.
                _judge(job, place, checked, workshop.emit)
                raise
            _judge(job, place, checked, workshop.emit)
    seconds = workshop.clock.monotonic() - began
    return Outcome(status=outcome.status, reason=outcome.reason, exit_status=outcome.exit_status, seconds=seconds)


def provide(job: Job, plan: Plan, workshop: Workshop, held: ExitStack) -> Place:
    """Return where a job runs, built as far as it was not there; in use until `held` is closed."""
    spec = plan.environments[job.environment]
    provider = workshop.provider
    if _first_time(workshop, *job.environment):
        environments.rebuild(provider, spec)
    held.enter_context(provider.store.using(spec.address))
    built = environments.provide(provider, spec)
    held.callback(built.mend_bytecode)
    if job.build is None or job.package == "none" or workshop.project.package is None:
        return Place(tree=built.tree, bytecode=built.bytecode, trees=(built,))
    top = overlay.provide(
        overlay.Context(
            provider=provider,
            processes=workshop.processes,
            project=workshop.project,
            cache=workshop.cache,
            environ=workshop.caller,
            metadata=workshop.metadata,
            held=held,
        ),
        environment=built,
        spec=spec,
        build=plan.environments[job.build],
        mode=job.package,
        rebuild=_first_time(workshop, *job.environment, job.package),
    )
    return Place(tree=top.tree, bytecode=built.bytecode, trees=(built, top))


def _first_time(workshop: Workshop, *what: str) -> bool:
    """Tell whether something is to be built anew and was not yet in this run."""
    first = workshop.rebuild and what not in workshop.rebuilt
    workshop.rebuilt.add(what)
    return first


def folders_of(cache: Path, project: Project, session: str, python: str) -> isolation.JobFolders:
    """Return the folders of a job: one set per checkout, session and Python."""
    base = _session_folder(cache, project, session) / _plain(python)
    short = cache / "tmp" / sha256(os.fsencode(base)).hexdigest()[:_SHORT]
    return isolation.JobFolders(base=base, short=short)


def variables(job: Job, place: Place, workshop: Workshop, folders: isolation.JobFolders) -> dict[str, str]:
    """Return a job's environment variables."""
    base = _base(job, place, workshop, folders)
    return isolation.job_environment(job.session, base, values(job, place, workshop, folders, base))


def _alone(job: Job, workshop: Workshop) -> AbstractContextManager[None]:
    """Keep another hermes from emptying the folders of this job while it runs in the same checkout."""
    base = folders_of(workshop.cache, workshop.project, job.session.name, job.python).base
    base.parent.mkdir(parents=True, exist_ok=True)
    return filelock.exclusive(
        base.with_name(f"{base.name}.lock"),
        timeout=_ALONE_TIMEOUT,
        what=f"running {job.id}",
        waiting=lambda sentence: workshop.emit(Waiting(job=job.id, reason=sentence)),
    )


def _run_commands(job: Job, place: Place, workshop: Workshop) -> Outcome:
    session = job.session
    folders = folders_of(workshop.cache, workshop.project, session.name, job.python)
    path = workshop.caller.get("PATH", "")
    isolation.prepare_folders(session, folders, path=path, caches=workshop.cache / "caches")
    environment = variables(job, place, workshop, folders)
    known = values(job, place, workshop, folders, environment)
    commands = [
        ["sh", "-c", substitute.expand_shell(command.shell, known)]
        if command.shell is not None
        else substitute.expand_words(command.words, known)
        for command in session.run
    ]
    root = Path(workshop.project.root)
    reach = isolation.Reach(
        project=root,
        folders=(place.tree, folders.base, folders.short),
        path=path,
        provided=lambda name: os.access(startup.programs(place.tree) / name, os.X_OK),
    )
    problems = isolation.program_problems(session, zip(session.run, commands, strict=True), reach)
    if problems:
        raise UsageError("\n".join((UNCALLABLE, *problems)))
    workshop.emit(JobStarted(job=job.id, time=workshop.clock.now()))
    for command, argv in zip(session.run, commands, strict=True):
        finished = workshop.processes.foreground(
            argv,
            env=environment,
            cwd=root / session.directory,
            umask=isolation.UMASK if session.isolation == "env" else None,
            stdout=workshop.stdout,
        )
        said = CommandFinished(
            job=job.id,
            argv=tuple(argv),
            status=finished.status,
            ignored=command.ignore_failure,
            seconds=finished.seconds,
        )
        workshop.emit(said)
        if finished.terminated:
            raise Terminated("terminated while it ran")
        if finished.interrupted:
            raise Interrupted("interrupted while it ran")
        if finished.status != 0 and not command.ignore_failure:
            return Outcome(status=Status.FAILED, reason=report.why(said), exit_status=1)
    return Outcome(status=Status.PASSED)


def _base(job: Job, place: Place, workshop: Workshop, folders: isolation.JobFolders) -> dict[str, str]:
    return isolation.base_environment(
        job.session,
        job=job.id,
        caller=workshop.caller,
        folders=folders,
        tree=place.tree,
        bytecode=place.bytecode,
    )


def values(
    job: Job, place: Place, workshop: Workshop, folders: isolation.JobFolders, environment: Mapping[str, str]
) -> substitute.Values:
    """Return what stands for the names of substitutions in a job's commands."""
    return substitute.Values(
        posargs=workshop.posargs,
        project=workshop.project.root,
        tmp=str(folders.tmp),
        outputs=str(folders.outputs),
        session_outputs={name: _outputs(workshop, name) for name in workshop.project.sessions},
        python=str(startup.python(place.tree)),
        python_version=job.python,
        env=environment,
    )


def _outputs(workshop: Workshop, session: str) -> tuple[str, ...]:
    """Return the outputs of every job of a session that has run, sorted."""
    folder = _session_folder(workshop.cache, workshop.project, session)
    return tuple(sorted(str(path) for path in folder.glob("*/outputs")))


def _session_folder(cache: Path, project: Project, session: str) -> Path:
    root = project.root.encode("utf-8", "surrogateescape")
    return cache / "work" / sha256(root).hexdigest()[:12] / _plain(session)


def _plain(name: str) -> str:
    return "".join(character if character.isalnum() or character in "._-" else "_" for character in name)


def _check(place: Place) -> tuple[Difference, ...]:
    return tuple(difference for built in place.trees for difference in check.quick(built.tree, built.receipt))


def _judge(job: Job, place: Place, checked: "Future[tuple[Difference, ...]]", emit: Callable[[Event], None]) -> None:
    """Raise DriftError for what the quick check found; bytecode is removed and named instead."""
    differences = check.drift(checked.result())
    if len(differences) < len(checked.result()):
        removed = tuple(path for built in place.trees for path in manifest.remove_bytecode(built.tree))
        emit(BytecodeRemoved(job=job.id, paths=removed))
    if differences:
        raise DriftError(
            f"the environment of {job.id} was changed after it was built:\n{drift.describe_differences(differences)}",
            hint="`hermes verify` reads every byte; `hermes run --rebuild` builds it anew",
        )
