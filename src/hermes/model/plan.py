"""What a run will do: environments to have, jobs to run in them, and what is skipped, with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from hermes.model.interpreter import Interpreter
from hermes.model.project import PackageMode, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedFile:
    """The one file of a locked package that fits an interpreter best; `package` is the normalised name."""

    package: str
    version: str
    file: str
    sha256: str
    content: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """One environment on one interpreter; `files` are sorted by package.

    `python` is the request, or for a range or a path the version that was found. `key` is the digest of everything
    that determines the environment, without paths; `address` is key, interpreter path and file identity: where it lies
    in the store. Both are 64 hex digits.
    """

    name: str
    python: str
    interpreter: Interpreter
    files: tuple[SelectedFile, ...]
    key: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One session on one interpreter. `environment` and `build` are keys of `Plan.environments`.

    `build` is the environment that builds the package under test, None where `package` is "none".
    """

    id: str
    session: Session
    python: str
    package: PackageMode
    environment: tuple[str, str]
    build: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A job that will not run, and why."""

    id: str
    session: str
    python: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Jobs in the order in which they are to run (layers first), environments by (name, python request)."""

    jobs: tuple[Job, ...]
    skipped: tuple[Skip, ...]
    environments: Mapping[tuple[str, str], EnvironmentSpec]
    layers: tuple[str, ...]
