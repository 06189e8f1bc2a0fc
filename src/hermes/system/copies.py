"""Copies of trees that cost little: reflinks where the file system has them, else hard links or plain copies."""

import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

_FICLONE = 0x40049409
"""The ioctl of Linux that makes a file share another one's blocks (linux/fs.h); btrfs and XFS have it."""

_NO_LINK = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


def copy_tree(source: Path, target: Path, files: Iterable[str], *, fallback: Literal["link", "copy"]) -> None:
    """Copy the named files, which are relative to both folders.

    Folders are made as they are needed. Contents, modes and times stay; a symbolic link is copied as a link. Where
    there are no reflinks, `fallback` decides between hard links (one inode: an edit shows in both) and plain copies;
    what cannot be linked is copied. Raises OSError, FileExistsError for a target that is there.
    """
    reflinks = sys.platform == "linux"
    made = {target}
    target.mkdir(parents=True, exist_ok=True)
    for name in files:
        old, new = source / name, target / name
        if new.parent not in made:
            new.parent.mkdir(parents=True, exist_ok=True)
            made.add(new.parent)
        if old.is_symlink():
            new.symlink_to(old.readlink())
            continue
        reflinks = reflinks and _reflink(old, new)
        if not reflinks and not (fallback == "link" and _link(old, new)):
            _copy(old, new)


def _reflink(old: Path, new: Path) -> bool:
    """Tell whether it could be done; where it cannot for one file of a tree, it cannot for any."""
    import fcntl  # noqa: PLC0415 - only POSIX systems have it

    with old.open("rb") as reader:
        found = os.fstat(reader.fileno())
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.ioctl(descriptor, _FICLONE, reader.fileno())
        except OSError:
            new.unlink()
            return False
        else:
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode))
            os.utime(descriptor, ns=(found.st_atime_ns, found.st_mtime_ns))
        finally:
            os.close(descriptor)
    return True


def _link(old: Path, new: Path) -> bool:
    try:
        new.hardlink_to(old)
    except OSError as error:
        if error.errno in _NO_LINK:
            return False
        raise
    return True


def _copy(old: Path, new: Path) -> None:
    with old.open("rb") as reader, new.open("xb") as writer:
        shutil.copyfileobj(reader, writer)
    shutil.copystat(old, new)
