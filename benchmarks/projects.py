"""The same work, written down for each tool: one job, and three sessions on three interpreters."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools import PINS, VERSIONS, Tools

SESSIONS = ("unit", "integration", "smoke")
WORK = PINS / "work.txt"


def write(tools: Tools) -> None:
    """Write the projects of all tools below the work folder, and lock what wants to be locked."""
    for shape, versions, sessions in (("one", VERSIONS[:1], SESSIONS[:1]), ("matrix", VERSIONS, SESSIONS)):
        _put(tools, "hermes", shape, "envfile.toml", _envfile(versions, sessions))
        _put(tools, "nox", shape, "noxfile.py", _noxfile(versions, sessions))
        _put(tools, "tox", shape, "tox.toml", _tox(versions, sessions))
        _put(tools, "hatch", shape, "hatch.toml", _hatch(versions, sessions))
        _put(tools, "hatch", shape, "pyproject.toml", '[project]\nname = "work"\nversion = "1"\n')
        _put(tools, "uv", shape, "pyproject.toml", _uv_project())
        for tool in ("hermes", "nox", "tox", "uv"):
            (folder(tools, tool, shape) / "pins.txt").write_bytes(WORK.read_bytes())
        command = [tools.program("uv"), "lock", "--no-config", "--quiet"]
        subprocess.run(command, env=tools.variables("uv"), cwd=folder(tools, "uv", shape), check=True)


def folder(tools: Tools, tool: str, shape: str) -> Path:
    """Return the folder of a tool's project."""
    return tools.work / "projects" / tool / shape


def pinned() -> list[str]:
    """Return the pins of the work as requirements, without their hashes."""
    lines = WORK.read_text(encoding="utf-8").splitlines()
    return [re.sub(r"\s*\\$", "", line) for line in lines if "==" in line and not line.startswith(" ")]


def _put(tools: Tools, tool: str, shape: str, name: str, text: str) -> None:
    target = folder(tools, tool, shape)
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_text(text, encoding="utf-8")


def _envfile(versions: Sequence[str], sessions: Sequence[str]) -> str:
    tables = [f'[sessions.{name}]\nenvironment = "work"\nrun = "python -c pass"\n' for name in sessions]
    head = f'python = {json.dumps(list(versions))}\n\n[environments.work]\npins = "pins.txt"\npackage = "none"\n'
    return "\n".join((head, *tables))


def _noxfile(versions: Sequence[str], sessions: Sequence[str]) -> str:
    head = 'import nox\n\nnox.options.default_venv_backend = "uv"\n'
    functions = [
        f"\n\n@nox.session(python={list(versions)!r}, allow_parallel=True)\ndef {name}(session):\n"
        '    session.install("-r", "pins.txt")\n    session.run("python", "-c", "pass")\n'
        for name in sessions
    ]
    return head + "".join(functions)


def _tox(versions: Sequence[str], sessions: Sequence[str]) -> str:
    names = [f"{session}-{version}" for session in sessions for version in versions]
    tables = [f'[env."{session}-{version}"]\nbase_python = ["python{version}"]\n'
              for session in sessions for version in versions]  # fmt: skip
    base = (
        '[env_run_base]\nskip_install = true\ndeps = ["-r pins.txt"]\ncommands = [["python", "-c", "pass"]]\n'
        'runner = "uv-venv-runner"\n'
    )
    return "\n".join((f"env_list = {json.dumps(names)}\nno_package = true\n", base, *tables))


def _hatch(versions: Sequence[str], sessions: Sequence[str]) -> str:
    dependencies = json.dumps(pinned(), indent=4)
    tables = [
        f'[envs.{name}]\ninstaller = "uv"\nskip-install = true\ndetached = true\ndependencies = {dependencies}\n'
        f'scripts.work = "python -c pass"\n\n[[envs.{name}.matrix]]\npython = {json.dumps(list(versions))}\n'
        for name in sessions
    ]
    return "\n".join(tables)


def _uv_project() -> str:
    dependencies = json.dumps(pinned(), indent=4)
    return (
        f'[project]\nname = "work"\nversion = "1"\nrequires-python = ">={VERSIONS[0]}"\n'
        f"dependencies = {dependencies}\n\n[tool.uv]\npackage = false\n"
    )
