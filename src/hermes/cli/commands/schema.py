"""`hermes schema`: the JSON schema of the envfile, for editors."""

import argparse
import json

from hermes.cli.app import App
from hermes.envfile import schema


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes schema` takes: nothing."""


def run(app: App, _: argparse.Namespace) -> int:
    """Print the schema."""
    app.out(json.dumps(schema.schema(), indent=2))
    return 0
