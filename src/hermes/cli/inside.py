"""An environment to be in: what exec, shell and `store dir` share."""

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from hermes.cli import locking, output
from hermes.cli.app import App, environment_of
from hermes.errors import HermesError, UsageError
from hermes.model.plan import Job, Plan
from hermes.model.project import Session
from hermes.plan import jobs, select
from hermes.runner import job

_NOT_EXECUTABLE = 126
_NOT_FOUND = 127
"""What a shell ends with where it cannot start a program."""


def add_environment(parser: argparse.ArgumentParser) -> None:
    """Declare which environment is meant."""
    parser.add_argument("environment", metavar="NAME", help="environment or session")
    parser.add_argument("-p", "--python", metavar="PYTHON", help="on this Python (default: the first that is declared)")


def run(app: App, arguments: argparse.Namespace, words: Sequence[str], *, remark: str | None = None) -> int:
    """Run a command in an environment, where the caller stands and with the caller's variables.

    `remark` is what a person should know before it starts.
    """
    with entered(app, arguments.environment, arguments.python) as (item, place, workshop):
        folders = job.folders_of(app.cache, app.project, item.session.name, item.python)
        environment = job.variables(item, place, workshop, folders)
        environment.pop("COVERAGE_FILE", None)
        if remark and not app.options.quiet:
            app.note(remark)
        try:
            finished = app.processes.foreground(list(words), env=environment, cwd=Path.cwd())
        except HermesError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            app.note("\nhermes: hint: ".join(filter(None, (f"error: {error.message}", error.hint))))
            return _NOT_FOUND if isinstance(error.__cause__, FileNotFoundError) else _NOT_EXECUTABLE
    return finished.status if finished.status >= 0 else 128 - finished.status


@contextmanager
def entered(app: App, name: str, python: str | None) -> Iterator[tuple[Job, job.Place, job.Workshop]]:
    """Yield a job without commands in an environment, built as far as it was not there, in use meanwhile."""
    item, plan = _job(app, name, python)
    workshop = job.Workshop(
        project=app.project,
        provider=app.provider(lambda event: None if app.options.quiet else output.show_on_error(app, event)),
        processes=app.processes,
        clock=app.clock,
        caller=app.environ,
        cache=app.cache,
    )
    with ExitStack() as held:
        yield item, job.provide(item, plan, workshop, held), workshop


def _job(app: App, name: str, python: str | None) -> tuple[Job, Plan]:
    project = app.project
    lock = locking.for_run(app)
    environment = project.environments[environment_of(project, name)]
    requests = select.narrow(environment.python, [python] if python else [])
    if not requests:
        raise UsageError(
            f"environments.{environment.name} is not for Python {python}",
            hint=f"it declares: {', '.join(environment.python)}",
        )
    found, missing = app.find_interpreters(requests[:1])
    session = Session(
        name=f"{environment.name}.exec",
        environment=environment.name,
        layer=None,
        python=requests[:1],
        run=(),
        env={},
        isolation="none",
        where=environment.where,
    )
    if name in project.sessions:
        session = replace(session, env=project.sessions[name].env)
    selected = [jobs.Selected(session=session, python=requests[:1])]
    plan = jobs.make(project, lock, selected, interpreters=found, missing=missing, system=app.system)
    return plan.jobs[0], plan


def stable_link(app: App, item: Job, place: job.Place) -> Path:
    """Point a path that never changes at the tree of an environment, and return it."""
    link = job.folders_of(app.cache, app.project, "environments", item.python).base / item.session.environment
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(place.tree, target_is_directory=True)
    fresh.replace(link)
    return link
