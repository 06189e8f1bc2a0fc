"""The state of a package's sources, by content and never by modification times: which files, and their digest.

A digest takes names, executable bits and contents; a link that stays inside the sources counts as its target's name,
one that leaves them as the contents it leads to.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes.model.project import Package
from hermes.system.processes import Processes

_NEVER_SOURCES = re.compile(
    r"\.git|\.hg|\.svn|\.bzr|\.venv|venv|\.tox|\.nox|\.eggs|__pycache__|__pypackages__|node_modules|\.cache|\.coverage"
    r"|\.(?:mypy|ruff|pytest)_cache|\.hypothesis|\.DS_Store|\.idea|\.coverage\..*|.*\.egg-info|.*\.py[co]|.*\.swp|.*~|.*\.o"
    r"|.*\.(?:cpython-|pypy|graalpy|abi3).*so|.*\.cp\d+.*-.*\.pyd"
)
"""Names of files and folders that are no sources, at any depth, unless git tracks them."""

_NATIVE_OUTPUTS = re.compile(r".*\.(?:so|pyd|dylib)")
"""Names of files that are no sources where git does not track them; without git, they may have come with these."""

_OWN = frozenset({"envfile.toml", "envfile.lock"})
"""Hermes's own files beside pyproject.toml: no wheel is made of them."""

_OUTPUTS = frozenset({"build", "dist", "site"})
"""Names of folders beside pyproject.toml that tools write to, unless they are packages or git tracks them."""

_THREADS = 4

_READS_GIT = re.compile(r".*(scm|vcs|git|versioning).*|pbr|versioneer|dunamai|miniver|pdm-backend")
"""Names of build requirements that read a version from git."""

_GIT_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files of a package's sources: paths relative to `root`, with `/`, sorted.

    Where a backend may read the version from git, `revision` describes the commit and `git_folder` is its repository.
    """

    root: Path
    files: tuple[str, ...]
    revision: str = ""
    git_folder: Path | None = None


def find(root: Path, package: Package, *, processes: Processes, path: str) -> Sources:
    """Return the sources in a folder: as git lists them, where git is on PATH and tracks the folder, else by a walk."""
    git = _Git(root=root, processes=processes, path=path)
    listing = git.ask("ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard")
    files = None if listing is None or "\ufffd" in listing else from_git(root, listing)
    if files is None:
        return Sources(root=root, files=walk(root))
    if not reads_git(package):
        return Sources(root=root, files=tuple(path for path in files if path not in _OWN))
    # Here hermes's own files stay if they are tracked: git would call a copy without them, or with others, modified.
    folder = git.ask("rev-parse", "--absolute-git-dir")
    described = git.ask("describe", "--always", "--long", "--tags", "--abbrev=40") or ""
    own = (root / ".git").exists()
    return Sources(
        root=root, files=files, revision=described.strip(), git_folder=Path(folder.strip()) if folder and own else None
    )


def reads_git(package: Package) -> bool:
    """Say whether a build requirement of a package may read the version from git."""
    names = (canonicalize_name(Requirement(requirement.text).name) for requirement in package.build_requires)
    return any(map(_READS_GIT.fullmatch, names))


def walk(root: Path) -> tuple[str, ...]:
    """Return every file below a folder except what is never sources."""
    return tuple(sorted(_below(root, "")))


def from_git(root: Path, listing: str) -> tuple[str, ...] | None:
    """Return the files that `git ls-files -z -t --cached --others` listed, as far as they are there.

    An untracked file that is never sources is left out; submodules and untracked repositories are walked. None where
    the listing has no build instructions, as in a folder that git ignores as a whole.
    """
    files: set[str] = set()
    for record in filter(None, listing.split("\0")):
        tracked, path = record[0] != "?", record[2:].rstrip("/")
        if not tracked and _is_left_out(root, path):
            continue
        full = root / path
        if full.is_dir() and not full.is_symlink():
            files.update(f"{path}/{name}" for name in _below(full, ""))
        elif os.path.lexists(full):
            files.add(path)
    if not files & {"pyproject.toml", "setup.py"}:
        return None
    return tuple(sorted(files))


def wheel_digest(sources: Sources) -> str:
    """Return the hex sha256 of all that a wheel may be made of."""
    return digest(sources.root, sources.files, purpose="wheel", extra=(sources.revision,))


def digest(root: Path, files: Iterable[str], *, purpose: str, extra: Iterable[str] = ()) -> str:
    """Return the hex sha256 over names, executable bits and contents of files, and over further texts."""
    folded = hashlib.sha256(purpose.encode())
    ordered = sorted(files)
    with ThreadPoolExecutor(_THREADS) as pool:
        for path, state in zip(ordered, pool.map(lambda path: _state(root, root / path), ordered), strict=True):
            folded.update(f"\0{path}\0{state}".encode("utf-8", "surrogateescape"))
    for text in extra:
        folded.update(f"\0\0{text}".encode("utf-8", "surrogateescape"))
    return folded.hexdigest()


def copy(sources: Sources, target: Path) -> None:
    """Copy the sources to a folder that is not there yet; links that leave the sources become what they lead to."""
    target.mkdir(parents=True)
    for path in sources.files:
        source, copied = sources.root / path, target / path
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink() and _stays_inside(sources.root, source):
            copied.symlink_to(source.readlink())
        elif source.is_dir():
            shutil.copytree(source, copied, symlinks=True, ignore_dangling_symlinks=True)
        elif source.exists():
            shutil.copyfile(source, copied)
            copied.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    if sources.git_folder is not None:
        _share_repository(sources.git_folder, target / ".git")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Git:
    """The git on PATH, asked about a folder; nothing that the repository configures is run, nothing is written."""

    root: Path
    processes: Processes
    path: str

    def ask(self, *arguments: str) -> str | None:
        """Return what git prints, None where there is no git, no work tree or no answer."""
        program = shutil.which("git", path=self.path)
        if program is None or not any((folder / ".git").exists() for folder in (self.root, *self.root.parents)):
            return None
        completed = self.processes.run(
            [program, "-c", "safe.directory=*", "-c", "core.fsmonitor=false", *arguments],
            env={
                "PATH": self.path,
                "LC_ALL": "C.UTF-8",
                "HOME": os.devnull,
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_OPTIONAL_LOCKS": "0",
            },
            cwd=self.root,
            timeout=_GIT_TIMEOUT,
        )
        return completed.stdout if completed.status == 0 else None


def _share_repository(repository: Path, target: Path) -> None:
    """Make a git folder as a linked work tree has one: objects and refs shared, HEAD and index its own.

    Even `git describe --dirty` writes the index that it finds; it must not be the user's.
    """
    target.mkdir()
    pointer = repository / "commondir"
    shared = repository / pointer.read_text(encoding="utf-8").strip() if pointer.exists() else repository
    (target / "commondir").write_text(f"{os.path.normpath(shared)}\n", encoding="utf-8", errors="surrogateescape")
    for name in ("HEAD", "index"):
        if (repository / name).exists():
            shutil.copyfile(repository / name, target / name)


def _state(root: Path, path: Path) -> str:
    try:
        if path.is_symlink() and _stays_inside(root, path):
            return f"link {path.readlink()}"
        if path.is_dir():
            return f"folder {digest(path, walk(path), purpose='folder')}"
        with path.open("rb") as file:
            executable = os.fstat(file.fileno()).st_mode & 0o100
            return f"{'run' if executable else 'file'} {hashlib.file_digest(file, 'sha256').hexdigest()}"
    except FileNotFoundError:  # deleted since it was listed, or a link that leads nowhere
        return "gone"


def _stays_inside(root: Path, link: Path) -> bool:
    target = link.readlink()
    return not target.is_absolute() and Path(os.path.normpath(link.parent / target)).is_relative_to(root)


def _below(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder / prefix) as entries:
        for entry in entries:
            name, path = entry.name, f"{prefix}{entry.name}"
            if _NEVER_SOURCES.fullmatch(name) or (not prefix and (name in _OWN or _is_output(folder, name))):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not os.path.lexists(f"{entry.path}/pyvenv.cfg"):
                    yield from _below(folder, f"{path}/")
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                yield path


def _is_left_out(root: Path, path: str) -> bool:
    parts = PurePosixPath(path).parts
    return (
        any(map(_NEVER_SOURCES.fullmatch, parts))
        or _NATIVE_OUTPUTS.fullmatch(parts[-1]) is not None
        or path in _OWN
        or _is_output(root, parts[0])
    )


def _is_output(root: Path, name: str) -> bool:
    return name in _OUTPUTS and (root / name).is_dir() and not (root / name / "__init__.py").exists()
