"""From words and `-p` to sessions, interpreters and a plan: what run, list, fingerprint and verify share."""

import argparse
from collections.abc import Sequence

from hermes.cli.app import App
from hermes.errors import UsageError
from hermes.model.lock import Lock
from hermes.model.plan import EnvironmentSpec, Plan
from hermes.model.project import Project, Session
from hermes.plan import jobs, select


def add_python(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose interpreters."""
    parser.add_argument("-p", "--python", action="append", default=[], metavar="PYTHON", help="only on this Python")
    parser.add_argument(
        "--missing-python",
        choices=("error", "skip"),
        default="error",
        help="what a Python that is not found means (default: error, exit status 5)",
    )


def sessions(project: Project, words: Sequence[str]) -> tuple[Session, ...]:
    """Return the sessions that the words select. Raises UsageError for a word that matches nothing."""
    return select.select(project, words)


def _check_each(chosen: Sequence[Session], wanted: Sequence[str], left: Sequence[str]) -> None:
    """Raise UsageError for a `-p` that no Python of the selected sessions answers, beside others that some do."""
    for want in wanted:
        if left and not select.narrow(left, [want]):
            declared = ", ".join(dict.fromkeys(request for session in chosen for request in session.python))
            raise UsageError(f"-p {want} leaves no Python of the selected sessions", hint=f"they declare: {declared}")


def plan(app: App, lock: Lock, chosen: Sequence[Session], arguments: argparse.Namespace) -> Plan:
    """Return the plan of the chosen sessions on the interpreters that `-p` leaves.

    Interpreters are looked for where a session can run here; one that is only for another system is skipped anyway.
    """
    selected = tuple(
        jobs.Selected(session=session, python=select.narrow(session.python, arguments.python)) for session in chosen
    )
    _check_each(chosen, arguments.python, [request for item in selected for request in item.python])
    requests = [request for item in selected if jobs.runs_on(item.session, app.system) for request in item.python]
    found, missing = app.find_interpreters(requests, allow_missing=arguments.missing_python == "skip")
    selected = tuple(
        jobs.Selected(
            session=item.session,
            python=tuple(
                request
                for request in item.python
                if request not in found
                or select.fits(
                    request,
                    arguments.python,
                    implementation=found[request].implementation,
                    version=found[request].version,
                    free_threaded=found[request].free_threaded,
                )
            ),
        )
        for item in selected
    )
    _check_narrowed(chosen, selected, arguments.python)
    return jobs.make(app.project, lock, selected, interpreters=found, missing=missing, system=app.system)


def environments(app: App, lock: Lock, words: Sequence[str], arguments: argparse.Namespace) -> list[EnvironmentSpec]:
    """Return the environments that words name (environments or sessions; all by default), on each interpreter."""
    project = app.project
    names = _environment_names(project, words)
    asked = [(name, request) for name in names for request in project.environments[name].python]
    asked = [(name, request) for name, request in asked if select.narrow([request], arguments.python)]
    found, missing = app.find_interpreters(
        [request for _, request in asked], allow_missing=arguments.missing_python == "skip"
    )
    for request, reason in missing.items():
        app.note(f"{reason}: Python {request} is left out")
    specs = []
    for name, request in asked:
        if request in found:
            interpreter = found[request]
            if select.fits(
                request,
                arguments.python,
                implementation=interpreter.implementation,
                version=interpreter.version,
                free_threaded=interpreter.free_threaded,
            ):
                specs.append(jobs.specify(lock, name, request, interpreter))
    if not specs and not missing and names:
        declared = ", ".join(dict.fromkeys(request for name in names for request in project.environments[name].python))
        raise UsageError(
            f"no environment is left by -p {' -p '.join(arguments.python)}", hint=f"they declare: {declared}"
        )
    return specs


def _environment_names(project: Project, words: Sequence[str]) -> list[str]:
    if not words:
        return list(project.environments)
    names: list[str] = []
    for word in words:
        if word in project.environments:
            names.append(word)
        else:
            names.extend(session.environment for session in select.select(project, [word], also=project.environments))
    return list(dict.fromkeys(names))


def _check_narrowed(chosen: Sequence[Session], selected: Sequence[jobs.Selected], wanted: Sequence[str]) -> None:
    if wanted and chosen and not any(item.python for item in selected):
        declared = ", ".join(dict.fromkeys(request for session in chosen for request in session.python))
        raise UsageError(
            f"-p {' -p '.join(wanted)} leaves no Python of the selected sessions",
            hint=f"they declare: {declared}",
        )
