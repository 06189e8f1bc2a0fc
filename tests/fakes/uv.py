"""uv for tests: the real one against an index of the tests' own, and one that answers what a test says."""

import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.markers import default_environment

from hermes.model.interpreter import FileIdentity, Interpreter
from hermes.model.lock import WantedEnvironment
from hermes.model.project import Requirement, Where
from hermes.system.processes import Completed, Processes
from hermes.uv.command import Uv


def real_uv(folder: Path, environ: Mapping[str, str], *, offline: bool = False) -> Uv:
    """Make a real uv that keeps everything in `folder` and does not repeat requests."""
    return Uv(
        processes=Processes(), cache=folder / "uv", home=folder / "home", environ=environ, offline=offline, retries=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeUv(Uv):
    """A uv that runs nothing: `answer` gets the words and the folder of each call, and says what comes out."""

    answer: Callable[[Sequence[str], Path], Completed]
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, *arguments: str, cwd: Path, input: str | None = None, offline: bool = False) -> Completed:  # noqa: A002, ARG002 - as in Uv
        """Note the call and answer it."""
        self.calls.append(arguments)
        return self.answer(arguments, cwd)


def fake_uv(
    folder: Path,
    answer: Callable[[Sequence[str], Path], Completed],
    *,
    environ: Mapping[str, str] | None = None,
    processes: Processes | None = None,
) -> FakeUv:
    """Make a uv that answers what `answer` says; the Pythons that it makes run in `processes`."""
    return FakeUv(
        processes=processes or Processes(),
        cache=folder / "uv",
        home=folder / "home",
        environ=environ or {},
        answer=answer,
    )


def completed(status: int = 0, *, stdout: str = "", stderr: str = "") -> Completed:
    """Say how a call ended."""
    return Completed(argv=("uv",), status=status, stdout=stdout, stderr=stderr, seconds=0.0)


def running_interpreter() -> Interpreter:
    """Describe the Python that runs the tests, outside any virtual environment."""
    path = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = path.resolve().stat()
    markers = {name: str(value) for name, value in default_environment().items()}
    return Interpreter(
        path=str(path),
        real_path=str(path.resolve()),
        identity=FileIdentity(size=found.st_size, mtime_ns=found.st_mtime_ns, inode=found.st_ino, device=found.st_dev),
        implementation=sys.implementation.name,
        version=markers["python_full_version"],
        build=" ".join(sys.version.split()),
        abi=str(sysconfig.get_config_var("SOABI")),
        platform=sysconfig.get_platform(),
        libc="",
        free_threaded=False,
        base_prefix=sys.base_prefix,
        markers=markers,
        tags=(),
    )


def wants(name: str, *requirements: str, python: Sequence[str] = ("3.11", "3.12", "3.13")) -> WantedEnvironment:
    """Make an environment that wants requirements, each with a place in an envfile."""
    return WantedEnvironment(
        name=name,
        python=tuple(python),
        requirements=tuple(
            Requirement(
                text=text,
                where=Where(file="envfile.toml", line=7 + number, key=f"environments.{name}.requirements[{number}]"),
            )
            for number, text in enumerate(requirements)
        ),
    )
