"""Where hermes keeps what it may lose, and the marker that tells hermes's folders from everybody else's."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from hermes.errors import HermesError, ProvisionError, UsageError

OVERRIDE = "HERMES_RUNNER_CACHE_DIR"
MARKER = ".hermes-runner"

_FOLDER = "hermes-runner"
_MARKER_TEXT = "hermes-runner made this folder, and removes what lies in it (`hermes store clear`).\n"
_TAG_TEXT = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder holds what hermes-runner can make again: backups may leave it out.
# For information about cache directory tags, see https://bford.info/cachedir/
"""


def cache_root(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the folder of all of hermes's caches, which need not exist yet; `platform` is a `sys.platform`."""
    override = environ.get(OVERRIDE)
    if override:
        return _expanded(override, environ)
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else home(environ) / "AppData" / "Local") / _FOLDER
    if platform == "darwin":
        return home(environ) / "Library" / "Caches" / _FOLDER
    # The XDG specification: a relative path is invalid and is ignored.
    xdg = environ.get("XDG_CACHE_HOME", "").strip()
    return (Path(xdg) if Path(xdg).is_absolute() else home(environ) / ".cache") / _FOLDER


def home(environ: Mapping[str, str]) -> Path:
    """Return the caller's home folder: as the variables say, else as the system knows it."""
    named = environ.get("HOME") or environ.get("USERPROFILE")
    if named:
        return Path(named)
    try:
        return Path.home()
    except (RuntimeError, KeyError):
        raise UsageError("this user has no home folder", hint=f"set HOME, or {OVERRIDE} to a folder") from None


def prepare_root(path: Path) -> None:
    """Make the cache root where it is missing, and mark it as hermes's own.

    Raises UsageError for a folder that holds somebody else's files: hermes removes what lies below its root.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {entry.name for entry in path.iterdir()}
        if names and MARKER not in names:
            raise UsageError(
                f"{path} is not empty and was not made by hermes (there is no {MARKER} in it)",
                hint=f"let {OVERRIDE} name a new or an empty folder",
            )
        # The marker comes first: a process that looks in between must never find a folder with files but no marker.
        for name, text in ((MARKER, _MARKER_TEXT), ("CACHEDIR.TAG", _TAG_TEXT)):
            if name not in names:
                _create(path / name, text)
    except OSError as error:
        raise _unusable(path, error) from error


def is_root(path: Path) -> bool:
    """Tell whether hermes made this folder: it bears the marker."""
    return (path / MARKER).is_file()


def _create(path: Path, text: str) -> None:
    # Not O_EXCL: two processes may prepare the root at once, and both write the same.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _expanded(text: str, environ: Mapping[str, str]) -> Path:
    # A CI configuration sets variables without a shell, so "~" arrives as it was written.
    if text == "~" or text.startswith(("~/", "~\\")):
        return home(environ) / text[2:]
    if not Path(text).is_absolute():
        raise UsageError(
            f"{OVERRIDE}={text}: must be an absolute path",
            hint="a relative one would be another folder for each folder that hermes is started in",
        )
    return Path(text)


def _unusable(path: Path, error: OSError) -> HermesError:
    return ProvisionError(
        f"{path} cannot be used as hermes's cache folder: {error.strerror or error}",
        hint=f"set {OVERRIDE} to a folder that you may write to",
    )
