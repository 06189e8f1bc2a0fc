"""The build backend of the package under test, called through its PEP 517 and PEP 660 hooks.

Hooks run with the interpreter of a build environment that holds the locked build requirements and nothing else, with
variables of hermes's own making, a private HOME and no index: what is not locked is not there.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller, HookMissing, UnsupportedOperation

from hermes.errors import InstallationError
from hermes.model.project import Package
from hermes.runner import isolation, startup
from hermes.system import refusals
from hermes.system.processes import Processes

Kind = Literal["wheel", "editable"]

_SHOWN = 25
"""Last lines of a failing backend's output that its message shows."""

_WHY = 100
"""Characters of the last line that stand in the message's first one, which summaries show."""

_HOOK_FRAME = re.compile(r'  File "[^"]*pyproject_hooks[\\/].*')
_IN_FRAME = " " * 4

_OWN_BUILD = "look at how the package itself is built: `pip wheel .` should fail in the same way"

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A build backend that can be called: in the folder `source`, in the build environment `tree`.

    `markers` is the PEP 508 environment of that environment's interpreter; `work` is a folder for the hooks' HOME and
    temporary files, which the caller removes; `bytecode` is where compiled modules are kept.
    """

    processes: Processes
    package: Package
    source: Path
    tree: Path
    bytecode: Path
    work: Path
    markers: Mapping[str, str]


def build(backend: Backend, kind: Kind, target: Path) -> Path:
    """Build a wheel, or an editable one, in the folder `target` and return its path.

    Raises InstallationError with the backend's last words, or with the requirements that are not locked.
    """
    missing = unmet(build_requires(backend, kind), installed(backend.tree), backend.markers)
    if missing:
        raise InstallationError(
            f"{backend.package.backend} needs more than [build-system] requires to build the {_noun(kind)}, and it is "
            f"not locked: {', '.join(missing)}",
            hint="run `hermes lock`, which asks the backend; if that does not help, add it to [build-system] requires",
        )
    target.mkdir(parents=True, exist_ok=True)
    caller = _caller(backend)
    hook = caller.build_wheel if kind == "wheel" else caller.build_editable
    name = _call(backend, f"build_{kind}", lambda: hook(str(target)))
    path = target / name
    if not path.is_file():
        raise InstallationError(f"{backend.package.backend} says that it built {name}, but it did not")
    return path


def build_requires(backend: Backend, kind: Kind) -> tuple[str, ...]:
    """Return what the backend needs beside the static build requirements, as PEP 508 text."""
    caller = _caller(backend)
    hook = caller.get_requires_for_build_wheel if kind == "wheel" else caller.get_requires_for_build_editable
    return _call(backend, f"get_requires_for_build_{kind}", lambda: tuple(str(Requirement(text)) for text in hook()))


def prepare_metadata(backend: Backend, target: Path) -> str:
    """Return the text of METADATA, written below the folder `target`; a backend without the hook builds a wheel."""
    target.mkdir(parents=True, exist_ok=True)
    caller = _caller(backend)
    name = _call(
        backend, "prepare_metadata_for_build_wheel", lambda: caller.prepare_metadata_for_build_wheel(str(target))
    )
    return (target / name / "METADATA").read_text(encoding="utf-8", errors="replace")


def installed(tree: Path) -> dict[str, Version]:
    """Return the distributions of a built tree by normalised name."""
    found = {}
    for folder in startup.site_packages(tree).glob("*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        try:
            found[str(canonicalize_name(name))] = Version(version)
        except InvalidVersion:
            continue
    return found


def unmet(requires: Sequence[str], there: Mapping[str, Version], markers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the requirements that hold for these markers and that nothing which is there satisfies."""
    missing = []
    for text in requires:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({**markers, "extra": ""}):
            continue
        version = there.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            missing.append(text)
    return tuple(missing)


def last_words(output: str) -> tuple[str, ...]:
    """Return the lines of a backend's output that say something, without the frames of the program that calls it."""
    kept = []
    in_frame = False
    for line in filter(str.strip, output.splitlines()):
        in_frame = _HOOK_FRAME.fullmatch(line) is not None or (in_frame and line.startswith(_IN_FRAME))
        if not in_frame:
            kept.append(line)
    return tuple(kept)


def environment(backend: Backend) -> dict[str, str]:
    """Return the variables that hooks get."""
    folders = {name: str(backend.work / name) for name in ("home", "tmp")}
    return {
        **isolation.FIXED,
        "PATH": os.pathsep.join((str(startup.programs(backend.tree)), "/usr/local/bin", "/usr/bin", "/bin")),
        "HOME": folders["home"],
        "TMPDIR": folders["tmp"],
        "TMP": folders["tmp"],
        "TEMP": folders["tmp"],
        "VIRTUAL_ENV": str(backend.tree),
        "PYTHONPYCACHEPREFIX": str(backend.bytecode),
        "PYTHONWARNINGS": "ignore",  # pyproject_hooks would repeat a backend's warnings as hermes's own
        "PIP_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


def _caller(backend: Backend) -> BuildBackendHookCaller:
    def run(cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        variables = {**environment(backend), **(extra_environ or {})}
        for name in ("HOME", "TMPDIR"):
            Path(variables[name]).mkdir(parents=True, exist_ok=True)
        completed = backend.processes.run(cmd, env=variables, cwd=cwd, umask=isolation.UMASK)
        if completed.status != 0:
            lines = last_words(f"{completed.stdout}\n{completed.stderr}")
            why = lines[-1].strip() if lines else f"exit status {completed.status}"
            why = why if len(why) <= _WHY else f"{why[: _WHY - 1]}…"
            raise InstallationError(
                f"{cmd[2]} of the build backend {backend.package.backend} failed: {why}"
                + "".join(f"\n  {line}" for line in lines[-_SHOWN:]),
                hint=refusals.shortage(backend.work) or _OWN_BUILD,
            )

    return BuildBackendHookCaller(
        str(backend.source),
        backend.package.backend,
        backend_path=backend.package.backend_path,
        runner=run,
        python_executable=str(startup.python(backend.tree)),
    )


def _call(backend: Backend, hook: str, call: Callable[[], _Answer]) -> _Answer:
    name = backend.package.backend
    try:
        return call()
    except BackendUnavailable as error:
        lines = error.traceback.strip().splitlines()
        raise InstallationError(
            f"the build backend {name} cannot be imported: {lines[-1] if lines else error}",
            hint="[build-system] requires in pyproject.toml must name the distribution that holds it",
        ) from error
    except (HookMissing, UnsupportedOperation) as error:
        raise InstallationError(
            f"the build backend {name} has no {hook}",
            hint='a backend without build_editable can be used with package = "wheel"' if "editable" in hook else None,
        ) from error
    except (OSError, ValueError) as error:
        raise InstallationError(f"{hook} of the build backend {name} gave no answer: {error}") from error


def _noun(kind: Kind) -> str:
    return "wheel" if kind == "wheel" else "editable wheel"
