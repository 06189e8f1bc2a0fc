"""`hermes store`: list, find, clean and verify the environments that all projects share."""

import argparse
import json
from collections.abc import Iterable

from hermes.cli import arguments, inside
from hermes.cli.app import App
from hermes.cli.commands import verify
from hermes.errors import ProvisionError, UsageError
from hermes.report import store as report
from hermes.store.store import Stored

_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes store` takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="list what is stored")
    folder = actions.add_parser("dir", help="print a stable path of an environment, built if need be")
    inside.add_environment(folder)
    collect = actions.add_parser("gc", help="remove what was not used for long; never what a running job uses")
    collect.add_argument("--max-age", type=float, default=30.0, metavar="DAYS", help="unused for longer (default: 30)")
    collect.add_argument("--max-size", metavar="SIZE", help="least recently used first, until this is left (20G, 500M)")
    actions.add_parser("verify", help="read every byte of everything in the store")
    clear = actions.add_parser("clear", help="remove every environment (the wheel cache stays)")
    clear.add_argument("--wheels", action="store_true", help="the wheel cache and its records too")
    for action in actions.choices.values():
        arguments.add_common(action)


def run(app: App, parsed: argparse.Namespace) -> int:
    """Do what was asked of the store."""
    match parsed.action:
        case "list":
            items = _items(app.store.entries())
            if app.options.json:
                app.out(json.dumps(report.as_json(items), indent=2))
            else:
                app.out(report.table(items, now=app.clock.now()))
        case "dir":
            with inside.entered(app, parsed.environment, parsed.python) as (item, place, _):
                path = str(inside.stable_link(app, item, place))
            app.out(json.dumps({"format": "hermes-store-dir-1", "path": path}) if app.options.json else path)
        case "gc":
            size = _size(parsed.max_size) if parsed.max_size is not None else None
            _say_removed(app, app.store.collect(max_age_days=parsed.max_age, max_bytes=size))
        case "verify":
            return verify.run(app, argparse.Namespace(all=True))
        case _:
            return _clear(app, wheels=parsed.wheels)
    return 0


def _items(stored: Iterable[Stored]) -> list[report.Item]:
    return [report.Item(receipt=item.built.receipt, size=item.size, last_used=item.last_used) for item in stored]


def _say_removed(app: App, stored: Iterable[Stored]) -> None:
    items = _items(stored)
    app.out(json.dumps(report.removed_as_json(items), indent=2) if app.options.json else report.removed(items))


def _clear(app: App, *, wheels: bool) -> int:
    before = app.store.entries()
    left = set(app.store.clear())
    _say_removed(app, [item for item in before if item.address not in left])
    if wheels:
        app.clear_wheels()
    if left:
        said = (
            "1 environment is in use and stays" if len(left) == 1 else f"{len(left)} environments are in use and stay"
        )
        raise ProvisionError(said, hint="run it again when the jobs that use them have ended")
    return 0


def _size(text: str) -> int:
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].upper() in _UNITS else (text, "")
    try:
        return int(float(number) * _UNITS.get(unit, 1))
    except (ValueError, OverflowError):
        raise UsageError(f"--max-size {text}: expected a size such as 20G or 500M") from None
