"""`hermes run`: load, look at the lock, plan, execute, record, render."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from hermes import history
from hermes.cli import locking, output, selection
from hermes.cli.app import App
from hermes.envfile import substitute
from hermes.errors import ProvisionError, UsageError
from hermes.model.event import Event
from hermes.model.plan import Job, Plan
from hermes.model.project import Project, Session
from hermes.plan import jobs
from hermes.report import masking
from hermes.report import plan as plan_report
from hermes.runner import execute, isolation, job, preflight


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes run` takes."""
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help="session, layer, tag or glob; all by default")
    selection.add_python(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan, and why environments would be built")
    parser.add_argument("--rebuild", action="store_true", help="build environments anew and compare them")
    parser.epilog = "Words after -- replace {posargs} in the commands."


def run(app: App, arguments: argparse.Namespace) -> int:
    """Run the selected sessions and return the run's exit status."""
    project = app.project
    _check_declared(project)
    sessions = selection.sessions(project, arguments.sessions)
    _check(app, sessions)
    lock = locking.for_run(app)
    plan = selection.plan(app, lock, sessions, arguments)
    if arguments.dry_run:
        _show_plan(app, plan)
        return 0
    events: list[Event] = []
    hidden = [app.environ.get(name, "") for name in masking.names(sessions)]

    def emit(event: Event) -> None:
        said = masking.masked(event, hidden)
        events.append(said)
        output.show(app, said)

    workshop = job.Workshop(
        project=project,
        provider=app.provider(emit),
        processes=app.processes,
        clock=app.clock,
        caller=app.environ,
        cache=app.cache,
        metadata=lock.metadata,
        rebuild=arguments.rebuild,
        posargs=app.options.posargs or (),
        stdout=sys.stderr.fileno() if app.options.json else None,
    )
    problems = preflight.program_problems(plan, workshop)
    if problems:
        raise UsageError(masking.hide("\n".join((job.UNCALLABLE, *problems)), hidden))

    def run_job(item: Job) -> execute.Outcome:
        return job.run(item, plan, workshop)

    status = execute.execute(plan, run_job=run_job, emit=emit, clock=app.clock)
    output.finish(app, history.record_of(events), sessions)
    return status


def _check_declared(project: Project) -> None:
    if not project.sessions:
        raise UsageError(
            f"{project.envfile} declares no sessions, so there is nothing to run",
            hint='write one: [sessions.unit] with requirements = ["pytest"] and run = "pytest"',
        )


def _check(app: App, sessions: Sequence[Session]) -> None:
    """Raise for what is known to be wrong with the selected sessions before anything is locked, built or run."""
    _check_posargs(sessions, app.options.posargs)
    here = [session for session in sessions if jobs.runs_on(session, app.system)]
    problems = isolation.external_problems(here, app.environ.get("PATH", ""))
    if problems:
        raise ProvisionError("\n".join(problems), hint="install them, or take them out of `externals`")
    _check_folders(app.project, here)
    if app.options.verbose:
        _note_unset(app, here)


def _show_plan(app: App, plan: Plan) -> None:
    states = _states(app, plan)
    if app.options.json:
        app.out(json.dumps(plan_report.as_json(plan, states), indent=2))
    else:
        app.out(plan_report.dry_run(plan, states, app.style()))


def _states(app: App, plan: Plan) -> dict[str, str]:
    """Say why each environment of a plan would be built or reused, by store address."""
    return {
        spec.address: "reused: it is in the store"
        if app.store.find(spec.address)
        else "built: nothing in the store has this key on this interpreter"
        for spec in plan.environments.values()
    }


def _check_folders(project: Project, sessions: Iterable[Session]) -> None:
    """Raise UsageError where a session is to run in a folder that is not there."""
    missing = {
        str(session.directory_where or session.where): f"there is no folder {session.directory!r} in {project.root}"
        for session in sessions
        if not (Path(project.root) / session.directory).is_dir()
    }
    if missing:
        raise UsageError(
            "\n".join(f"{where}: {what}" for where, what in missing.items()),
            hint="make it, or correct `directory`, where the commands run",
        )


def _note_unset(app: App, sessions: Iterable[Session]) -> None:
    """Mention the variables that sessions pass by name and that the caller does not have."""
    for session in sessions:
        named = dict.fromkeys((*session.pass_env, *session.pass_env_unkeyed, *session.secrets))
        unset = [name for name in named if not {"*", "?"} & set(name) and name not in app.environ]
        if unset:
            app.note(f"session {session.name} passes {', '.join(unset)}: not set here")


def _check_posargs(sessions: Sequence[Session], posargs: tuple[str, ...] | None) -> None:
    if posargs and not any(substitute.takes_posargs(command) for session in sessions for command in session.run):
        raise UsageError(
            f"words were given after --, but {', '.join(session.name for session in sessions)} takes none",
            hint="put {posargs} into the command of the session that should get them",
        )
