"""Read-only trees as a plain user meets them: what cannot be read counts as changed, all of it can be removed."""

import json
from pathlib import Path

import pytest

from fakes import trees
from fakes.clock import FakeClock
from fakes.unprivileged import Unprivileged
from hermes.store import layout
from hermes.store.store import Store

ADDRESS = "a" * 64

PROGRAM = """
import dataclasses, json, shutil, sys
from pathlib import Path
from hermes.model.receipt import Receipt
from hermes.store import check, manifest
from hermes.store.store import Store
from hermes.system.clock import Clock

def populate(tree):
    (tree / "folder").mkdir()
    (tree / "folder/file").write_text("text")
    (tree / "folder/program").write_text("#!/bin/sh")
    (tree / "folder/program").chmod(0o755)

def describe(tree, entries):
    owned = tuple(dataclasses.replace(entry, owner="small==1.0") for entry in entries)
    texts = dict.fromkeys(("key", "name", "python", "interpreter_path", "content"), "")
    return Receipt(format=1, address=address, kind="overlay", created=0, ingredients=(), installed=(), entries=owned,
                   **texts)

def build():
    built, _ = store.get_or_build(address, populate, describe)
    return built

def differences(built):
    return [f"{item.path} {item.what}" for item in check.full(built.tree, built.receipt)]

root, address = Path(sys.argv[1]), "a" * 64
store = Store(root, clock=Clock())
said = {}
built = build()
said["modes"] = {item.path: f"{item.mode & 0o333:o}" for item in manifest.walk(built.tree)}
try:
    (built.tree / "folder/file").write_text("other")
except PermissionError:
    said["edit"] = "refused"
try:
    shutil.rmtree(built.tree)
except PermissionError:
    said["rm -rf"] = "refused"
(built.tree / "folder/file").chmod(0)
said["unreadable file"] = differences(built)
(built.tree / "folder").chmod(0)
said["unreadable folder"] = differences(built)
said["in use or left"] = store.clear()
built = build()
(built.tree / "folder").chmod(0o755)
(built.tree / "folder/__pycache__").mkdir()
(built.tree / "folder").chmod(0o555)
said["bytecode"] = manifest.remove_bytecode(built.tree)
said["after that"] = differences(built)
said["collected"] = [item.address for item in store.collect(max_bytes=0)]
said["left"] = [path.name for path in root.rglob("*") if path.name in {"tree", "built", "removed"}]
print(json.dumps(said))
"""


def test_a_plain_user_cannot_spoil_by_accident_and_can_remove_everything(nobody: Unprivileged) -> None:
    said = json.loads(nobody.run(PROGRAM, str(nobody.folder / "cache")).stdout)
    assert said == {
        "modes": {"folder": "111", "folder/file": "0", "folder/program": "111"},
        "edit": "refused",
        "rm -rf": "refused",
        "unreadable file": ["folder/file changed", "folder/file mode"],
        "unreadable folder": ["folder mode", "folder/file missing", "folder/program missing"],
        "in use or left": [],
        "bytecode": ["folder/__pycache__"],
        "after that": [],
        "collected": [ADDRESS],
        "left": [],
    }


@pytest.mark.parametrize("mode", [0o555, 0o500, 0o000])
def test_whoever_runs_the_tests_can_remove_everything(tmp_path: Path, mode: int) -> None:
    store = Store(tmp_path / "cache", clock=FakeClock())
    built, _ = store.get_or_build(
        ADDRESS,
        lambda tree: trees.make(tree, trees.SMALL),
        lambda tree, entries: trees.describe(tree, entries, trees.SMALL, address=ADDRESS),
    )
    (built.tree / trees.SITE / "small").chmod(mode)
    built.tree.chmod(mode)
    assert store.clear() == ()
    assert not built.path.exists()
    assert list((tmp_path / "cache" / layout.STAGING).iterdir()) == []
