"""`hermes shell`: the user's shell in an environment."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from hermes.cli import inside, shells
from hermes.cli.app import App, environment_of
from hermes.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes shell` takes."""
    inside.add_environment(parser)


def run(app: App, arguments: argparse.Namespace) -> int:
    """Run $SHELL (else sh) and return its exit status."""
    if app.options.posargs:
        raise UsageError("a shell takes no words after --", hint="`hermes exec` runs one command")
    environment = environment_of(app.project, arguments.environment)
    with TemporaryDirectory(prefix="hermes-shell-") as folder:
        start = shells.start(
            app.environ.get("SHELL") or "sh",
            environment=environment,
            folder=folder,
            zdotdir=app.environ.get("ZDOTDIR"),
        )
        for name, text in start.files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        remark = f"start-up files of {start.argv[0]} may put other folders before the environment's on PATH"
        return inside.run(app, arguments, start.argv, remark=None if start.certain else remark)
