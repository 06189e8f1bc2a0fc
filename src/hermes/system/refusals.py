"""What the system refuses (space, rights, open files), as an error that the user can act on."""

import errno
import os
import shutil
from pathlib import Path

from hermes.errors import ProvisionError
from hermes.system import dirs

_SPACE = (
    f"make space there (`hermes store gc` may help), or let {dirs.OVERRIDE} and TMPDIR name folders on another disk"
)
_RIGHTS = f"see who may write there, or let {dirs.OVERRIDE} name a folder of your own"
_OPEN = "raise the limit of open files (ulimit -n)"

_HINTS = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: _SPACE,
    errno.EROFS: _RIGHTS,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EMFILE: _OPEN,
    errno.ENFILE: _OPEN,
    errno.ENOMEM: "end other programs",
    errno.EIO: "see whether that disk is sound (the system's log says more)",
    errno.ENAMETOOLONG: f"let {dirs.OVERRIDE} name a folder with a short path",
}

_LITTLE = 16 << 20
"""Bytes: with less space than this, a failure may well be due to that."""


def as_error(error: OSError) -> ProvisionError | None:
    """Return the error to tell the user for what the system refused; None for anything else, which is a bug."""
    hint = _HINTS.get(error.errno or 0)
    if hint is None:
        return None
    path = error.filename2 or error.filename
    where = f": {os.fsdecode(path)}" if isinstance(path, str | bytes | os.PathLike) else ""
    return ProvisionError(f"{error.strerror or error}{where}", hint=hint)


def shortage(folder: Path) -> str | None:
    """Return a sentence if hardly anything fits on the disk of a folder: a program that failed there may not say so."""
    try:
        free = shutil.disk_usage(folder).free
        files = os.statvfs(folder) if hasattr(os, "statvfs") else None
    except OSError:
        return None
    if files is not None and files.f_files and not files.f_favail:
        return f"no more files fit on the disk of {folder}"
    return f"only {free >> 10} KiB are left on the disk of {folder}" if free < _LITTLE else None
