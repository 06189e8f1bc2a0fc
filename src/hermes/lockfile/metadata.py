"""The digest of what a build backend may read its answers from: a change means that it has to be asked again."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from typing import Any

# Tables of tools that build backends do not read. Any other table counts, so that a backend's own settings and
# those of its plugins are never missed; editing a linter's settings does not make a lock stale.
_NOT_FOR_BACKENDS = frozenset(
    """
    bandit basedpyright black bumpversion check-manifest check-wheel-contents cibuildwheel codespell commitizen
    coverage deptry docformatter flake8 hypothesis importlinter interrogate isort mutmut mypy nox pydocstyle pylint
    pyright pytest pytype pyupgrade refurb repo-review ruff semantic_release towncrier tox ty typos vulture yapf
    """.split()  # noqa: SIM905 - forty names are easier to read as words
)

# What is static there is compared requirement by requirement; a new version or classifier changes no dependency.
_READ_OF_PROJECT = frozenset({"name", "dynamic"})
_DESCRIPTION = frozenset(
    {"version", "description", "authors", "maintainers", "readme", "license", "homepage", "repository", "documentation"}
    | {"keywords", "classifiers", "urls", "packages", "include", "exclude"}
)
"""Keys of [tool.poetry] that say nothing of dependencies."""


def digest(files: Mapping[str, str]) -> str:
    """Return the hex sha256 over metadata files by name; of pyproject.toml what a build backend may read."""
    content = {name: _relevant(text) if name == "pyproject.toml" else text for name, text in files.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def of_installation(pyproject: str) -> str:
    """Return the hex sha256 of all that an installation takes from pyproject.toml: scripts and version as well."""
    table = tomllib.loads(pyproject)
    content = {"build-system": table.get("build-system"), "project": table.get("project"), "tool": _tools(table)}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _relevant(pyproject: str) -> dict[str, Any]:
    table = tomllib.loads(pyproject)
    tools = _tools(table)
    project = {name: value for name, value in table.get("project", {}).items() if name in _READ_OF_PROJECT}
    if isinstance(tools.get("poetry"), dict):
        tools["poetry"] = {name: value for name, value in tools["poetry"].items() if name not in _DESCRIPTION}
    return {"build-system": table.get("build-system"), "project": project, "tool": tools}


def _tools(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.get("tool", {}).items() if name not in _NOT_FOR_BACKENDS}
