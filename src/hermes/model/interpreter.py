"""A Python that can be run, as probing it once told, and the identity of the file that was probed."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """What tells one state of a file from another without reading it (ctime left out: hard links change it)."""

    size: int
    mtime_ns: int
    inode: int
    device: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A probed interpreter.

    `path` is the absolute executable to run, `real_path` the file behind it with `identity`. `version` is full
    ("3.12.1", "3.14.0rc1"), `build` is the text of `sys.version` in one line, `abi` is SOABI or cache tag,
    `platform` is `sysconfig.get_platform()`, `libc` is "glibc 2.36", "musl 1.2" or "". `base_prefix` is where it
    lives. `markers` is the PEP 508 marker environment; `tags` are the wheel tags it takes, best first, as text.
    """

    path: str
    real_path: str
    identity: FileIdentity
    implementation: str
    version: str
    build: str
    abi: str
    platform: str
    libc: str
    free_threaded: bool
    base_prefix: str
    markers: Mapping[str, str]
    tags: tuple[str, ...]

    @property
    def minor(self) -> str:
        """The "3.12" of "3.12.1"."""
        return ".".join(self.version.split(".")[:2])
