"""Files as hermes writes, seals, hashes, copies and removes them."""

import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from hermes.errors import HermesError, ProvisionError, UsageError
from hermes.model.interpreter import FileIdentity

_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_WHOLE = 1 << 20
"""Files up to this many bytes are read whole: most files of an environment are much smaller."""


def write_atomic(path: Path, data: bytes | str, mode: int | None = None) -> None:
    """Write a file so that a reader, or a kill, finds the old content or the new one and nothing else.

    `mode` is set as it is; without one the file gets what the umask leaves of 0666. Text is written as UTF-8 with the
    line ends that it has. Raises OSError.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if mode is not None:
            draft.chmod(mode)
        draft.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = os.fspath(path)  # The system says only of opening and moving what it was about.
        draft.unlink(missing_ok=True)
        raise


def read_text_or_none(path: Path, *, error: type[HermesError] = UsageError) -> str | None:
    """Return a text file's content, None where there is no such file; raise `error` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as problem:
        raise error(f"{path} is not UTF-8 text (byte {problem.start})", hint="save it as UTF-8") from None
    except OSError as problem:
        raise error(f"{path} cannot be read: {problem.strerror or problem}") from problem


def file_identity(path: Path) -> FileIdentity:
    """Return what tells this state of a file from another; of a link, of the file behind it. Raises OSError."""
    found = path.stat()
    return FileIdentity(size=found.st_size, mtime_ns=found.st_mtime_ns, inode=found.st_ino, device=found.st_dev)


def sha256_file(path: Path) -> str:
    """Return the lower-case hex SHA-256 of a file's bytes. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        head = file.read(_WHOLE)
        digest = hashlib.sha256(head)
        if len(head) == _WHOLE:
            while chunk := file.read(_WHOLE):
                digest.update(chunk)
        return digest.hexdigest()


def sha256_many(paths: Sequence[Path], *, workers: int | None = None) -> list[str]:
    """Return the SHA-256 of many files, in their order, hashed by several threads (reading releases the lock)."""
    count = min(workers or max(2, os.cpu_count() or 2), len(paths))
    if count <= 1:
        return [sha256_file(path) for path in paths]
    digests = [""] * len(paths)

    def hash_every(first: int) -> None:
        for index in range(first, len(paths), count):
            digests[index] = sha256_file(paths[index])

    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(hash_every, first) for first in range(count)]:
            done.result()
    return digests


def make_read_only(tree: Path) -> None:
    """Take the right to write from every file and folder below `tree`; links are left alone.

    `tree` itself stays writable: only root may rename a folder that it cannot write to. Raises OSError.
    """
    for entry in _entries(tree):
        if entry.is_symlink():
            continue
        if entry.is_dir(follow_symlinks=False):
            make_read_only(Path(entry.path))
        mode = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
        if mode & _WRITE:
            os.chmod(entry.path, mode & ~_WRITE)  # noqa: PTH101 - thousands of entries: no Path for each


def remove_tree(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it, read-only or not; links are not followed.

    What is gone already is no error. Raises ProvisionError for what cannot be removed.
    """
    try:
        _remove(path)
    except OSError as error:
        raise ProvisionError(
            f"cannot remove {error.filename or path}: {error.strerror or error}",
            hint="it belongs to another user, or something still uses it",
        ) from error


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            if sys.platform == "win32":
                path.chmod(stat.S_IWRITE)  # Windows does not delete a read-only file.
            path.unlink()
            return
        # Without all three bits the owner of a folder can neither list it nor take anything out of it.
        if found.st_mode & stat.S_IRWXU != stat.S_IRWXU:
            path.chmod(stat.S_IRWXU)
        for entry in _entries(path):
            if sys.platform == "win32" or entry.is_dir(follow_symlinks=False):
                _remove(Path(entry.path))
            else:
                with suppress(FileNotFoundError):
                    os.unlink(entry.path)  # noqa: PTH108 - thousands of entries: no Path for each
        path.rmdir()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)
