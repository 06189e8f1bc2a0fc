"""Project, lock, interpreters and selection become a Plan: jobs in order, their environments, what is skipped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hermes.errors import UsageError
from hermes.model.interpreter import Interpreter
from hermes.model.lock import Lock
from hermes.model.plan import EnvironmentSpec, Job, Plan, Skip
from hermes.model.project import BUILD_ENVIRONMENT, Project, Session
from hermes.model.request import parse_request
from hermes.plan import files, fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A session with the interpreter requests that are asked of it."""

    session: Session
    python: tuple[str, ...]


def order(project: Project, selected: Sequence[Selected]) -> list[Selected]:
    """Return the selection as it is to run: what has no gate first, then layer by layer, else as in the envfile."""
    ranks = {layer: rank for rank, layer in enumerate(project.layers)}
    return sorted(selected, key=lambda item: ranks.get(item.session.layer or "", -1))


def make(
    project: Project,
    lock: Lock,
    selected: Sequence[Selected],
    *,
    interpreters: Mapping[str, Interpreter],
    missing: Mapping[str, str],
    system: str,
    overlays: bool = True,
) -> Plan:
    """Return the plan of a run.

    `interpreters` and `missing` (request -> reason) together hold every request of the sessions that run on `system`:
    "linux", "macos" or "windows". Without `overlays` no build environments are planned. A session runs once on an
    interpreter that several of its requests find. Raises ProvisionError where a locked package has no file for an
    interpreter.
    """
    specs: dict[tuple[str, str], EnvironmentSpec] = {}
    jobs: list[Job] = []
    skipped: list[Skip] = []
    taken: dict[str, dict[str, str]] = {}
    specify = _specifier(lock, interpreters, specs)
    for item in order(project, selected):
        session = item.session
        environment = project.environments[session.environment]
        for python in item.python:
            reason = _skip_reason(session, python, missing, system)
            if reason:
                skipped.append(Skip(id=f"{session.name}-{python}", session=session.name, python=python, reason=reason))
                continue
            packaged = overlays and environment.package != "none" and project.package is not None
            name = _name(session, python, interpreters[python], taken.setdefault(session.name, {}))
            if name is None:
                continue
            jobs.append(
                Job(
                    id=f"{session.name}-{name}",
                    session=session,
                    python=name,
                    package=environment.package if packaged else "none",
                    environment=specify(environment.name, python),
                    build=specify(BUILD_ENVIRONMENT, python) if packaged else None,
                )
            )
    return Plan(jobs=tuple(jobs), skipped=tuple(skipped), environments=specs, layers=project.layers)


def runs_on(session: Session, system: str) -> bool:
    """Tell whether a session runs on a system: "linux", "macos" or "windows"."""
    return not session.only_on or system in session.only_on


def label(request: str, interpreter: Interpreter) -> str:
    """Return the name of a request in job names: itself, or for a range or a path the version that was found."""
    if parse_request(request).kind in {"version", "exact"}:
        return request
    return interpreter.minor + ("t" if interpreter.free_threaded else "")


def specify(lock: Lock, environment: str, python: str, interpreter: Interpreter) -> EnvironmentSpec:
    """Return one environment on one interpreter, with its key and its place in the store."""
    chosen = files.choose(lock, environment, interpreter)
    key = fingerprint.key(interpreter, chosen)
    return EnvironmentSpec(
        name=environment,
        python=label(python, interpreter),
        interpreter=interpreter,
        files=chosen,
        key=key,
        address=fingerprint.address(key, interpreter),
    )


def _specifier(
    lock: Lock, interpreters: Mapping[str, Interpreter], specs: dict[tuple[str, str], EnvironmentSpec]
) -> Callable[[str, str], tuple[str, str]]:
    def add(environment: str, python: str) -> tuple[str, str]:
        if (environment, python) not in specs:
            specs[environment, python] = specify(lock, environment, python, interpreters[python])
        return environment, python

    return add


def _name(session: Session, python: str, interpreter: Interpreter, taken: dict[str, str]) -> str | None:
    """Return the name of a Python in the ids of a session's jobs, None where that interpreter has one already.

    `taken` has the interpreters of the session by their names, and gets this one. Raises UsageError where two
    interpreters of one version cannot be told apart by name.
    """
    if interpreter.real_path in taken.values():
        return None
    for name in (label(python, interpreter), interpreter.version):
        if name not in taken:
            taken[name] = interpreter.real_path
            return name
    raise UsageError(
        f"{session.where}: python: {python} is one more Python {interpreter.version}: {interpreter.real_path}, "
        f"besides {taken[interpreter.version]}",
        hint="let two sessions have them",
    )


def _skip_reason(session: Session, python: str, missing: Mapping[str, str], system: str) -> str | None:
    if not runs_on(session, system):
        return f"only on {', '.join(session.only_on)}; this is {system}"
    return missing.get(python)
