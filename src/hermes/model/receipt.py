"""What is kept beside a built environment: every file, who owns it, and the content digests."""

from dataclasses import dataclass
from typing import Literal

EntryKind = Literal["file", "link", "folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path of a built tree, relative to it with `/`.

    `mode` holds the permission bits. Files have `size`, `mtime_ns`, `inode` and `sha256`; links have `target`.
    `owner` is "name==version" of the distribution whose RECORD names it, "skeleton", or "overlay".
    """

    path: str
    kind: EntryKind
    mode: int
    owner: str
    size: int = 0
    mtime_ns: int = 0
    inode: int = 0
    sha256: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledFile:
    """A distribution file that was installed, and the content digest of what it installed (64 hex digits)."""

    package: str
    version: str
    file: str
    sha256: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Ingredients and contents of a built tree; `content` is the folded content digest."""

    format: int
    address: str
    key: str
    kind: Literal["environment", "overlay", "wheel"]
    name: str
    python: str
    interpreter_path: str
    created: float
    ingredients: tuple[tuple[str, str], ...]
    installed: tuple[InstalledFile, ...]
    content: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as the receipt has it, in words ("changed", "missing", "added", "mode", …)."""

    path: str
    owner: str
    what: str
