"""What a wheel installs, in a form that does not depend on where, by whom and on which patch level it was installed.

This module decides, on text and bytes alone; `content` reads the tree. docs/fingerprint.md is its specification,
tests/vectors/content.json holds examples. Whoever changes a line of what is digested gives it a new name in CONTENT.
"""

import configparser
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hermes.model.receipt import Entry, InstalledFile

CONTENT = "hermes-content-1"
"""The format of the text whose digest is a content digest."""

ENVIRONMENT = "hermes-environment-1"
"""The format of the text that folds the content digests of an environment's files into one."""

FileClass = Literal["plain", "exec", "script"]

_NOT_DIGESTED = {
    "RECORD": "it lists the files of this installation, with their hashes",
    "INSTALLER": "it names the installer",
    "REQUESTED": "it says who asked for the distribution",
    "direct_url.json": "it says where the archive was taken from",
    "uv_cache.json": "it is the installer's own note of when it built the archive",
}
_SITE = re.compile(r"lib/[^/]+/site-packages|Lib/site-packages")
_VERSION_AT_END = re.compile(r"-?[0-9]+(\.[0-9]+)*$")
_OWN_PYTHON = rb"(?:python|pythonw|pypy)[0-9.]*t?"
_PLACEHOLDER = re.compile(rb"#!pythonw?(?:[ \t][^\n]*)?(?:\n|\Z)")
_RELOCATABLE = re.compile(
    rb"#!/bin/sh\n'''exec' \"\$\(dirname -- (?:\"\$\(realpath -- \"\$0\"\)\"|\"\$0\")\)\"/'?"
    + _OWN_PYTHON
    + rb"'? \"\$0\" \"\$@\"\n' '''\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Where an environment keeps things, relative to its root, such as "lib/python3.12/site-packages" and "bin"."""

    site: str
    scripts: str
    headers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalFile:
    """One file in the normal form: scheme-relative path, sha256 of its normal bytes, and its class."""

    path: str
    sha256: str
    kind: FileClass


def find_scheme(entries: Iterable[Entry]) -> Scheme | None:
    """Return the scheme of a tree by its one site-packages folder ("lib/*/site-packages"), None where it has none."""
    for entry in entries:
        if entry.kind == "folder" and _SITE.fullmatch(entry.path):
            return scheme(entry.path)
    return None


def scheme(site: str) -> Scheme:
    """Return the scheme of an environment with this site-packages folder."""
    if site.startswith("Lib/"):
        return Scheme(site=site, scripts="Scripts", headers="Include/site")
    version = site.split("/")[-2]
    return Scheme(site=site, scripts="bin", headers=f"include/site/{version}")


def normal_path(path: str, where: Scheme) -> str:
    """Return a path of the tree in terms of the scheme: "site-packages/…", "scripts/…", "headers/…" or "data/…"."""
    for folder, name in ((where.site, "site-packages"), (where.scripts, "scripts")):
        if path.startswith(f"{folder}/"):
            return f"{name}/{path[len(folder) + 1 :]}"
    if path.startswith(f"{where.headers}/"):
        # The folder between is the distribution's name, which installers spell in different ways.
        return "headers/" + path[len(where.headers) + 1 :].partition("/")[2]
    return f"data/{path}"


def why_left_out(path: str) -> str | None:
    """Return why a file (by its normal path) is not digested, or None where it is."""
    parts = path.split("/")
    if "__pycache__" in parts[:-1]:
        return "it is bytecode, which holds paths and times"
    if len(parts) == 3 and parts[0] == "site-packages" and parts[1].endswith(".dist-info"):  # noqa: PLR2004
        return _NOT_DIGESTED.get(parts[2])
    return None


def entry_points(text: str) -> Mapping[str, str]:
    """Return the console and GUI scripts that an entry_points.txt asks for: name -> "module:attribute".

    Text that is no such file asks for none.
    """
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False, default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign] # names of scripts keep their case
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {
        name: "".join(value.partition("[")[0].split())
        for section in ("console_scripts", "gui_scripts")
        if parser.has_section(section)
        for name, value in parser.items(section)
    }


def is_generated(name: str, data: bytes, scripts: Mapping[str, str]) -> bool:
    """Say whether a file in the scripts folder is what an installer writes for an entry point.

    Each installer writes another text, so that the file cannot be digested; entry_points.txt, which determines it, is.
    A file with an entry point's name that does not import that entry point is not taken for one. Names count without a
    version at their end: an installer writes `pip3.12` on Python 3.12 where the archive of pip asks for `pip3.11`.
    """
    stem = _VERSION_AT_END.sub("", name.removesuffix(".exe"))
    targets = [target for other, target in scripts.items() if _VERSION_AT_END.sub("", other) == stem]
    if name.endswith(".exe"):
        return bool(targets)
    return any(_imports(data, target) for target in targets)


def _imports(data: bytes, target: str) -> bool:
    module, _, attribute = target.partition(":")
    wanted = rb"^from %b import %b\b" % (re.escape(module.encode()), re.escape(attribute.partition(".")[0].encode()))
    return bool(module) and re.search(wanted, data, re.MULTILINE) is not None


def normal_script(data: bytes, root: str) -> bytes:
    """Return a script with the lines that start this environment's own interpreter as the archive has them, `#!python`.

    `root` is the environment's folder. Lines that start anything else are left as they are.
    """
    own = re.escape(root.encode("utf-8", "surrogateescape").rstrip(b"/")) + rb"/(?:bin|Scripts)/" + _OWN_PYTHON
    absolute = re.compile(rb"#!\"?" + own + rb"(?:\.exe)?\"?(?:[ \t][^\n]*)?(?:\n|\Z)")
    through_shell = re.compile(rb"#!/bin/sh\n'''exec' [\"']?" + own + rb"[\"']? \"\$0\" \"\$@\"\n' '''\n")
    for form in (_PLACEHOLDER, _RELOCATABLE, absolute, through_shell):
        match = form.match(data)
        if match:
            return b"#!python\n" + data[match.end() :]
    return data


def file_class(path: str, *, executable: bool) -> FileClass:
    """Return the class of a file by its normal path; in the scripts folder, installers differ in what is executable."""
    if path.startswith("scripts/"):
        return "script"
    return "exec" if executable else "plain"


def content_text(files: Iterable[NormalFile]) -> str:
    """Return the text whose digest is the content digest of one distribution file."""
    return _text(CONTENT, ((file.path, f"{file.kind} {file.sha256} {escaped(file.path)}") for file in files))


def content(files: Iterable[NormalFile]) -> str:
    """Return the content digest of one distribution file, 64 hex digits."""
    return digest(content_text(files))


def fold_text(installed: Iterable[InstalledFile]) -> str:
    """Return the text whose digest is the content digest of an environment."""
    lines = [f"{i.package} {i.version} {escaped(i.file)} {i.sha256} {i.content}" for i in installed]
    return _text(ENVIRONMENT, zip(lines, lines, strict=True))


def fold(installed: Iterable[InstalledFile]) -> str:
    """Return the content digest of an environment: one over those of its distribution files, whatever their order."""
    return digest(fold_text(installed))


def digest(text: str) -> str:
    """Return the sha256 of a text; names that are no UTF-8 come back as the bytes that they were."""
    return digest_bytes(text.encode("utf-8", "surrogateescape"))


def digest_bytes(data: bytes) -> str:
    """Return the sha256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def escaped(name: str) -> str:
    r"""Return a name that stays on its line: a backslash, newline and return as `\\`, `\n` and `\r`."""
    return name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _text(form: str, lines: Iterable[tuple[str, str]]) -> str:
    ordered = sorted((sort_by.encode("utf-8", "surrogateescape"), line) for sort_by, line in lines)
    return "".join(f"{line}\n" for line in (form, *(line for _, line in ordered)))
