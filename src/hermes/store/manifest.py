"""What lies in a tree: every path with its kind, mode, size, times and, where asked for, the digest of its bytes."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hermes.errors import InstallationError
from hermes.model.receipt import Entry
from hermes.system import files

BYTECODE = "__pycache__"

Kind = Literal["file", "link", "folder", "other"]


@dataclass(frozen=True, slots=True)
class Found:
    """One path of a tree as the file system has it now; "other" is a socket, a pipe or a device."""

    path: str
    kind: Kind
    mode: int
    size: int = 0
    mtime_ns: int = 0
    inode: int = 0
    target: str = ""


def walk(tree: Path, *, unreadable_is_empty: bool = False) -> Iterator[Found]:
    """Yield what lies in a tree, in no order, without following links; of a bytecode folder only the folder itself.

    Raises OSError for a folder that cannot be read, or goes away meanwhile, unless that is to be as good as empty.
    """
    root = os.fspath(tree)
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(f"{root}/{prefix}") as items:
                found = [_look(item, prefix) for item in items]
        except OSError:
            if not unreadable_is_empty:
                raise
            continue
        for one in found:
            yield one
            if one.kind == "folder" and not is_bytecode(one):
                folders.append(f"{one.path}/")


def scan(tree: Path) -> tuple[Entry, ...]:
    """Return every entry of a tree, sorted by path, files with their sha256; owners are empty, bytecode is left out.

    Raises InstallationError for what no distribution can install: a socket, a pipe, a device.
    """
    found = sorted((item for item in walk(tree) if not is_bytecode(item)), key=lambda item: item.path)
    odd = [item.path for item in found if item.kind == "other"]
    if odd:
        raise InstallationError(
            f"{tree} holds what no distribution can install (a socket, pipe or device): {', '.join(odd)}",
            hint="look for what else writes into hermes's cache folder",
        )
    digests = iter(digest(tree, [item.path for item in found if item.kind == "file"]))
    return tuple(_entry(item, next(digests) if item.kind == "file" else "") for item in found)


def digest(tree: Path, paths: Sequence[str]) -> Sequence[str]:
    """Return the sha256 of files of a tree, in the order of their paths."""
    return files.sha256_many([tree / path for path in paths])


def is_bytecode(item: Found) -> bool:
    """Say whether this is a folder of bytecode, which is no part of an environment."""
    return item.kind == "folder" and item.path.rpartition("/")[2] == BYTECODE


def remove_bytecode(tree: Path) -> tuple[str, ...]:
    """Remove every bytecode folder inside a tree, also a read-only one, and return their paths."""
    folders = tuple(sorted(item.path for item in walk(tree) if is_bytecode(item)))
    for folder in folders:
        parent = (tree / folder).parent
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IWUSR:
            parent.chmod(mode | stat.S_IWUSR)
        try:
            files.remove_tree(tree / folder)
        finally:
            if not mode & stat.S_IWUSR:
                parent.chmod(mode)
    return folders


def _look(item: os.DirEntry[str], prefix: str) -> Found:
    path = prefix + item.name
    status = item.stat(follow_symlinks=False)
    mode = stat.S_IMODE(status.st_mode)
    if item.is_symlink():
        return Found(path, "link", 0, target=os.readlink(item.path))  # noqa: PTH115 - a Path would tidy the target up
    if item.is_dir(follow_symlinks=False):
        return Found(path, "folder", mode)
    if item.is_file(follow_symlinks=False):
        return Found(path, "file", mode, status.st_size, status.st_mtime_ns, status.st_ino)
    return Found(path, "other", mode)


def _entry(item: Found, sha256: str) -> Entry:
    if item.kind == "other":
        raise AssertionError(item.path)
    return Entry(
        path=item.path,
        kind=item.kind,
        mode=item.mode,
        owner="",
        size=item.size,
        mtime_ns=item.mtime_ns,
        inode=item.inode,
        sha256=sha256,
        target=item.target,
    )
