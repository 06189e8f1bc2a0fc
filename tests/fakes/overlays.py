"""Overlays for tests: store, installer, index, shared environment, and a package with a backend of its own."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fakes import wheels
from fakes.index import Index
from hermes.model.event import EnvironmentReady, Event
from hermes.model.interpreter import Interpreter
from hermes.model.plan import EnvironmentSpec, SelectedFile
from hermes.model.project import Package, Project, Requirement, Where
from hermes.plan import fingerprint
from hermes.runner import environments, overlay
from hermes.runner.environments import Provider
from hermes.store.records import WheelRecords
from hermes.store.store import Built, Store
from hermes.system import dirs, interpreters
from hermes.system.clock import Clock
from hermes.system.interpreters import Search
from hermes.system.processes import Completed, Processes
from hermes.uv.command import Uv

BACKEND = '''\
"""A build backend of a test's own: everything below src is the package, everything below data goes to share."""

import pathlib

import wheels


def _below(folder):
    root = pathlib.Path(folder)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _make(target, files):
    tag = pathlib.Path("tag").read_text() if pathlib.Path("tag").exists() else "py3-none-any"
    scripts = pathlib.Path("entry_points.txt").read_text()
    data = {f"share/{name}": data for name, data in _below("data").items()}
    made = wheels.make_wheel(
        pathlib.Path(target), "mine", "1.0", files=files, entry_points=scripts, data_files=data, tag=tag
    )
    pathlib.Path("left-by-backend").write_text("x")
    return made.name


def get_requires_for_build_wheel(config_settings=None):
    asked = pathlib.Path("asks-for")
    return asked.read_text().split() if asked.exists() else []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if pathlib.Path("fails").exists():
        raise SystemExit("this package\\ncannot be built")
    return _make(wheel_directory, _below("src"))


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _make(wheel_directory, {"__editable__.mine.pth": f"{pathlib.Path.cwd() / 'src'}\\n"})
'''

MINE = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["_build"]\n',
    "_build/backend.py": BACKEND,
    # The interpreter that builds may be older than the one that runs the tests.
    "_build/wheels.py": "from __future__ import annotations\n" + Path(wheels.__file__).read_text(encoding="utf-8"),
    "entry_points.txt": "[console_scripts]\nmine = mine:main\n\n[hermes.tests]\nmine = mine:plugin\n",
    "src/mine.py": (
        "import importlib.metadata, sys\n\nplugin = 'plugin of mine'\n\n\ndef main():\n"
        "    print('mine', importlib.metadata.version('mine'), sys.prefix)\n"
    ),
    "src/space/own.py": "where = 'overlay'\n",
    "src/shadowed.py": "where = 'overlay'\n",
    "data/both/mine.txt": "mine\n",
}


@dataclass(slots=True, kw_only=True)
class Lab:
    """Everything that overlays need, below one folder; `events` is what was said."""

    root: Path
    index: Index
    interpreter: Interpreter
    events: list[Event] = field(default_factory=list)

    @classmethod
    def make(cls, root: Path, index: Index) -> "Lab":
        """Make a lab that builds with the interpreter that runs the tests."""
        path = getattr(sys, "_base_executable", sys.executable)
        search = Search(environ={}, directory=root, processes=Processes(), memory=None)
        lab = cls(root=root, index=index, interpreter=interpreters.find(path, search))
        dirs.prepare_root(lab.cache)
        return lab

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def uv(self) -> Uv:
        return Uv(
            processes=Processes(),
            cache=self.cache / "wheels/uv",
            home=self.cache / "wheels/home",
            environ={"UV_DEFAULT_INDEX": self.index.url},
            retries=0,
        )

    @property
    def provider(self) -> Provider:
        return Provider(
            store=Store(self.cache, clock=Clock()),
            records=WheelRecords(self.cache / "wheels/records"),
            uv=self.uv,
            clock=Clock(),
            wheels=self.cache / "wheels",
            emit=self.events.append,
        )

    def spec(self, name: str, made: Sequence[Path]) -> EnvironmentSpec:
        """Give the specification of an environment with these wheels, which the index offers from now on."""
        for wheel in made:
            self.index.add(wheel)
        files = tuple(
            SelectedFile(
                package=wheel.name.split("-")[0].replace("_", "-"),
                version=wheel.name.split("-")[1],
                file=wheel.name,
                sha256=wheels.sha256_of(wheel),
            )
            for wheel in sorted(made)
        )
        key = fingerprint.key(self.interpreter, files)
        return EnvironmentSpec(
            name=name,
            python=self.interpreter.minor,
            interpreter=self.interpreter,
            files=files,
            key=key,
            address=fingerprint.address(key, self.interpreter),
        )

    def built(self, spec: EnvironmentSpec) -> Built:
        """Have an environment."""
        return environments.provide(self.provider, spec)

    def overlay(
        self,
        spec: EnvironmentSpec,
        project: Project,
        mode: Literal["editable", "wheel"],
        *,
        build: EnvironmentSpec | None = None,
        rebuild: bool = False,
    ) -> Built:
        """Have an overlay; without `build` the environment that builds is empty."""
        return overlay.provide(
            overlay.Context(
                provider=self.provider,
                processes=Processes(),
                project=project,
                cache=self.cache,
                environ={"PATH": "/usr/bin:/bin"},
            ),
            environment=self.built(spec),
            spec=spec,
            build=build or self.spec(".build", []),
            mode=mode,
            rebuild=rebuild,
        )

    def said(self) -> list[str]:
        """Give what was said since this was asked last, as "built wheel", without environments that were there."""
        ready = [event for event in self.events if isinstance(event, EnvironmentReady)]
        self.events.clear()
        return [
            f"{event.how} {event.layer}"
            for event in ready
            if event.layer in {"wheel", "overlay"} or event.how == "built"
        ]


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def project(root: Path, **package: Any) -> Project:
    """Give the project in a folder; without more, its package is built by the backend in `_build`."""
    where = Where(file="pyproject.toml", line=1, key="build-system.requires")
    requires = tuple(Requirement(text=text, where=where) for text in package.pop("build_requires", ()))
    plain: dict[str, Any] = {
        "name": "mine",
        "dependencies": (),
        "extras": {},
        "backend": "backend",
        "backend_path": ("_build",),
    }
    return Project(
        root=str(root),
        envfile=str(root / "envfile.toml"),
        python=("3.11",),
        layers=(),
        environments={},
        sessions={},
        package=Package(build_requires=requires, **(plain | package)),
    )


def run(tree: Path, *words: str, **variables: str) -> Completed:
    """Run a program of a built tree as a job would find it."""
    home = tree.parent.parent
    return Processes().run(
        [str(tree / "bin" / words[0]), *words[1:]],
        env={"PATH": f"{tree / 'bin'}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **variables},
        cwd=home,
    )


def answer(tree: Path, expression: str, *options: str, imports: str = "sys") -> Any:
    """Give the value of an expression, as JSON, in the Python of a built tree."""
    completed = run(tree, "python", *options, "-c", f"import json, {imports}\nprint(json.dumps({expression}))")
    assert completed.status == 0, completed.stderr
    return json.loads(completed.stdout)
