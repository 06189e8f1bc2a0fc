"""Trees that their owner has sealed and removes again, without root's rights; two processes at one cache root."""

import subprocess
import sys
from pathlib import Path

import pytest

from fakes.unprivileged import Unprivileged
from hermes.system import dirs

SEAL = """
import os, sys
from pathlib import Path
from hermes.system import files
tree = Path(sys.argv[1])
(tree / "deep" / "deeper").mkdir(parents=True)
(tree / "deep" / "deeper" / "file").write_text("text")
(tree / "deep" / "link").symlink_to("/etc/passwd")
outside = tree.with_name(tree.name + " outside")
outside.mkdir()
(outside / "file").write_text("precious")
outside.chmod(0o555)
(tree / "deep" / "folder link").symlink_to(outside)
files.make_read_only(tree)
for attempt in (tree / "deep" / "new", tree / "deep" / "deeper" / "file"):
    try:
        attempt.write_text("changed")
    except PermissionError:
        continue
    sys.exit(f"{attempt} could be written")
sealed = tree.rename(tree.with_name(tree.name + " published"))
"""


def test_a_user_renames_and_removes_what_they_sealed(nobody: Unprivileged) -> None:
    tree = nobody.folder / "sealed"
    nobody.run(SEAL, str(tree))
    published = tree.with_name("sealed published")
    (published / "deep").chmod(0o555)
    nobody.run(
        "import sys, pathlib; from hermes.system import files; files.remove_tree(pathlib.Path(sys.argv[1]))",
        str(published),
    )
    assert not published.exists()
    outside = tree.with_name("sealed outside")
    assert (outside / "file").read_text() == "precious"
    assert outside.stat().st_mode & 0o777 == 0o555
    outside.chmod(0o755)


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o222, 0o444, 0o555])
def test_a_user_removes_folders_of_any_mode(nobody: Unprivileged, mode: int) -> None:
    code = f"""
import os, sys
from pathlib import Path
from hermes.system import files
tree = Path("any mode")
(tree / "a" / "b").mkdir(parents=True)
(tree / "a" / "b" / "file").write_text("text")
for folder in (tree / "a" / "b", tree / "a", tree):
    folder.chmod({mode})
files.remove_tree(tree)
assert not tree.exists()
"""
    nobody.run(code)


def test_a_user_is_told_what_belongs_to_another(nobody: Unprivileged) -> None:
    if not nobody.argv:
        pytest.skip("only root can make a file that belongs to another user")
    folder = nobody.folder / "root's"
    folder.mkdir(mode=0o755)
    (folder / "file").write_text("")
    code = """
from pathlib import Path
from hermes.errors import ProvisionError
from hermes.system import files
try:
    files.remove_tree(Path("root's"))
except ProvisionError as error:
    print(error.message)
"""
    assert "cannot remove" in nobody.run(code).stdout
    assert (folder / "file").exists()


def test_processes_that_prepare_one_root_at_once(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from hermes.system.dirs import prepare_root; "
    code += "sys.stdin.read(); prepare_root(Path(sys.argv[1]))"
    argv = [sys.executable, "-c", code, str(tmp_path / "root")]
    processes = [subprocess.Popen(argv, stdin=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(60) for process in processes] == [0] * 4
    assert dirs.is_root(tmp_path / "root")
