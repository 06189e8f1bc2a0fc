"""The project's files, read and handed to the parsers: envfile, pyproject.toml, pins, lock."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from hermes.envfile import parse as envfile
from hermes.errors import EnvfileError, UsageError
from hermes.lockfile import metadata, pins, read, wanted
from hermes.model.lock import Lock, LockedMetadata, WantedEnvironment
from hermes.model.project import Project
from hermes.system import files

ENVFILE = "envfile.toml"
LOCK = "envfile.lock"


def find(start: Path) -> Path:
    """Return the envfile of a folder or of its nearest parent that has one."""
    folder = start.resolve()
    if not folder.is_dir():
        raise UsageError(f"{start}: no such folder")
    for candidate in (folder, *folder.parents):
        if (candidate / ENVFILE).is_file():
            return candidate / ENVFILE
    raise UsageError(
        f"no {ENVFILE} in {folder} or a parent of it",
        hint='write one; the smallest is: python = ["3.12"] and [sessions.unit] with requirements and run',
    )


def project(start: Path) -> Project:
    """Return the checked project of a folder. Raises EnvfileError with every problem."""
    path = find(start)
    root = path.parent
    text = files.read_text_or_none(path, error=EnvfileError)
    if text is None:
        raise EnvfileError(f"{path}: cannot be read")
    pyproject = files.read_text_or_none(root / "pyproject.toml", error=EnvfileError)
    return envfile.parse(
        text,
        file=ENVFILE,
        root=str(root),
        pyproject=pyproject,
        has_setup_py=(root / "setup.py").is_file(),
        exists=lambda name: (root / name).is_file(),
        version=version("hermes-runner"),
    )


def lock(path: Path) -> Lock | None:
    """Return the lock at a path, or None where there is none. Raises LockError where it is malformed."""
    text = files.read_text_or_none(path)
    return None if text is None else read.parse(text, file=path.name)


def metadata_digest(project: Project) -> str | None:
    """Return the digest of the files that the package's build backend reads, None without a package."""
    if project.package is None:
        return None
    texts = {name: files.read_text_or_none(Path(project.root) / name) or "" for name in project.package.metadata_files}
    return metadata.digest(texts)


def pinned(project: Project) -> Mapping[str, pins.Pins]:
    """Return the parsed pins files by the path that environments name them with."""

    def reader(name: str) -> str | None:
        return files.read_text_or_none(Path(project.root) / name)

    names = {environment.pins for environment in project.environments.values() if environment.pins}
    return {name: pins.parse(name, reader) for name in sorted(names)}


def wants(project: Project, answers: LockedMetadata | None) -> tuple[WantedEnvironment, ...]:
    """Return what each environment asks of the lock, given what the build backend answered."""
    return wanted.wanted(project, answers, pinned(project))
