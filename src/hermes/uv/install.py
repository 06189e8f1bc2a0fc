"""Making environments: an empty one on an interpreter, and the files that a lock selects in it."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hermes.errors import InstallationError, InterpreterError
from hermes.model.interpreter import Interpreter
from hermes.model.plan import SelectedFile
from hermes.uv import explain, failures
from hermes.uv.command import Uv

START_UP_FILE = "_hermes_runner.pth"
START_UP_LINE = (
    "import os, sys; sys.pycache_prefix = sys.pycache_prefix or os.path.join(os.path.dirname(sys.prefix), 'bytecode')\n"
)
"""Sends bytecode to the folder `bytecode` beside the environment, also under `-I` and `-E`, which ignore
PYTHONPYCACHEPREFIX. One line and no module: a module would itself leave bytecode in the environment."""

_QUESTION = """
import json, platform, sys, sysconfig
print(json.dumps({
    "version": platform.python_version(),
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "site": sysconfig.get_path("purelib"),
}))
"""
_LINK_MODE = "hardlink" if sys.platform == "win32" else "clone"
"""uv's `clone` takes hard links where the file system has no reflinks; on Windows it would copy there."""


def create(uv: Uv, interpreter: Interpreter, target: Path) -> None:
    """Make an empty relocatable environment with hermes's start-up file.

    Raises InstallationError where uv cannot, InterpreterError where what came out runs another Python than was meant.
    """
    words = ["venv", "--relocatable", "--no-project", "--prompt", "hermes", "--python", interpreter.path, str(target)]
    completed = uv.run(*words, cwd=target.parent)
    if completed.status != 0:
        raise InstallationError(
            f"no environment could be made with {interpreter.path}:\n{explain.clean(completed.stderr, {})}",
            hint="see whether this Python runs, and whether there is space on the disk",
        )
    answers = _ask(uv, target)
    base = str(Path(interpreter.base_prefix).resolve())
    expected = {"version": interpreter.version, "prefix": str(target.resolve()), "base_prefix": base}
    for key, value in expected.items():
        given = answers[key] if key == "version" else str(Path(answers[key]).resolve())
        if given != value:
            raise InterpreterError(
                f"the environment made with {interpreter.path} has {key} {given} instead of {value}",
                hint="this Python was changed or replaced since hermes probed it: run again, or install it anew",
            )
    (Path(answers["site"]) / START_UP_FILE).write_text(START_UP_LINE, encoding="utf-8")


def install(uv: Uv, target: Path, files: Sequence[SelectedFile]) -> None:
    """Install exactly these files, each verified by its hash: from the wheel cache, and what is missing from the index.

    Raises InstallationError; nothing is then installed.
    """
    if not files:
        return
    lines = [f"{file.package}=={file.version} --hash=sha256:{file.sha256}\n" for file in files]
    words = ["pip", "sync", "--python", str(target), "--require-hashes", "--only-binary", ":all:", "--no-compile"]
    words += ["--link-mode", _LINK_MODE, "-"]
    completed = uv.run(*words, cwd=target, input="".join(lines), offline=True)
    if completed.status != 0 and not uv.offline:
        completed = uv.run(*words, cwd=target, input="".join(lines))
    if completed.status != 0:
        raise failures.explained(completed.stderr, files)


def install_wheel(uv: Uv, target: Path, wheel: Path) -> None:
    """Install one wheel that hermes has built, without its dependencies."""
    words = ["pip", "install", "--python", str(target), "--no-deps", "--no-index", "--no-compile", "--reinstall"]
    completed = uv.run(*words, "--link-mode", _LINK_MODE, str(wheel), cwd=target, offline=True)
    if completed.status != 0:
        raise InstallationError(
            f"{wheel.name} could not be installed:\n{explain.clean(completed.stderr, {})}",
            hint="see whether the wheel that the build backend made is right for this Python",
        )


def forget(uv: Uv, names: Sequence[str]) -> None:
    """Take packages out of the wheel cache, so that their archives are fetched and verified again."""
    if not names or not uv.cache.is_dir():
        return
    completed = uv.run("cache", "clean", *names, cwd=uv.home)  # uv refuses to from inside its cache
    if completed.status != 0:
        raise InstallationError(
            f"the wheel cache could not be cleaned of {', '.join(names)}:\n{explain.clean(completed.stderr, {})}",
            hint=f"see who may write to {uv.cache}, or remove that folder: hermes makes it again",
        )


def download(uv: Uv, request: str) -> None:
    """Let uv download a Python to where uv keeps its own: one of the places where hermes looks."""
    folder = _pythons(uv.environ)
    folder.mkdir(parents=True, exist_ok=True)
    completed = uv.run("python", "install", "--no-bin", "--install-dir", str(folder), request, cwd=folder)
    if completed.status != 0:
        raise InterpreterError(
            f"Python {request} could not be downloaded:\n{explain.clean(completed.stderr, {})}",
            hint="install it by other means, or check the network and the proxy variables",
        )


def _pythons(environ: Mapping[str, str]) -> Path:
    if environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(environ["UV_PYTHON_INSTALL_DIR"])
    if sys.platform == "win32":
        return Path(environ["APPDATA"]) / "uv" / "data" / "python"
    return Path(environ.get("XDG_DATA_HOME") or Path(environ["HOME"]) / ".local" / "share") / "uv" / "python"


def _ask(uv: Uv, target: Path) -> Mapping[str, str]:
    """Ask the Python of an environment what it is."""
    folder = target / "Scripts" if sys.platform == "win32" else target / "bin"
    program = str(folder / ("python.exe" if sys.platform == "win32" else "python"))
    completed = uv.processes.run([program, "-I", "-B", "-c", _QUESTION], env=uv.environment(), cwd=str(target))
    try:
        answers: Mapping[str, str] = json.loads(completed.stdout)
    except ValueError:
        raise InterpreterError(
            f"the Python of the environment at {target} does not run (exit status {completed.status}): "
            f"{completed.stderr.strip() or 'it says nothing'}",
            hint="see whether the interpreter that it was made with runs",
        ) from None
    # That Python runs with UTF-8, while hermes's own file names may be in the encoding of another locale.
    return {key: os.fsdecode(value.encode("utf-8", "surrogateescape")) for key, value in answers.items()}
