import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import trees
from hermes.model.receipt import Difference, Receipt
from hermes.store import check

SITE = trees.SITE
SMALL = "small==1.0"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    trees.make(tmp_path / "tree", trees.SMALL, trees.OTHER)
    return tmp_path / "tree"


@pytest.fixture
def receipt(tree: Path) -> Receipt:
    return trees.receipt(tree, trees.SMALL, trees.OTHER)


def rewrite(path: Path, data: bytes) -> None:
    """Change a file's bytes in place, size and time as they were where the size allows it."""
    status = path.stat()
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace_file(path: Path) -> None:
    """Put an equal file, with the same time, in the place of another."""
    status = path.stat()
    copy = path.with_name("copy")
    shutil.copy2(path, copy)
    copy.replace(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def file_for_folder(path: Path) -> None:
    shutil.rmtree(path)
    path.write_bytes(b"")


def link_for_file(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def relink(path: Path) -> None:
    path.unlink()
    path.symlink_to("/usr/bin/python3")


def touch(path: Path) -> None:
    os.utime(path, ns=(5, 5))


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


INIT = f"{SITE}/small/__init__.py"
OTHER_INFO = f"{SITE}/other_thing-2.1.dist-info"
CHANGES: dict[str, tuple[Callable[[Path], object], list[tuple[str, str, str]]]] = {
    "a byte, of another size": (
        lambda tree: (tree / INIT).write_bytes(b"longer than it was\n"),
        [(INIT, SMALL, "changed")],
    ),
    "a file deleted": (lambda tree: (tree / INIT).unlink(), [(INIT, SMALL, "missing")]),
    "a file added beside others": (
        lambda tree: (tree / SITE / "small/new.py").write_bytes(b""),
        [(f"{SITE}/small/new.py", SMALL, "added")],
    ),
    "a file added where all put theirs": (
        lambda tree: (tree / SITE / "new.pth").write_bytes(b""),
        [(f"{SITE}/new.pth", check.UNLOCKED, "added")],
    ),
    "a file added at the top": (lambda tree: (tree / "new").write_bytes(b""), [("new", check.UNLOCKED, "added")]),
    "a distribution added": (
        lambda tree: (tree / SITE / "evil-1.dist-info").mkdir(),
        [(f"{SITE}/evil-1.dist-info", check.UNLOCKED, "added")],
    ),
    "a mode": (lambda tree: (tree / INIT).chmod(0o666), [(INIT, SMALL, "mode")]),
    "the mode of a folder": (lambda tree: (tree / SITE / "small").chmod(0o777), [(f"{SITE}/small", SMALL, "mode")]),
    "a file for a folder": (
        lambda tree: file_for_folder(tree / OTHER_INFO),
        [
            (OTHER_INFO, "other-thing==2.1", "kind"),
            *[
                (f"{OTHER_INFO}/{name}", "other-thing==2.1", "missing")
                for name in ("INSTALLER", "METADATA", "RECORD", "WHEEL")
            ],
        ],
    ),
    "a link for a file": (
        lambda tree: link_for_file(tree / INIT),
        [(INIT, SMALL, "kind"), (f"{SITE}/small/moved", SMALL, "added")],
    ),
    "a pipe for a file": (lambda tree: make_pipe(tree / INIT), [(INIT, SMALL, "kind")]),
    "where a link leads": (lambda tree: relink(tree / "bin/python"), [("bin/python", "skeleton", "target")]),
    "a time": (lambda tree: touch(tree / INIT), [(INIT, SMALL, "touched")]),
    "another file of the same bytes": (lambda tree: replace_file(tree / INIT), [(INIT, SMALL, "replaced")]),
    "pyvenv.cfg": (
        lambda tree: (tree / "pyvenv.cfg").write_bytes(b"home = /evil\n"),
        [("pyvenv.cfg", "skeleton", "changed")],
    ),
    "a start-up file added": (
        lambda tree: (tree / SITE / "_virtualenv.pth").write_bytes(b"import os\n"),
        [(f"{SITE}/_virtualenv.pth", check.UNLOCKED, "added")],
    ),
}


@pytest.mark.parametrize("look", [check.quick, check.full])
def test_an_untouched_tree_has_no_differences(
    tree: Path, receipt: Receipt, look: Callable[[Path, Receipt], tuple[Difference, ...]]
) -> None:
    assert look(tree, receipt) == ()


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("look", [check.quick, check.full])
def test_each_change_is_found_by_both(
    tree: Path, receipt: Receipt, name: str, look: Callable[[Path, Receipt], tuple[Difference, ...]]
) -> None:
    change, expected = CHANGES[name]
    change(tree)
    found = look(tree, receipt)
    assert [(item.path, item.owner, item.what) for item in found] == expected
    assert check.drift(found) == found


def test_a_byte_under_the_same_size_and_time_is_found_by_the_full_check_alone(tree: Path, receipt: Receipt) -> None:
    rewrite(tree / INIT, b"import abc\n")
    assert check.quick(tree, receipt) == ()
    assert check.full(tree, receipt) == (Difference(path=INIT, owner=SMALL, what="changed"),)


def test_bytecode_inside_is_named_and_no_drift(tree: Path, receipt: Receipt) -> None:
    (tree / SITE / "small" / "__pycache__").mkdir()
    (tree / SITE / "small" / "__pycache__" / "x.pyc").write_bytes(b"")
    found = check.quick(tree, receipt)
    assert found == (Difference(path=f"{SITE}/small/__pycache__", owner=SMALL, what="bytecode"),)
    assert check.full(tree, receipt) == found
    assert check.drift(found) == ()


def test_a_file_named_as_a_bytecode_folder_is_drift(tree: Path, receipt: Receipt) -> None:
    (tree / SITE / "__pycache__").write_bytes(b"")
    assert [item.what for item in check.quick(tree, receipt)] == ["added"]


def test_what_nothing_reads_may_change_go_and_come(tree: Path, receipt: Receipt) -> None:
    (tree / "bin/activate").write_text("# other\n")
    (tree / "CACHEDIR.TAG").unlink()
    (tree / ".lock").write_bytes(b"")
    assert check.full(tree, receipt) == ()


def test_of_a_tree_that_is_gone_everything_is_missing(tree: Path, receipt: Receipt) -> None:
    shutil.rmtree(tree)
    for look in (check.quick, check.full):
        found = look(tree, receipt)
        assert {item.what for item in found} == {"missing"}
        assert len(found) == len(receipt.entries) - 2, "all but the idle files of the skeleton"


def test_a_tree_without_site_packages_can_be_checked_as_well(tmp_path: Path, receipt: Receipt) -> None:
    (tmp_path / "wheel").mkdir()
    (tmp_path / "wheel" / "x.whl").write_bytes(b"")
    empty = replace(receipt, entries=())
    assert check.quick(tmp_path / "wheel", empty) == (Difference(path="x.whl", owner=check.UNLOCKED, what="added"),)
