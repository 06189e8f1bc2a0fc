"""Real projects: their own suites through hermes give exactly what a plain environment with the same pins gives."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from hermes.lockfile import read
from hermes.model.interpreter import Interpreter
from hermes.model.lock import Lock
from hermes.system import dirs
from smoke.real_projects import plain, results, sources

PYTHONS = ("3.11", "3.12", "3.13")
FEWEST_TESTS = 200
LINES = 15
HERMES = Path(sys.executable).parent / "hermes"

SLOW = frozenset({"autograd"})

pytestmark = pytest.mark.network


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where all projects of this file are tried: one cache for hermes, one for plain uv, and the table."""

    folder: Path
    found: Mapping[str, Interpreter]
    rows: list[str] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """The variables of everything that is started here."""
        own = {
            dirs.OVERRIDE: str(self.folder / "cache"),
            "HERMES_RUNNER_PYTHONS": os.pathsep.join(python.path for python in self.found.values()),
            "UV_CACHE_DIR": str(self.folder / "uv"),
            "UV_SYSTEM_CERTS": "1",
        }
        return sources.environ(self.folder / "home", **own)


@pytest.fixture(scope="module")
def place(
    pythons: Mapping[str, Interpreter], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Place]:
    if missing := [version for version in PYTHONS if version not in pythons]:
        pytest.skip(f"CPython {', '.join(missing)} not found: set HERMES_RUNNER_PYTHONS")
    folder = tmp_path_factory.mktemp("real")
    (folder / "home").mkdir()
    made = Place(folder=folder, found={version: pythons[version] for version in PYTHONS})
    yield made
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and made.rows:
        terminal.ensure_newline()
        for line in (
            "| project | python | passed | failed | skipped | xfailed | the same plainly |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *made.rows,
        ):
            terminal.write_line(line)


def _cases() -> list[ParameterSet]:
    """Give the real projects; every test run takes those whose own suites are quick."""
    return [
        pytest.param(project, id=project.name, marks=[pytest.mark.soak] if project.name in SLOW else [])
        for project in sources.listed()
    ]


@pytest.mark.parametrize("project", _cases())
def test_a_real_suite_gives_the_same_through_hermes_as_plainly(place: Place, project: sources.RealProject) -> None:
    envfile = project.envfile.read_text(encoding="utf-8")
    assert len(envfile.splitlines()) < LINES
    _skip_without_programs(envfile)
    folder = place.folder / project.name
    folder.mkdir()
    archive = sources.fetch(project, folder, place.variables)
    checkout = _sources(project, archive, folder / "hermes")

    _hermes(place, checkout, "lock")
    _hermes(place, checkout, "lock", "--check")
    _hermes(place, checkout, "run", "--locked")

    lock = read.parse((checkout / "envfile.lock").read_text(encoding="utf-8"), file="envfile.lock")
    for version, python in place.found.items():
        through = _through_hermes(place, project, python)
        plainly, printed = _plainly(place, project, archive, lock, version)
        row = f"| {project.name} {project.version} | {python.version} | " + " | ".join(map(str, through.counts))
        place.rows.append(f"{row} | {'yes' if through == plainly else 'NO'} |")
        assert through.counts == plainly.counts, printed
        assert through.ids == plainly.ids, printed
        assert through.passed >= FEWEST_TESTS
        assert through.failed == 0


def _skip_without_programs(envfile: str) -> None:
    """Skip, by name, a suite that needs a program which is not on the bare PATH here: it fails plainly, too."""
    wanted = tomllib.loads(envfile)["sessions"][plain.ENVIRONMENT].get("externals", ())
    if missing := [name for name in wanted if shutil.which(name, path=sources.PATH) is None]:
        pytest.skip(f"the suite needs {', '.join(missing)}")


def _sources(project: sources.RealProject, archive: Path, folder: Path) -> Path:
    unpacked = sources.unpack(archive, folder)
    (unpacked / "envfile.toml").write_bytes(project.envfile.read_bytes())
    return unpacked


def _hermes(place: Place, checkout: Path, *words: str) -> None:
    """Run hermes in a checkout; what it prints is shown if it fails."""
    command = [str(HERMES), "-C", str(checkout), *words]
    ran = subprocess.run(
        command,
        env=place.variables,
        cwd=place.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"hermes {' '.join(words)} ended with {ran.returncode}:\n{ran.stdout}"


def _through_hermes(place: Place, project: sources.RealProject, python: Interpreter) -> results.Results:
    """Read what the job for one interpreter left in its outputs."""
    (file,) = (place.folder / "cache").rglob(f"{project.name}-{python.minor}*.xml")
    return results.read(file)


def _plainly(
    place: Place, project: sources.RealProject, archive: Path, lock: Lock, version: str
) -> tuple[results.Results, str]:
    """Run the suite in a plain environment with the same pins, in fresh sources."""
    folder = archive.parent / f"plain-{version}"
    folder.mkdir()
    source = _sources(project, archive, folder / "source")
    programs = plain.install(source, lock, place.found[version], folder, place.variables)
    junit = folder / "junit.xml"
    printed = plain.run(["pytest", f"--junitxml={junit}"], programs, source, place.variables)
    assert junit.exists(), printed
    return results.read(junit), printed
