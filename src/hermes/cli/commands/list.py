"""`hermes list`: the sessions, their jobs and their environments, without looking for interpreters."""

import argparse
import json

from hermes.cli import selection
from hermes.cli.app import App
from hermes.report import listing


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes list` takes."""
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help="session, layer, tag or glob; all by default")


def run(app: App, arguments: argparse.Namespace) -> int:
    """Print what can be run."""
    project = app.project
    words = arguments.sessions
    sessions = selection.sessions(project, words) if words else tuple(project.sessions.values())
    if app.options.json:
        app.out(json.dumps(listing.as_json(project, sessions), indent=2))
    else:
        app.out(listing.table(project, sessions, app.style()))
    return 0
