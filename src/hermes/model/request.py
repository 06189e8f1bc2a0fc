"""What a user writes to ask for a Python: "3.11", "3.12.1", "3.13t", "pypy3.11", ">=3.12,<3.14" or a path."""

import json
import re
from dataclasses import dataclass
from typing import Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

RequestKind = Literal["version", "exact", "range", "path"]

EXPECTED = 'a Python such as "3.12", "3.12.1", "3.13t", "pypy3.11", a range such as ">=3.12,<3.14", or a path with a /'

_VERSION = re.compile(r"(?P<pypy>pypy)?(?P<release>\d+\.\d+)(?P<rest>\.\d+(?:(?:a|b|rc)\d+)?)?(?P<threaded>t)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRequest:
    """A parsed request; `text` is as written.

    `kind` "version" is a minor version ("3.12"), "exact" a full one ("3.12.1"), both in `version`; "range" is a
    PEP 440 specifier, normalised, in `version`, and means the newest found; "path" is an interpreter's path in `text`,
    relative to the project or absolute, with `version` empty. `implementation` is a `sys.implementation.name`, or
    empty for a path.
    """

    text: str
    kind: RequestKind
    implementation: Literal["cpython", "pypy", ""]
    version: str
    free_threaded: bool = False

    @property
    def canonical(self) -> str:
        """The one spelling of this request: two requests with the same one ask for the same Python."""
        return self.version if self.kind == "range" else self.text

    def matches(self, implementation: str, version: str, free_threaded: bool) -> bool:
        """Say whether an interpreter with this `sys.implementation.name` and full version is what was asked for.

        "3.14" takes prereleases of 3.14; a range takes them only where it names one. A path takes whatever is there.
        """
        if self.kind == "path":
            return True
        if implementation.lower() != self.implementation or free_threaded != self.free_threaded:
            return False
        candidate = Version(version.removesuffix("+"))  # CPython built from a checkout calls itself "3.12.1+"
        if self.kind == "version":
            return ".".join(map(str, candidate.release[:2])) == self.version
        if self.kind == "exact":
            return candidate == Version(self.version)
        specifiers = SpecifierSet(self.version)
        return specifiers.contains(candidate, prereleases=bool(specifiers.prereleases))

    def specifier(self) -> str | None:
        """Give the PEP 440 specifier of the Python versions that this stands for; None for a path."""
        if self.kind == "version":
            return f"=={self.version}.*"
        if self.kind == "exact":
            return f"=={self.version}"
        return self.version if self.kind == "range" else None


def parse_request(text: str) -> PythonRequest:
    """Parse a request as written; ValueError says what was expected."""
    if "/" in text or "\\" in text:
        return PythonRequest(text=text, kind="path", implementation="", version="")
    if text[:1] in {"<", ">", "=", "!", "~"}:
        return _parse_range(text)
    match = _VERSION.fullmatch(text)
    if match is None or (match["pypy"] and match["threaded"]):
        raise ValueError(f"{json.dumps(text)} is not a Python: expected {EXPECTED}")
    return PythonRequest(
        text=text,
        kind="exact" if match["rest"] else "version",
        implementation="pypy" if match["pypy"] else "cpython",
        version=match["release"] + (match["rest"] or ""),
        free_threaded=match["threaded"] is not None,
    )


def _parse_range(text: str) -> PythonRequest:
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f'{json.dumps(text)} is not a range of Pythons: expected one such as ">=3.12,<3.14"') from None
    if any(specifier.operator == "===" for specifier in specifiers):
        raise ValueError(f"{json.dumps(text)} is not a range of Pythons: write == instead of ===")
    return PythonRequest(text=text, kind="range", implementation="cpython", version=str(specifiers))
