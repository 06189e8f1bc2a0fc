"""`hermes` called in the process of the test, in a folder of the test's own."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hermes.cli.main import main
from hermes.system import dirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a call of hermes ended and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Calls hermes in `folder`; `read` gives what was written to the standard streams since it was called last."""

    folder: Path
    read: Callable[[], Any]

    def __call__(self, *words: str) -> Said:
        """Call hermes; --help and --version, which end the process, end the call."""
        self.read()
        try:
            status = main(words)
        except SystemExit as end:
            status = int(end.code or 0)
        captured = self.read()
        return Said(status=status, out=captured.out, err=captured.err)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def prepare(folder: Path, patch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> Path:
    """Make a project's folder and stand in it, with these environment variables and hardly any others."""
    project = folder / "project"
    project.mkdir()
    patch.chdir(project)
    for name in list(os.environ):
        if not name.startswith(("COVERAGE_", "COV_", "PYTEST_")):
            patch.delenv(name)
    own = {"PATH": "/usr/bin:/bin", "HOME": str(folder / "home"), dirs.OVERRIDE: str(folder / "cache")}
    for name, value in {**own, **variables}.items():
        patch.setenv(name, value)
    return project
