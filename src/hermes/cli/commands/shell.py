"""`hermes shell`: the user's shell in an environment."""

import argparse

from hermes.cli import inside
from hermes.cli.app import App
from hermes.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes shell` takes."""
    inside.add_environment(parser)


def run(app: App, arguments: argparse.Namespace) -> int:
    """Run $SHELL (else sh) and return its exit status."""
    if app.options.posargs:
        raise UsageError("a shell takes no words after --", hint="`hermes exec` runs one command")
    return inside.run(app, arguments, [app.environ.get("SHELL") or "sh"])
