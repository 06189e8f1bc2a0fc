"""The wheel tags that a probed interpreter takes, best first, computed without running it again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging import tags

_OLDEST_GLIBC = {"x86_64": 5, "i686": 5}
"""The oldest minor version of glibc 2 that a manylinux tag names (PEP 600): 5 on x86, 17 elsewhere."""

_MANYLINUX = frozenset(
    {"x86_64", "i686", "aarch64", "armv7l", "armv8l", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64"}
)
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What of a probe decides about wheels.

    `version` is (3, 12), `suffix` the EXT_SUFFIX, `macos` the ("14.1", "arm64") of `platform.mac_ver()`.
    """

    implementation: str
    version: tuple[int, int]
    suffix: str
    platform: str
    libc: str
    pointer_bytes: int
    debug: bool
    free_threaded: bool
    macos: tuple[str, str] = ("", "")


def tags_of(build: Build) -> tuple[str, ...]:
    """Return what `packaging.tags.sys_tags()` would return inside the interpreter, as text."""
    platforms = _platforms(build)
    short = tags.INTERPRETER_SHORT_NAMES.get(build.implementation, build.implementation)
    name = f"{short}{build.version[0]}{build.version[1]}"
    if short == "cp":
        own = tags.cpython_tags(build.version, _cpython_abis(build), platforms)
        any_platform: str | None = name
    else:
        own = tags.generic_tags(name, _generic_abis(build.suffix), platforms)
        any_platform = "pp3" if short == "pp" else None
    return tuple(map(str, (*own, *tags.compatible_tags(build.version, any_platform, platforms))))


def _cpython_abis(build: Build) -> list[str]:
    plain = f"cp{build.version[0]}{build.version[1]}{'t' if build.free_threaded else ''}"
    # A debug build loads the extension modules of the plain one as well (since Python 3.8).
    return [f"{plain}d", plain] if build.debug else [plain]


def _generic_abis(suffix: str) -> list[str]:
    """Return the ABI in an EXT_SUFFIX: "pypy311_pp73" of ".pypy311-pp73-x86_64-linux-gnu.so"."""
    words = suffix.split(".")
    if len(words) < 3 or not words[1]:  # noqa: PLR2004 - "", ABI and platform, "so"
        return []
    parts = words[1].split("-")
    if parts[0].startswith("pypy"):
        parts = parts[:2]
    elif parts[0].startswith("graalpy"):
        parts = parts[:3]
    return [_normal("-".join(parts))]


def _platforms(build: Build) -> list[str]:
    if build.platform.startswith("linux"):
        return list(_linux(build))
    if build.platform.startswith("macosx") and build.macos[0]:
        major, minor = (*map(int, build.macos[0].split(".")[:2]), 0)[:2]
        arch = build.macos[1]
        if build.pointer_bytes == 4:  # noqa: PLR2004 - a 32-bit interpreter on a 64-bit system
            arch = "ppc" if arch.startswith("ppc") else "i386"
        return list(tags.mac_platforms((major, minor), arch))
    return [_normal(build.platform)]


def _linux(build: Build) -> Iterator[str]:
    arch = _normal(build.platform).removeprefix("linux_")
    if build.pointer_bytes == 4:  # noqa: PLR2004 - the same
        arch = {"x86_64": "i686", "aarch64": "armv8l"}.get(arch, arch)
    archs = ["armv8l", "armv7l"] if arch == "armv8l" else [arch]
    for one in archs:
        yield f"linux_{one}"
    kind, _, version = build.libc.partition(" ")
    match = re.match(r"(\d+)\.(\d+)", version)
    if match is None:
        return
    major, minor = int(match[1]), int(match[2])
    if kind == "musl":
        yield from (f"musllinux_{major}_{older}_{one}" for one in archs for older in range(minor, -1, -1))
    # Only the hard-float ABI of 32-bit ARM has manylinux wheels.
    elif kind == "glibc" and major == 2 and ("armv7l" not in archs or "gnueabihf" in build.suffix):  # noqa: PLR2004
        yield from _manylinux(archs, minor)


def _manylinux(archs: Sequence[str], newest: int) -> Iterator[str]:
    for arch in archs:
        if arch not in _MANYLINUX:
            continue
        for minor in range(newest, _OLDEST_GLIBC.get(arch, 17) - 1, -1):
            yield f"manylinux_2_{minor}_{arch}"
            if minor in _LEGACY:
                yield f"{_LEGACY[minor]}_{arch}"


def _normal(text: str) -> str:
    return re.sub(r"[-. ]", "_", text)


def build_of(answer: Mapping[str, object]) -> Build:
    """Return the part of a probe's answer that decides about wheels. Raises KeyError, TypeError or ValueError."""
    version = str(answer["version"]).split(".")
    macos = answer["macos"]
    if not isinstance(macos, list) or not isinstance(answer["pointer_bytes"], int):
        raise TypeError("not a probe's answer")
    return Build(
        implementation=str(answer["implementation"]),
        version=(int(version[0]), int(version[1])),
        suffix=str(answer["suffix"]),
        platform=str(answer["platform"]),
        libc=str(answer["libc"]),
        pointer_bytes=answer["pointer_bytes"],
        debug=bool(answer["debug"]),
        free_threaded=bool(answer["free_threaded"]),
        macos=(str(macos[0]), str(macos[1])),
    )
