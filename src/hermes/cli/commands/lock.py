"""`hermes lock`: make or mend the lock, or say whether it is fresh."""

import argparse
import json
from dataclasses import asdict

from hermes.cli import load, locking
from hermes.cli.app import App
from hermes.errors import LockError, UsageError
from hermes.lockfile import diff


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes lock` takes."""
    parser.add_argument("--check", action="store_true", help="say fresh or stale, with reasons")
    parser.add_argument("--upgrade", action="store_true", help="let every pin move")
    parser.add_argument(
        "--upgrade-package", action="append", default=[], metavar="NAME", help="let the pins of this package move"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would change and write nothing")
    parser.add_argument("--diff", action="store_true", help="show what changed as a table")


def run(app: App, arguments: argparse.Namespace) -> int:
    """Make, mend or check the lock and return the exit status."""
    if arguments.check:
        if arguments.upgrade or arguments.upgrade_package:
            raise UsageError("--check changes nothing, so it does not go with --upgrade")
        return _check(app)
    if app.options.locked and not arguments.dry_run:
        raise UsageError("--locked forbids writing the lock", hint="use `hermes lock --check` or --dry-run")
    made = locking.make(app, upgrade=arguments.upgrade, upgrade_packages=arguments.upgrade_package)
    changes = diff.diff(made.before, made.after)
    changed = locking.differs(app, made)
    if changed and not arguments.dry_run:
        locking.save(app, made)
    if app.options.json:
        app.out(
            json.dumps(
                {
                    "format": "hermes-lock-1",
                    "written": changed and not arguments.dry_run,
                    "changes": [asdict(change) for change in changes],
                },
                indent=2,
            )
        )
        return 0
    if arguments.diff or arguments.dry_run:
        app.out(diff.table(changes) if changes else "no pin changes")
    environments = len(made.after.environments)
    packages = len(made.after.packages)
    said = "is fresh" if not changed else "would be written" if arguments.dry_run else "written"
    app.say(f"hermes: {load.LOCK} {said}: {packages} packages in {environments} environments")
    return 0


def _check(app: App) -> int:
    lock = app.read_lock()
    state = locking.status(app.project, lock)
    if app.options.json:
        app.out(json.dumps({"format": "hermes-lock-check-1", "state": state.state, "reasons": list(state.reasons)}))
    elif state.state == "fresh":
        app.out(f"{load.LOCK} is fresh")
    else:
        app.out("\n".join([f"{load.LOCK} is {state.state}", *(f"  {reason}" for reason in state.reasons)]))
        app.note("run `hermes lock`")
    return 0 if state.state == "fresh" else LockError.exit_status
