import hashlib
import os
import stat
from pathlib import Path

import pytest

from hermes.errors import LockError, ProvisionError, UsageError
from hermes.system import copies, files


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write_atomic(path, "grün\r\n")
    assert path.read_bytes() == "grün\r\n".encode()
    files.write_atomic(path, b"\x00\xff", 0o600)
    assert path.read_bytes() == b"\x00\xff"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _names(tmp_path) == ["file"]


def test_the_mode_is_exact_or_what_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_atomic(tmp_path / "exact", "", 0o666)
        files.write_atomic(tmp_path / "masked", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "exact").stat().st_mode) == 0o666
    assert stat.S_IMODE((tmp_path / "masked").stat().st_mode) == 0o640


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    (target / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        files.write_atomic(target, "text")
    assert _names(tmp_path) == ["folder"]


def test_text_or_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes("grün\n".encode())
    assert files.read_text_or_none(tmp_path / "file") == "grün\n"
    assert files.read_text_or_none(tmp_path / "none") is None
    assert files.read_text_or_none(tmp_path / "file" / "below") is None


def test_what_cannot_be_read_is_an_error_of_the_callers_class(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes("gr\xfcn".encode("latin-1"))
    with pytest.raises(UsageError, match=r"latin is not UTF-8 text \(byte 2\)"):
        files.read_text_or_none(tmp_path / "latin")
    with pytest.raises(LockError, match="cannot be read: Is a directory"):
        files.read_text_or_none(tmp_path, error=LockError)


def test_the_identity_is_that_of_the_file_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("12345")
    (tmp_path / "link").symlink_to("file")
    identity = files.file_identity(tmp_path / "link")
    assert identity == files.file_identity(tmp_path / "file")
    assert identity.size == 5
    os.link(tmp_path / "file", tmp_path / "second")
    assert files.file_identity(tmp_path / "file") == identity
    os.utime(tmp_path / "file", ns=(0, 0))
    assert files.file_identity(tmp_path / "file") != identity


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_hashing_one_file(tmp_path: Path, size: int) -> None:
    content = (b"0123456789abcde" * (size // 15 + 1))[:size]
    (tmp_path / "file").write_bytes(content)
    assert files.sha256_file(tmp_path / "file") == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("workers", [None, 1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_hashing_many_files_keeps_their_order(tmp_path: Path, workers: int | None, count: int) -> None:
    paths = [tmp_path / f"file{number}" for number in range(count)]
    for path in paths:
        path.write_text(path.name)
    expected = [hashlib.sha256(path.name.encode()).hexdigest() for path in paths]
    assert files.sha256_many(paths, workers=workers) == expected


def test_hashing_a_missing_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    with pytest.raises(FileNotFoundError):
        files.sha256_many([tmp_path / "there", tmp_path / "not there"])


def _tree(root: Path) -> Path:
    (root / "tree" / "deep" / "deeper").mkdir(parents=True)
    (root / "tree" / "deep" / "program").write_text("#!")
    (root / "tree" / "deep" / "program").chmod(0o775)
    (root / "tree" / "deep" / "deeper" / "text").write_text("text")
    (root / "tree" / "deep" / "deeper" / "text").chmod(0o664)
    (root / "outside").write_text("precious")
    (root / "outside").chmod(0o664)
    (root / "outside folder").mkdir(mode=0o755)
    (root / "outside folder" / "file").write_text("precious")
    (root / "tree" / "link").symlink_to("../outside")
    (root / "tree" / "folder link").symlink_to("../outside folder")
    (root / "tree" / "broken").symlink_to("nowhere")
    return root / "tree"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_sealing_takes_the_right_to_write_below_the_top(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    files.make_read_only(tree)
    assert _mode(tree / "deep" / "program") == 0o555
    assert _mode(tree / "deep" / "deeper" / "text") == 0o444
    assert not _mode(tree / "deep") & 0o222
    assert not _mode(tree / "deep" / "deeper") & 0o222
    assert _mode(tree) & 0o200
    assert _mode(tmp_path / "outside") == 0o664
    assert _mode(tmp_path / "outside folder") == 0o755


def test_removing_a_sealed_tree_leaves_what_its_links_lead_to(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    files.make_read_only(tree)
    files.remove_tree(tree)
    assert _names(tmp_path) == ["outside", "outside folder"]
    assert (tmp_path / "outside folder" / "file").read_text() == "precious"
    assert _mode(tmp_path / "outside folder") == 0o755


def test_removing_a_file_a_link_or_nothing(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    files.remove_tree(tree / "folder link")
    assert (tmp_path / "outside folder" / "file").exists()
    files.remove_tree(tree / "broken")
    assert not (tree / "broken").is_symlink()
    files.remove_tree(tmp_path / "outside")
    files.remove_tree(tmp_path / "outside")


def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvisionError, match=r"cannot remove .*below"):
        files.remove_tree(tmp_path / "file" / "below")


def _copy(tmp_path: Path, fallback: str) -> tuple[Path, Path]:
    tree = _tree(tmp_path)
    os.utime(tree / "deep" / "program", ns=(1_000_000_000, 2_000_000_000))
    (tree / "deep" / "deeper" / "text").chmod(0o444)
    names = ["deep/program", "deep/deeper/text", "link", "broken"]
    if fallback == "link":
        copies.copy_tree(tree, tmp_path / "copy", names, fallback="link")
    else:
        copies.copy_tree(tree, tmp_path / "copy", names, fallback="copy")
    return tree, tmp_path / "copy"


@pytest.mark.parametrize("fallback", ["link", "copy"])
def test_a_copy_has_contents_modes_times_and_links(tmp_path: Path, fallback: str) -> None:
    _, copy = _copy(tmp_path, fallback)
    assert (copy / "deep" / "program").read_text() == "#!"
    assert _mode(copy / "deep" / "program") == 0o775
    assert (copy / "deep" / "program").stat().st_mtime_ns == 2_000_000_000
    assert _mode(copy / "deep" / "deeper" / "text") == 0o444
    assert (copy / "link").readlink() == Path("../outside")
    assert (copy / "broken").is_symlink()
    assert not (copy / "folder link").exists()


def test_a_plain_copy_has_inodes_of_its_own(tmp_path: Path) -> None:
    tree, copy = _copy(tmp_path, "copy")
    (copy / "deep" / "program").write_text("changed")
    assert (tree / "deep" / "program").read_text() == "#!"


def test_a_copy_does_not_overwrite(tmp_path: Path) -> None:
    tree, copy = _copy(tmp_path, "copy")
    with pytest.raises(FileExistsError):
        copies.copy_tree(tree, copy, ["deep/program"], fallback="copy")
    with pytest.raises(FileExistsError):
        copies.copy_tree(tree, copy, ["deep/program"], fallback="link")
