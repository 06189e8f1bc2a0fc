"""`hermes fingerprint`: what determines each environment, as keys; and the record of what was really installed."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from hermes.cli import load, locking, output, selection
from hermes.cli.app import App
from hermes.errors import DriftError, UsageError
from hermes.lockfile import record, write
from hermes.model.lock import Lock
from hermes.model.plan import EnvironmentSpec
from hermes.plan import fingerprint
from hermes.report import fingerprint as report
from hermes.runner import environments
from hermes.store.store import Built
from hermes.system import files


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes fingerprint` takes."""
    parser.add_argument("environments", nargs="*", metavar="NAME", help="environment or session; all by default")
    selection.add_python(parser)
    parser.add_argument("--combined", action="store_true", help="print one digest over the selection")
    parser.add_argument("--explain", action="store_true", help="print the ingredients as a tree")
    parser.add_argument("--github-output", action="store_true", help="append key=… to the file $GITHUB_OUTPUT")
    parser.add_argument("--record", action="store_true", help="build what is missing and record content digests")
    parser.add_argument("--check", action="store_true", help="build what is missing and compare content digests")
    parser.add_argument("--require-record", action="store_true", help="what has no record is exit status 4")


def run(app: App, arguments: argparse.Namespace) -> int:
    """Print, record or check fingerprints and return the exit status."""
    if arguments.record and app.options.locked:
        raise UsageError("--record writes the lock, and --locked forbids that")
    lock = locking.for_run(app)
    specs = selection.environments(app, lock, arguments.environments, arguments)
    contents: dict[str, str] = {}
    if arguments.record or arguments.check:
        if arguments.record:
            specs = [report.without_contents(spec) for spec in specs]
        built = _build(app, specs)
        contents = {spec.address: item.receipt.content for spec, item in zip(specs, built, strict=True)}
        if arguments.record:
            specs = _record(app, lock, built, arguments)
    _require_record(arguments, specs)
    rows = [(spec.name, spec.python, spec.key) for spec in specs]
    combined = fingerprint.combined(rows)
    if arguments.github_output:
        _github_output(app, combined)
    if app.options.json:
        app.out(json.dumps(report.as_json(specs, combined, contents), indent=2))
    elif arguments.combined:
        app.out(combined)
    elif arguments.explain:
        app.out("\n".join(report.tree(spec, contents.get(spec.address)) for spec in specs))
    else:
        app.out("\n".join(" ".join(row) for row in rows))
    return 0


def _build(app: App, specs: Sequence[EnvironmentSpec]) -> list[Built]:
    provider = app.provider(lambda event: output.show_on_error(app, event))
    return [environments.provide(provider, spec) for spec in specs]


def _record(app: App, lock: Lock, built: Sequence[Built], arguments: argparse.Namespace) -> list[EnvironmentSpec]:
    """Write the contents of built environments into the lock and return the specs as they now are."""
    contents = {file.sha256: file.content for item in built for file in item.receipt.installed}
    recorded = record.with_contents(lock, contents)
    text = write.dump(recorded)
    if files.read_text_or_none(app.lock_path) != text:
        files.write_atomic(app.lock_path, text)
        app.note(f"{load.LOCK} written: {len(contents)} content digests recorded")
    return selection.environments(app, recorded, arguments.environments, arguments)


def _require_record(arguments: argparse.Namespace, specs: Sequence[EnvironmentSpec]) -> None:
    if not arguments.require_record:
        return
    missing = [f"{spec.name} {spec.python}" for spec in specs if environments.recorded(spec) == "unrecorded"]
    if missing:
        raise DriftError(
            f"unrecorded: {', '.join(missing)}", hint="run `hermes fingerprint --record` and commit the lock"
        )


def _github_output(app: App, combined: str) -> None:
    target = app.environ.get("GITHUB_OUTPUT")
    if not target:
        raise UsageError("--github-output: GITHUB_OUTPUT is not set", hint="it is set in a step of GitHub Actions")
    with Path(target).open("a", encoding="utf-8") as stream:
        stream.write(f"key={combined}\n")
