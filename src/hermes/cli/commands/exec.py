"""`hermes exec`: one command in an environment, with the caller's variables and the real terminal."""

import argparse
from collections.abc import Sequence

from hermes.cli import inside
from hermes.cli.app import App
from hermes.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes exec` takes."""
    inside.add_environment(parser)
    parser.epilog = "The command stands after --: hermes exec test -- python -V"


def run(app: App, arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    words: Sequence[str] = app.options.posargs or ()
    if not words:
        raise UsageError("no command was given", hint=f"hermes exec {arguments.environment} -- python -V")
    return inside.run(app, arguments, words)
