"""`hermes verify`: read every byte of built environments and name whatever is not as it was built and recorded."""

import argparse
import json
from collections.abc import Iterator

from hermes.cli import locking, selection
from hermes.cli.app import App
from hermes.errors import DriftError
from hermes.model.receipt import Difference
from hermes.report import drift
from hermes.store import check, manifest
from hermes.store.store import Built

NOTHING_VERIFIED = 6
"""Exit status where nothing of what was asked for is built."""

_REPAIR_ALL = "`hermes run --rebuild` in its project repairs it; `hermes store clear` removes every environment"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what `hermes verify` takes."""
    parser.add_argument("environments", nargs="*", metavar="NAME", help="environment or session; all by default")
    selection.add_python(parser)
    parser.add_argument("--all", action="store_true", help="everything in the store, of every project")


def run(app: App, arguments: argparse.Namespace) -> int:
    """Verify what is built; the exit status is 4 where something differs, 6 where nothing of it is built."""
    results = []
    drifted = []
    for name, title, built, recorded in _selected(app, arguments):
        differences = (*(_read(app, title, built) if built else ()), *recorded)
        results.append((title, built, differences))
        if differences:
            drifted.append(name)
        if not app.options.json:
            app.out(_line(title, built, differences))
    if app.options.json:
        app.out(json.dumps({"format": "hermes-verify-1", "environments": [_as_json(*result) for result in results]}))
    elif not results:
        app.out("nothing is built")
    if drifted:
        hints = (_REPAIR_ALL,) if arguments.all else drift.repairs(drifted, app.project.sessions)
        for hint in hints:
            app.note(f"hint: {hint}")
        return DriftError.exit_status
    if not arguments.all and not any(built for _, built, _ in results):
        app.note("nothing was verified, as nothing of it is built: `hermes run` builds what it needs")
        return NOTHING_VERIFIED
    return 0


def _read(app: App, title: str, built: Built) -> tuple[Difference, ...]:
    """Read every byte of a tree; bytecode is no drift: what lies in the tree is named, and all of it is discarded."""
    differences = check.full(built.tree, built.receipt)
    removed = manifest.remove_bytecode(built.tree)
    if removed:
        app.note(f"{title}: bytecode was in the environment, now removed: {', '.join(removed)}")
    built.discard_bytecode()
    return check.drift(differences)


_Item = tuple[str, str, Built | None, tuple[Difference, ...]]
"""The name of an environment, the title of what is verified, the tree, and how it differs from the lock's record."""


def _selected(app: App, arguments: argparse.Namespace) -> Iterator[_Item]:
    if arguments.all:
        for item in app.store.entries():
            receipt = item.built.receipt
            title = f"{receipt.kind} {receipt.name} {receipt.python} {item.address[:16]}…"
            yield receipt.name, title, item.built, ()
        return
    lock = locking.for_run(app)
    specs = selection.environments(app, lock, arguments.environments, arguments)
    for spec in specs:
        built = app.store.find(spec.address)
        unlike: tuple[Difference, ...] = ()
        if built is not None:
            contents = {file.sha256: file.content for file in built.receipt.installed}
            unlike = tuple(
                Difference(path=file.file, owner=f"{file.package}=={file.version}", what="not as the lock records it")
                for file in spec.files
                if file.content is not None and contents.get(file.sha256) != file.content
            )
        yield spec.name, f"{spec.name} {spec.python}", built, unlike
    addresses = {spec.address for spec in specs}
    for item in app.store.entries():
        receipt = item.built.receipt
        if receipt.kind == "overlay" and dict(receipt.ingredients)["environment"] in addresses:
            title = f"overlay {receipt.name} {receipt.python} {item.address[:16]}…"
            yield receipt.name, title, item.built, ()


def _line(title: str, built: Built | None, differences: tuple[Difference, ...]) -> str:
    if differences:
        return f"{title}: drifted\n{drift.describe_differences(differences)}"
    if built is None:
        return f"{title}: not built"
    files = sum(entry.kind == "file" for entry in built.receipt.entries)
    return f"{title}: verified, {files} {'file' if files == 1 else 'files'}"


def _as_json(title: str, built: Built | None, differences: tuple[Difference, ...]) -> dict[str, object]:
    return {
        "name": title,
        "state": "drifted" if differences else "verified" if built else "not built",
        "tree": str(built.tree) if built else None,
        "content": built.receipt.content if built else None,
        "differences": [{"path": item.path, "owner": item.owner, "what": item.what} for item in differences],
    }
