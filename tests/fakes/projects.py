"""Small projects in folders of a test's own, and the installed `hermes` command, run on them as a user types it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Self

from uv import find_uv_bin

import hermes
from fakes import overlays, wheels
from fakes.index import Index
from fakes.unprivileged import NOBODY, Unprivileged
from hermes.lockfile import read
from hermes.model.lock import Lock
from hermes.system import dirs

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
INTERPRETER = str(getattr(sys, "_base_executable", sys.executable))

PLAIN = """\
python = ["{python}"]

[sessions.unit]
requirements = ["Dotted.Name-x"]
run = ["alpha", "python -c 'import dotted_name_x; print(dotted_name_x.where)'"]
"""
"""An envfile without a package; `unit-X.Y` is its only job, `unit` its only environment."""

PACKAGE = """\
python = ["{python}"]

[environments.source]
requirements = ["Dotted.Name-x"]
package = "editable"

[environments.installed]
package = "wheel"

[sessions.unit]
environment = "source"
run = ["alpha", "mine"]

[sessions.smoke]
environment = "installed"
run = ["alpha", "mine"]
"""
"""An envfile with the package `mine`, as editable and as wheel; its backend lies in its own tree."""

_PYPROJECT = """\
[build-system]
requires = ["wheel-maker"]
build-backend = "backend"
backend-path = ["_build"]

[project]
name = "mine"
version = "1.0"
dependencies = ["alpha>=1"]
"""
_BACKEND = """\
import pathlib

import wheel_maker

SCRIPTS = "[console_scripts]\\nmine = mine:main\\n"


def _make(target, files):
    made = wheel_maker.make_wheel(pathlib.Path(target), "mine", "1.0", files=files, entry_points=SCRIPTS)
    return made.name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _make(wheel_directory, {"mine.py": pathlib.Path("src/mine.py").read_bytes()})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _make(wheel_directory, {"mine.pth": f"{pathlib.Path.cwd() / 'src'}\\n"})
"""
_MINE = "def main():\n    print('mine is', {state!r})\n"
_ALPHA = "def main():\n    print('alpha {version}')\n# the last byte of this line may change: x\n"
_RUNS_WITH = ("hermes-runner", "packaging", "pyproject-hooks", "tomli-w", "uv")
"""What `hermes` imports, as installed distributions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a call of hermes ended and what it printed."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document."""
        return json.loads(self.stdout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hermes:
    """The command as one user has it: `argv` starts it, and `variables` are all that it gets of an environment."""

    argv: tuple[str, ...]
    cache: Path
    variables: Mapping[str, str]
    umask: int = 0o022
    timeout: float | None = None

    @classmethod
    def make(cls, folder: Path, index: Index) -> Self:
        """Take the installed command of the running tests, with a HOME and a cache below `folder`."""
        program = shutil.which("hermes", path=str(Path(sys.executable).parent))
        assert program is not None, f"no hermes beside {sys.executable}"
        # How `coverage` follows the processes of a run that it measures.
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        return cls(argv=(program,), cache=folder / "cache", variables=measured | _variables(folder, index, INTERPRETER))

    def __call__(self, *words: str, at: Path) -> Ran:
        """Run hermes in a folder and return how that ended."""
        done = subprocess.run(
            [*self.argv, *words],
            env=self.variables,
            cwd=at,
            umask=self.umask,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            timeout=self.timeout,
        )
        return Ran(status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def passes(self, *words: str, at: Path) -> Ran:
        """Run hermes, which must end with 0."""
        ran = self(*words, at=at)
        assert ran.status == 0, f"hermes {' '.join(words)} ended with {ran.status}:\n{ran.stdout}\n{ran.stderr}"
        return ran

    def with_cache(self, cache: Path) -> Self:
        """Return the same command with another cache."""
        return replace(self, cache=cache, variables={**self.variables, dirs.OVERRIDE: str(cache)})

    def elsewhere(self, *, umask: int, **variables: str) -> Self:
        """Return the same command with another umask and more variables."""
        return replace(self, umask=umask, variables={**self.variables, **variables})

    def prints(self, *names: str, at: Path) -> dict[str, tuple[str, str]]:
        """Return key and content digest of each environment by name, all built if need be."""
        answer = self.passes("fingerprint", "--check", "--json", *names, at=at).json
        return {item["environment"]: (item["key"], item["content"]) for item in answer["environments"]}

    def tree(self, name: str, *, at: Path) -> Path:
        """Return the built tree of an environment."""
        return next(iter(self.trees(name, at=at).values()))

    def trees(self, name: str, *, at: Path) -> dict[str, Path]:
        """Return the built trees of an environment and of the overlays on it, by what `verify` calls them."""
        found = self.passes("verify", "--json", name, at=at).json["environments"]
        return {item["name"]: Path(item["tree"]) for item in found}

    def only(self, interpreter: str) -> Self:
        """Return the same command with one interpreter."""
        return replace(self, variables={**self.variables, "HERMES_RUNNER_PYTHONS": interpreter})

    def stored(self, *, at: Path) -> dict[str, str]:
        """Return what the store holds: kind by address."""
        items = self.passes("store", "list", "--json", at=at).json["items"]
        return {item["address"]: f"{item['kind']} {item['name']}" for item in items}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A project in a folder."""

    folder: Path
    python: str = field(default=PYTHON)

    @classmethod
    def plain(cls, folder: Path, *, python: str = PYTHON) -> Self:
        """Write a project that has an envfile and nothing else."""
        overlays.write(folder, {"envfile.toml": PLAIN.format(python=python)})
        return cls(folder=folder, python=python)

    @classmethod
    def package(cls, folder: Path, *, python: str = PYTHON) -> Self:
        """Write a project with the package `mine`."""
        files = {
            "envfile.toml": PACKAGE.format(python=python),
            "pyproject.toml": _PYPROJECT,
            "_build/backend.py": _BACKEND,
            "src/mine.py": _MINE.format(state="new"),
        }
        overlays.write(folder, files)
        return cls(folder=folder, python=python)

    @property
    def envfile(self) -> Path:
        return self.folder / "envfile.toml"

    @property
    def lock(self) -> Path:
        return self.folder / "envfile.lock"

    def read_lock(self) -> Lock:
        """Parse the lock."""
        return read.parse(self.lock.read_text(encoding="utf-8"), file=self.lock.name)

    def pins(self) -> dict[str, str]:
        """Return what the lock pins, by name."""
        return dict(sorted(self.read_lock().packages))

    def copy(self, folder: Path) -> Self:
        """Check the project out once more."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace what stands once in a file, and leave its modification time as it was."""
        path = self.folder / name
        text, found = path.read_text(encoding="utf-8"), path.stat()
        assert text.count(old) == 1, text
        path.write_text(text.replace(old, new), encoding="utf-8")
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def offer(index: Index) -> None:
    """Offer what the projects ask for."""
    offer_alpha(index, "1.0")
    index.make(
        "Dotted.Name-x",
        "1.0",
        requires=["alpha>=1"],
        files={
            "dotted_name_x/__init__.py": "where = 'in the environment'\n",
            "dotted_name_x/tool.sh": "#!/bin/sh\necho tool\n",
        },
        executables=["dotted_name_x/tool.sh"],
        data_files={"share/dotted/notes.txt": "notes\n"},
        scripts={"dotted-script": "#!python\nprint('script')\n"},
    )
    index.make("wheel-maker", "1.0", files={"wheel_maker.py": Path(wheels.__file__).read_text(encoding="utf-8")})


def offer_alpha(index: Index, version: str) -> None:
    """Offer a version of `alpha`, which says on its command `alpha` which one it is."""
    index.make(
        "alpha",
        version,
        files={"alpha.py": _ALPHA.format(version=version)},
        entry_points="[console_scripts]\nalpha = alpha:main\n",
    )


def for_another_user(user: Unprivileged, index: Index) -> Hermes:
    """Install hermes in the user's folder, as `pip install --target` does, for the interpreter that they can run."""
    site = user.folder / "installed"
    shutil.copytree(Path(hermes.__file__).parent, site / "hermes", ignore=shutil.ignore_patterns("__pycache__"))
    for name in _RUNS_WITH:
        _copy_distribution(name, site)
    (site / "bin").mkdir()
    shutil.copy(find_uv_bin(), site / "bin" / "uv")
    program = site / "bin" / "hermes"
    program.write_text(
        f"import sys\n\nsys.path.insert(0, {str(site)!r})\n\nfrom hermes.cli.main import main\n\nsys.exit(main())\n",
        encoding="utf-8",
    )
    return Hermes(
        argv=(*user.argv, user.python, "-I", "-B", str(program)),
        cache=user.folder / "cache",
        variables=_variables(user.folder, index, user.python),
    )


def minor_of(interpreter: str) -> str:
    """Ask an interpreter for its version, as "3.12"."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([interpreter, "-c", question], capture_output=True, text=True, check=True).stdout.strip()


def give(folder: Path, user: Unprivileged) -> None:
    """Make a user the owner of a folder and of all that is in it."""
    if user.argv:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _variables(folder: Path, index: Index, interpreter: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder / "home"),
        dirs.OVERRIDE: str(folder / "cache"),
        "HERMES_RUNNER_PYTHONS": interpreter,
        "UV_DEFAULT_INDEX": index.url,
    }


def _copy_distribution(name: str, target: Path) -> None:
    found = distribution(name)
    listed: Sequence[Any] = found.files or ()
    for path in listed:
        if ".." in path.parts or "__pycache__" in path.parts or path.suffix == ".pth":
            continue
        copied = target / path
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(found.locate_file(path)), copied)
