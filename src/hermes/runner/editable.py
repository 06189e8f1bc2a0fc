"""What an editable install depends on: metadata, scripts, data files, native code and the set of packages.

The contents of Python modules are left out on purpose: they are run from where they lie, so editing them needs no new
install. Those that the metadata is read from (a version in `__init__.py`) count, where the metadata is dynamic.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from hermes.lockfile import metadata
from hermes.runner import sources
from hermes.runner.sources import Sources

_INSTRUCTIONS = frozenset({"setup.py", "setup.cfg", "MANIFEST.in", "hatch_build.py", "PKG-INFO"})
# fmt: off
_NATIVE = frozenset({
    ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".inl", ".m", ".mm", ".f", ".f77", ".f90", ".f95",
    ".pyx", ".pxd", ".pxi", ".rs", ".go", ".s", ".asm", ".cu", ".cuh", ".i", ".swg", ".l", ".y", ".cmake", ".in",
    ".build", ".options", ".mk", ".zig", ".d",
})
# fmt: on
_NATIVE_NAMES = frozenset(
    {"Cargo.toml", "Cargo.lock", "CMakeLists.txt", "meson.build", "meson.options", "Makefile", "build.rs", "Kconfig"}
)
_VERSION_MODULE = re.compile(r"_*(?:init|version|about|meta|metadata|info|release)_*\.py")
_WORD = re.compile(r"[\w@.+~/-]+")
_GLOB = re.compile(r"[^/]*[*?\[]")
_BACKENDS = ("setuptools", "hatch", "flit", "pdm", "poetry", "maturin", "scikit-build", "meson", "uv", "distutils")
"""Tools (by the beginning of their names) whose tables in pyproject.toml name files that an install is made of."""

_DATA_TABLES = frozenset({"shared-data", "shared-scripts", "data-files", "external-data", "extra-metadata", "data"})


def digest(found: Sources, *, backend_path: Iterable[str] = ()) -> str:
    """Return the hex sha256 of what an editable install depends on; modules below `backend_path` count as well."""
    text = _read(found, "pyproject.toml")
    pyproject = tomllib.loads(text)
    contents = depends_on(
        found.files,
        pyproject=pyproject,
        other=(_read(found, "setup.py"), _read(found, "setup.cfg")),
        backend_path=backend_path,
    )
    return sources.digest(
        found.root,
        contents,
        purpose="editable",
        extra=(metadata.of_installation(text), *packages(found.files), found.revision),
    )


def depends_on(
    files: Iterable[str], *, pyproject: Mapping[str, Any], other: Iterable[str], backend_path: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the files whose contents an editable install depends on, beside pyproject.toml.

    `other` are the texts of setup.py and setup.cfg: a file that they or pyproject.toml name counts.
    """
    known = frozenset(files)
    words = {_normal(word) for text in (*_texts(pyproject), *other) for word in (text, *_WORD.findall(text))}
    named = {path for word in words for path in _files_of(word) if path in known}
    in_tree = tuple(map(_normal, backend_path))
    folders = tuple(f"{folder}/" for folder in (*in_tree, *_data_folders(pyproject)))
    dynamic = "project" not in pyproject or bool(pyproject["project"].get("dynamic"))
    return tuple(
        sorted(
            path
            for path in known - {"pyproject.toml"}
            if path in named
            or path in _INSTRUCTIONS
            or path.startswith(folders)
            or _is_native(path)
            or ("" in in_tree and path.endswith(".py") and "/" not in path)
            or (dynamic and _VERSION_MODULE.fullmatch(PurePosixPath(path).name))
        )
    )


def packages(files: Iterable[str]) -> tuple[str, ...]:
    """Return the folders that hold Python modules, and the modules that belong to no folder but the sources' own."""
    found = set()
    for path in files:
        if path.endswith((".py", ".pyi", "/py.typed")):
            folder = str(PurePosixPath(path).parent)
            found.add(path if folder in {".", "src", "lib"} else f"{folder}/")
    return tuple(sorted(found))


def _texts(pyproject: Mapping[str, Any]) -> Iterator[str]:
    yield from _strings(pyproject.get("project", {}))
    for name, table in pyproject.get("tool", {}).items():
        if name.startswith(_BACKENDS):
            yield from _strings(table)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _data_folders(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _DATA_TABLES:
                yield from filter(None, (_normal(_GLOB.split(text)[0]) for text in _strings(inner)))
            else:
                yield from _data_folders(inner)


def _files_of(word: str) -> tuple[str, ...]:
    """Return the paths that a word may name: itself, or the modules behind a dotted name (`pkg.about.VERSION`)."""
    candidates = [word]
    dotted = word.split(".")
    if len(dotted) > 1 and all(part.isidentifier() for part in dotted):
        for parts in (dotted, dotted[:-1]):
            module = "/".join(parts)
            candidates += [f"{base}{module}{end}" for base in ("", "src/", "lib/") for end in (".py", "/__init__.py")]
    return tuple(candidates)


def _is_native(path: str) -> bool:
    pure = PurePosixPath(path)
    return pure.suffix.lower() in _NATIVE or pure.name in _NATIVE_NAMES


def _normal(path: str) -> str:
    return path.removeprefix("./").rstrip("/").removesuffix(".")


def _read(found: Sources, name: str) -> str:
    if name not in found.files:
        return ""
    return (found.root / name).read_text(encoding="utf-8", errors="replace")
