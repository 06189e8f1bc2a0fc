"""What a run prints: a line as things happen, full texts of errors, the summary or JSON at the end."""

import json
from collections.abc import Sequence

from hermes.cli.app import App
from hermes.model.event import EnvironmentReady, Event
from hermes.model.project import Session
from hermes.model.record import RunRecord
from hermes.report import run as report


def show(app: App, event: Event) -> None:
    """Print what a person should know when something happens."""
    if app.options.quiet and isinstance(event, EnvironmentReady):
        return
    text = report.line(event, app.style(error=app.options.json), verbose=app.options.verbose)
    if text is not None:
        app.say(text)


def show_on_error(app: App, event: Event) -> None:
    """Print the same on standard error, where standard output is the result of a command."""
    text = report.line(event, app.style(error=True), verbose=app.options.verbose)
    if text is not None:
        app.note(text.removeprefix("hermes: "))


def finish(app: App, record: RunRecord, sessions: Sequence[Session]) -> None:
    """Print the end of a run."""
    if app.options.json:
        app.out(json.dumps(report.as_json(record), indent=2))
        return
    private = any(session.isolation == "env" for session in sessions)
    app.out(report.summary(record, app.style(), private_home=private))
