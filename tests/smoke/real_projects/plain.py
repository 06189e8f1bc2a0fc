"""A project's suite without hermes: `uv venv`, `uv pip install` of the pins of a lock, and the command."""

import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.markers import Marker
from uv import find_uv_bin

from hermes.model.interpreter import Interpreter
from hermes.model.lock import Lock
from hermes.model.project import BUILD_ENVIRONMENT

ENVIRONMENT = "suite"


def install(source: Path, lock: Lock, python: Interpreter, folder: Path, variables: Mapping[str, str]) -> Path:
    """Build the environment of the project in `source` as its envfile says and return the folder of its programs."""
    declared = tomllib.loads((source / "envfile.toml").read_text(encoding="utf-8"))["environments"][ENVIRONMENT]
    programs = folder / "venv" / "bin"
    pins, build = folder / "pins.txt", folder / "build.txt"
    pins.write_text("".join(_hashed(lock, ENVIRONMENT, python)), encoding="utf-8")
    build.write_text("".join(_bare(lock, BUILD_ENVIRONMENT, python)), encoding="utf-8")
    pip = ["pip", "install", "--no-config", "--quiet", "--python", str(programs / "python")]
    package = ["--editable", str(source)] if declared["package"] == "editable" else [str(source)]
    for words in (
        ["venv", "--no-config", "--quiet", "--python", python.path, str(folder / "venv")],
        [*pip, "--require-hashes", "--no-build", "--requirements", str(pins)],
        [*pip, "--no-deps", "--build-constraints", str(build), *package],
    ):
        subprocess.run([find_uv_bin(), *words], env=variables, cwd=folder, check=True, stdin=subprocess.DEVNULL)
    return programs


def run(words: Sequence[str], programs: Path, source: Path, variables: Mapping[str, str]) -> str:
    """Run a command of the environment in the project and return what it printed."""
    path = f"{programs}:{variables['PATH']}"
    ran = subprocess.run(
        [str(programs / words[0]), *words[1:]],
        env={**variables, "PATH": path},
        cwd=source,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.stdout


def _hashed(lock: Lock, environment: str, python: Interpreter) -> Iterator[str]:
    """Give every pin that holds for this interpreter with the hashes of all its files: uv makes its own choice."""
    for name, version in _chosen(lock, environment, python):
        hashes = " ".join(f"--hash=sha256:{file.sha256}" for file in lock.packages[name, version].files)
        yield f"{name}=={version} {hashes}\n"


def _bare(lock: Lock, environment: str, python: Interpreter) -> Iterator[str]:
    for name, version in _chosen(lock, environment, python):
        yield f"{name}=={version}\n"


def _chosen(lock: Lock, environment: str, python: Interpreter) -> Iterator[tuple[str, str]]:
    for pin in lock.environments[environment].pins:
        if pin.marker is None or Marker(pin.marker).evaluate(dict(python.markers)):
            yield pin.name, pin.version
