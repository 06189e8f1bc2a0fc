"""hermes and its peers, each at pinned versions in an environment of its own, and the interpreters they are given."""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PINS = HERE / "pins"
PEERS = ("nox", "tox", "hatch")
VERSIONS = ("3.11", "3.12", "3.13")
INTERPRETERS = "HERMES_RUNNER_PYTHONS"

_PASSED = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "PIP_CERT"),
    *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The work folder and what is installed in it."""

    work: Path

    @property
    def pythons(self) -> Path:
        """The folder with links python3.11, python3.12, …; it comes early in everybody's PATH."""
        return self.work / "pythons"

    def folder(self, tool: str) -> Path:
        """Return the folder of a tool's programs."""
        return self.work / "tools" / tool / "bin"

    def program(self, tool: str, name: str | None = None) -> str:
        """Return the path of a tool's program."""
        return str(self.folder(tool) / (name or tool))

    def variables(self, tool: str, **more: str) -> dict[str, str]:
        """Make the variables that a tool is started with: these, and nothing else of the caller's."""
        path = os.pathsep.join((str(self.folder(tool)), str(self.pythons), "/usr/bin", "/bin"))
        passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
        own = {"PATH": path, "HOME": str(self.work / "home" / tool), "LANG": "C.UTF-8"}
        return {**passed, **own, "UV_CACHE_DIR": str(self.work / "caches" / tool), **more}


def interpreters() -> dict[str, Path]:
    """Find one interpreter per version: what HERMES_RUNNER_PYTHONS names, else pyenv's, else on PATH."""
    named = [Path(entry) for entry in os.environ.get(INTERPRETERS, "").split(os.pathsep) if entry]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found: dict[str, Path] = {}
    for version in VERSIONS:
        candidates = [path for entry in named for path in _programs(entry, version)]
        candidates += sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)
        on_path = shutil.which(f"python{version}")
        candidates += [Path(on_path)] if on_path else []
        for candidate in candidates:
            if _version(candidate) == version:
                found[version] = candidate
                break
    return found


def install(tools: Tools, found: Mapping[str, Path], checkout: Path) -> dict[str, str]:
    """Install what is not installed yet, hermes anew, and return the versions of all."""
    tools.pythons.mkdir(parents=True, exist_ok=True)
    for version, python in found.items():
        link = tools.pythons / f"python{version}"
        link.unlink(missing_ok=True)
        link.symlink_to(python)
    python = tools.pythons / f"python{next(iter(found))}"
    _bootstrap(tools)
    for tool in ("hermes", *PEERS):
        (tools.work / "home" / tool).mkdir(parents=True, exist_ok=True)
        if tool == "hermes" or not Path(tools.program(tool)).exists():
            _uv(tools, "venv", "--clear", "--python", str(python), str(tools.folder(tool).parent))
            _uv(tools, *_installation(tools, tool, checkout))
    return {tool: _installed(tools, tool) for tool in ("hermes", "uv", *PEERS)}


def _installation(tools: Tools, tool: str, checkout: Path) -> list[str]:
    words = ["pip", "install", "--compile-bytecode", "--python", tools.program(tool, "python")]
    if tool != "hermes":
        return [*words, "--require-hashes", "--requirements", str(PINS / f"{tool}.txt")]
    return [*words, "--reinstall-package", "hermes-runner", "--constraints", str(PINS / "uv.txt"), str(checkout)]


def _bootstrap(tools: Tools) -> None:
    """Install the pinned uv with the standard library's venv and pip, as nothing else is there yet."""
    (tools.work / "home" / "uv").mkdir(parents=True, exist_ok=True)
    if Path(tools.program("uv")).exists():
        return
    venv.create(tools.folder("uv").parent, clear=True, with_pip=True)
    command = [tools.program("uv", "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    command += ["--requirement", str(PINS / "uv.txt")]
    subprocess.run(command, env=tools.variables("uv"), check=True)


def _uv(tools: Tools, *words: str) -> None:
    command = [tools.program("uv"), *words, "--quiet", "--no-config"]
    subprocess.run(command, env=tools.variables("uv"), cwd=tools.work, check=True)


def _installed(tools: Tools, tool: str) -> str:
    """Return the version of a tool, for tox that of tox-uv as well."""
    command = [tools.program("uv"), "pip", "list", "--no-config", "--quiet", "--format", "json"]
    command += ["--python", tools.program(tool, "python")]
    listed = subprocess.run(command, env=tools.variables("uv"), cwd=tools.work, check=True, capture_output=True)
    versions = {entry["name"]: entry["version"] for entry in json.loads(listed.stdout)}
    name = "hermes-runner" if tool == "hermes" else tool
    return f"{versions[name]} (tox-uv {versions['tox-uv']})" if tool == "tox" else str(versions[name])


def _programs(entry: Path, version: str) -> list[Path]:
    """Return what an entry of HERMES_RUNNER_PYTHONS may mean: a program, or a folder that holds some."""
    if not entry.is_dir():
        return [entry]
    name = f"python{version}"
    return [entry / name, entry / "bin" / name, *sorted(entry.glob(f"*/bin/{name}"), reverse=True)]


def _version(python: Path) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def described(found: Mapping[str, Path]) -> str:
    """Return the machine in one line: platform, processors and the interpreters' full versions."""
    code = "import platform; print(platform.python_version())"
    versions = [
        subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        for python in found.values()
    ]
    return f"{sys.platform} {os.uname().machine}, {os.cpu_count()} processors, CPython {', '.join(versions)}"
