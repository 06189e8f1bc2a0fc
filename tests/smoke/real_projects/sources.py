"""Real source distributions: found on the index that uv is configured with, fetched, verified, unpacked."""

import hashlib
import os
import subprocess
import tarfile
import tomllib
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

HERE = Path(__file__).parent
PATH = "/usr/bin:/bin"

_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")
_PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True, slots=True, kw_only=True)
class RealProject:
    """A project by name and version, and the sha256 of its source distribution."""

    name: str
    version: str
    sha256: str

    @property
    def envfile(self) -> Path:
        """The envfile that is put into its sources."""
        return HERE / f"{self.name}.toml"


def listed() -> list[RealProject]:
    """Read the list of projects."""
    data = tomllib.loads((HERE / "projects.toml").read_text(encoding="utf-8"))
    return [RealProject(**project) for project in data["projects"]]


def environ(home: Path, **more: str) -> dict[str, str]:
    """Make a bare set of variables: base programs, an empty HOME, and what it takes to reach the index."""
    passed = {name: os.environ[name] for name in (*_INDEX, *_PROXY, *_AUTHORITIES) if name in os.environ}
    return {"PATH": PATH, "HOME": str(home), "LANG": "C.UTF-8", **passed, **more}


def fetch(project: RealProject, folder: Path, variables: Mapping[str, str]) -> Path:
    """Download a source distribution into `folder` and return it; it must have the pinned sha256."""
    url = _address(project, folder, variables)
    with urllib.request.urlopen(url, timeout=120) as answer:  # the proxy and CA variables of the caller hold here
        content: bytes = answer.read()
    digest = hashlib.sha256(content).hexdigest()
    assert digest == project.sha256, f"{project.name} {project.version}: the index serves {digest}"
    archive = folder / f"{project.name}-{project.version}.tar.gz"
    archive.write_bytes(content)
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a verified source distribution into a new folder and return the one folder that is in it."""
    folder.mkdir()
    with tarfile.open(archive) as opened:
        if hasattr(tarfile, "data_filter"):  # 3.11.4 and later
            opened.extractall(folder, filter="data")
        else:
            opened.extractall(folder)
    (source,) = folder.iterdir()
    return source


def _address(project: RealProject, folder: Path, variables: Mapping[str, str]) -> str:
    """Ask uv where its index keeps the source distribution: a pylock has the addresses of all files."""
    pylock = folder / f"pylock.{project.name}.toml"
    command = [find_uv_bin(), "pip", "compile", "-", "--no-config", "--quiet", "--no-deps", "--universal"]
    command += ["--python-version", "3.11", "--format", "pylock.toml", "--output-file", str(pylock)]
    wanted = f"{project.name}=={project.version}\n"
    subprocess.run(command, input=wanted, env=variables, text=True, check=True, stdout=subprocess.DEVNULL)
    (package,) = tomllib.loads(pylock.read_text(encoding="utf-8"))["packages"]
    return str(package["sdist"]["url"])
