import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from hermes.errors import ProvisionError
from hermes.system import files, refusals


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "space"),
        (errno.EDQUOT, "space"),
        (errno.EROFS, "HERMES_RUNNER_CACHE_DIR"),
        (errno.EACCES, "who may write"),
        (errno.EMFILE, "ulimit"),
        (errno.EIO, "disk"),
        (errno.ENAMETOOLONG, "short"),
    ],
)
def test_what_the_system_refuses_comes_with_its_place_and_what_to_do(number: int, word: str) -> None:
    error = refusals.as_error(OSError(number, os.strerror(number), "/some/where"))
    assert isinstance(error, ProvisionError)
    assert error.message == f"{os.strerror(number)}: /some/where"
    assert word in (error.hint or "")


def test_of_two_paths_the_one_that_is_written_is_named() -> None:
    error = refusals.as_error(OSError(errno.ENOSPC, "No space left on device", "/from", None, "/to"))
    assert error is not None
    assert error.message == "No space left on device: /to"


def test_a_path_that_is_not_known_is_left_out() -> None:
    error = refusals.as_error(OSError(errno.ENOSPC, "No space left on device"))
    assert error is not None
    assert error.message == "No space left on device"


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "x"), BrokenPipeError(errno.EPIPE, "x"), OSError("x")]
)
def test_everything_else_is_no_refusal(error: OSError) -> None:
    assert refusals.as_error(error) is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_atomic_write_names_what_it_could_not_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open
    monkeypatch.setattr(os, "open", lambda _path, flags, mode: opened("/dev/full", flags & ~os.O_EXCL, mode))
    with pytest.raises(OSError, match="receipt") as caught:
        files.write_atomic(tmp_path / "receipt", b"x")
    assert caught.value.filename == str(tmp_path / "receipt")


@dataclass(frozen=True, slots=True)
class Disk:
    """What the system says of a disk."""

    free: int = 1 << 40
    f_files: int = 0
    f_favail: int = 0


@pytest.mark.parametrize(
    ("disk", "sentence"),
    [
        (Disk(), None),
        (Disk(f_files=9, f_favail=8), None),
        (Disk(free=5000), "only 4 KiB are left on the disk of /some/where"),
        (Disk(f_files=9), "no more files fit on the disk of /some/where"),
    ],
)
def test_a_disk_is_full_of_bytes_or_of_files(monkeypatch: pytest.MonkeyPatch, disk: Disk, sentence: str | None) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: disk)
    monkeypatch.setattr(os, "statvfs", lambda _: disk, raising=False)
    assert refusals.shortage(Path("/some/where")) == sentence


def test_of_a_folder_that_is_not_there_nothing_is_said(tmp_path: Path) -> None:
    assert refusals.shortage(tmp_path / "gone") is None
