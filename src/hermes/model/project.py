"""What an envfile declares: environments and sessions, checked and expanded, with where each value stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PackageMode = Literal["editable", "wheel", "none"]
Isolation = Literal["none", "env"]

BUILD_ENVIRONMENT = ".build"
"""The environment with the build requirements of the package under test; no user's name starts with a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a value stands: file name as the user knows it, 1-based line, dotted key path."""

    file: str
    line: int
    key: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One PEP 508 requirement in canonical text (`packaging.requirements.Requirement`'s `str`), and who asks for it."""

    text: str
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a session: `words` (templates, substituted one by one) or `shell` (a template for `sh -c`)."""

    words: tuple[str, ...] = ()
    shell: str | None = None
    ignore_failure: bool = False
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A named set of requirements; `python` as written, `pins` a path relative to the project."""

    name: str
    requirements: tuple[Requirement, ...] = ()
    pins: str | None = None
    package: PackageMode = "none"
    extras: tuple[str, ...] = ()
    python: tuple[str, ...]
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What to run in an environment. `environment` always names a key of `Project.environments`.

    `directory_where` is None where nothing says the directory.
    """

    name: str
    environment: str
    layer: str | None
    python: tuple[str, ...]
    run: tuple[Command, ...]
    env: Mapping[str, str]
    pass_env: tuple[str, ...] = ()
    pass_env_unkeyed: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    externals: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    directory: str = "."
    directory_where: Where | None = None
    only_on: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    default: bool = True
    allow_failure: bool = False
    isolation: Isolation = "env"
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The package under test, as pyproject.toml declares it.

    `dependencies` or `extras` are None where they are dynamic (or there is no [project] table): the build backend is
    asked by `hermes lock`. `backend_path` and `metadata_files` are relative to the project; `metadata_files` are the
    files that dynamic metadata may be read from and that exist (pyproject.toml, setup.py, setup.cfg, and the files
    that [tool.setuptools.dynamic] names). `scripts` are the programs that it installs, None where
    pyproject.toml alone does not say.
    """

    name: str | None
    dependencies: tuple[Requirement, ...] | None
    extras: Mapping[str, tuple[Requirement, ...]] | None
    build_requires: tuple[Requirement, ...]
    backend: str
    backend_path: tuple[str, ...] = ()
    metadata_files: tuple[str, ...] = ()
    static_metadata: bool = True
    scripts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A checked envfile in the absolute folder `root`; `package` is None where there is nothing to install."""

    root: str
    envfile: str
    python: tuple[str, ...]
    python_downloads: bool = False
    layers: tuple[str, ...]
    environments: Mapping[str, Environment]
    sessions: Mapping[str, Session]
    package: Package | None = None
