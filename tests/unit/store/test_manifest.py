import os
import socket
import stat
from pathlib import Path

import pytest

from fakes import trees
from hermes.errors import InstallationError
from hermes.store import manifest
from hermes.system import files


def test_every_entry_is_there_once_and_sorted(tmp_path: Path) -> None:
    trees.make(tmp_path, trees.SMALL)
    entries = manifest.scan(tmp_path)
    paths = [entry.path for entry in entries]
    assert paths == sorted(set(paths))
    assert {"bin", "bin/python", "lib64", "pyvenv.cfg", f"{trees.SITE}/small/data.bin"} <= set(paths)
    assert not any(path.startswith("lib64/") for path in paths), "links are not followed"


def test_files_links_and_folders_with_what_each_has(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o750)
    (tmp_path / "folder").chmod(0o750)
    (tmp_path / "folder" / "file").write_bytes(b"data")
    (tmp_path / "folder" / "file").chmod(0o640)
    os.utime(tmp_path / "folder" / "file", ns=(1, 1_000_000_007))
    (tmp_path / "link").symlink_to("./folder/../nowhere/")
    folder, file, link = manifest.scan(tmp_path)
    assert (folder.path, folder.kind, folder.mode, folder.sha256) == ("folder", "folder", 0o750, "")
    assert (file.path, file.kind, file.mode, file.size) == ("folder/file", "file", 0o640, 4)
    assert (file.mtime_ns, file.inode) == (1_000_000_007, (tmp_path / "folder" / "file").stat().st_ino)
    assert file.sha256 == trees.sha256("data")
    assert (link.path, link.kind, link.mode, link.target) == ("link", "link", 0, "./folder/../nowhere/")


def test_names_of_any_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"not utf-8 \xff\n\\")
    (tmp_path / name).write_bytes(b"x")
    assert [entry.path for entry in manifest.scan(tmp_path)] == [name]


def test_an_empty_tree_has_no_entries(tmp_path: Path) -> None:
    assert manifest.scan(tmp_path) == ()


def test_what_no_distribution_can_install_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(InstallationError, match=r"pipe, socket$"):
            manifest.scan(tmp_path)


def test_bytecode_folders_are_left_out_of_a_scan(tmp_path: Path) -> None:
    (tmp_path / "a" / "__pycache__" / "sub").mkdir(parents=True)
    (tmp_path / "a" / "__pycache__" / "x.pyc").write_bytes(b"")
    (tmp_path / "a" / "sourceless.pyc").write_bytes(b"")
    assert [entry.path for entry in manifest.scan(tmp_path)] == ["a", "a/sourceless.pyc"]
    found = {item.path for item in manifest.walk(tmp_path)}
    assert found == {"a", "a/__pycache__", "a/sourceless.pyc"}


def test_bytecode_folders_are_removed_from_a_read_only_tree_and_named(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a" / "b" / "__pycache__").mkdir(parents=True)
    (tree / "a" / "b" / "__pycache__" / "x.pyc").write_bytes(b"")
    (tree / "a" / "__pycache__").mkdir()
    (tree / "a" / "__pycache__" / "deep").mkdir()
    files.make_read_only(tree)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tree / "a", tree / "a" / "b")}
    assert manifest.remove_bytecode(tree) == ("a/__pycache__", "a/b/__pycache__")
    assert [entry.path for entry in manifest.scan(tree)] == ["a", "a/b"]
    assert {path: stat.S_IMODE(path.stat().st_mode) for path in modes} == modes
    assert manifest.remove_bytecode(tree) == ()
    files.remove_tree(tree)


def test_a_folder_that_is_gone_raises_unless_it_is_as_good_as_empty(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(manifest.walk(tmp_path / "gone"))
    assert list(manifest.walk(tmp_path / "gone", unreadable_is_empty=True)) == []
