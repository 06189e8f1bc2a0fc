"""Guard rails for every test, and the few fixtures that whole layers share.

An audit hook stops a test that touches the user's real cache or the public network, and a unit test that starts a
process or opens a connection: unlike a patched module, it sees every way of doing so.
"""

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from packaging.version import Version
from uv import find_uv_bin

from fakes.unprivileged import Unprivileged, unprivileged
from hermes.model.interpreter import Interpreter
from hermes.system import dirs, interpreters
from hermes.system.processes import Processes

_TESTS = Path(__file__).parent
_STARTS = frozenset({
    "subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.spawn", "pty.spawn",
})  # fmt: skip
_CONNECTS = frozenset({
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
})  # fmt: skip
_CHANGES = frozenset({
    "open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate",
})  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class GuardRailError(RuntimeError):
    """A test does what no test of its layer may do."""


@dataclass(slots=True)
class _Guard:
    """What is forbidden at the moment: everything of a layer, and whatever lies in `cache` but not in `allowed`."""

    layer: Literal["unit", "local", "network"] | None = None
    cache: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.layer is None:
            return
        if event in _CHANGES:
            self._check_file(event, arguments)
        elif event in _STARTS and self.layer == "unit":
            raise GuardRailError(f"a unit test starts a process: {event} {arguments[0]!r}")
        elif event in _CONNECTS and self.layer != "network":
            self._check_connection(event, arguments)

    def _check_file(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        for path in arguments[:2]:
            if isinstance(path, str) and path.startswith(self.cache) and not path.startswith(self.allowed):
                raise GuardRailError(f"a test changes the user's real cache: {event} {path}")

    def _check_connection(self, event: str, arguments: tuple[object, ...]) -> None:
        address = arguments[1] if event in {"socket.connect", "socket.bind", "socket.sendto"} else arguments
        if not isinstance(address, tuple):  # a Unix socket
            return
        if self.layer == "unit":
            raise GuardRailError(f"a unit test uses the network: {event} {address!r}")
        if address[0] not in {"127.0.0.1", "::1", "localhost", "", None, "0.0.0.0", "::"}:
            raise GuardRailError(f"a test uses the public network without the mark `network`: {event} {address!r}")


_guard = _Guard()
sys.addaudithook(_guard.audit)


def _heed_signals() -> None:
    """Undo what `nohup` and `&` leave behind: signals that are ignored stay so in every program that is started."""
    for number, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIGQUIT, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


_heed_signals()


@pytest.fixture(autouse=True)
def guard_rails(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give each test a cache of its own, and forbid what its layer has no business with."""
    environ = {name: value for name, value in os.environ.items() if name != dirs.OVERRIDE}
    real = {str(dirs.cache_root(environ)), str(dirs.cache_root(os.environ))}
    monkeypatch.setenv(dirs.OVERRIDE, str(tmp_path.parent / f"{tmp_path.name}-cache"))
    _guard.cache = tuple(f"{path}{os.sep}" for path in real)
    # When hermes runs its own tests, the environment, its bytecode and the temporary folder may lie in that cache.
    _guard.allowed = tuple(filter(None, (sys.prefix, sys.pycache_prefix, str(tmp_path.parent.parent))))
    unit = _TESTS / "unit" in request.path.parents
    _guard.layer = "unit" if unit else "network" if request.node.get_closest_marker("network") else "local"
    yield
    _guard.layer = None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the full counts of long campaigns, unless `-m` names them."""
    if "soak" in config.getoption("markexpr"):
        return
    left_out = [item for item in items if item.get_closest_marker("soak")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("soak")]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, by name, what needs the public index where that cannot be reached."""
    if item.get_closest_marker("network") and (reason := _index_is_out_of_reach()):
        pytest.skip(f"{item.name} needs the public index: {reason}")


@functools.cache
def _index_is_out_of_reach() -> str | None:
    """Ask uv, as it is configured here, for one small package; return what it says if it cannot get it."""
    command = [find_uv_bin(), "pip", "compile", "-", "--quiet", "--no-deps", "--no-cache", "--no-header"]
    command.append("--system-certs")
    environ = os.environ | {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "0"}
    try:
        asked = subprocess.run(
            command, input="iniconfig\n", env=environ, text=True, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if asked.returncode == 0 else (asked.stderr.strip() or f"uv ends with {asked.returncode}")


@pytest.fixture(scope="session")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Interpreter]:
    """Return the newest CPython of each minor version that is found here, oldest first: {"3.11": …}."""
    search = interpreters.Search(
        environ=dict(os.environ),
        directory=Path.cwd(),
        processes=Processes(),
        memory=tmp_path_factory.mktemp("interpreters"),
    )
    found = interpreters.find_all([f"3.{minor}" for minor in range(8, 20)], search)
    listed = [python for python in found.values() if isinstance(python, Interpreter)]
    return {python.minor: python for python in sorted(listed, key=lambda python: Version(python.version))}


@pytest.fixture(scope="session")
def nobody(pythons: Mapping[str, Interpreter]) -> Iterator[Unprivileged]:
    """Run code as a user without rights; skip, with the reason, where that cannot be done."""
    usable = [python.path for python in pythons.values() if Version(python.version) >= Version("3.11")]
    with unprivileged([*usable, "/usr/bin/python3"]) as means:
        if isinstance(means, str):
            pytest.skip(means)
        yield means
