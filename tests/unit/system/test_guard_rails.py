import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hermes.system import dirs, environ


def test_a_test_has_a_cache_of_its_own(tmp_path: Path) -> None:
    assert dirs.cache_root(environ.caller()).parent == tmp_path.parent


def test_the_users_cache_cannot_be_changed() -> None:
    variables = {name: value for name, value in environ.caller().items() if name != dirs.OVERRIDE}
    real = dirs.cache_root(variables)
    with pytest.raises(RuntimeError, match="changes the user's real cache"):
        (real / "store").mkdir()
    with pytest.raises(RuntimeError, match="changes the user's real cache"):
        (real / "file").write_text("")
    with pytest.raises(RuntimeError, match="changes the user's real cache"):
        (real / "file").unlink()


def test_a_unit_test_starts_no_process() -> None:
    with pytest.raises(RuntimeError, match="a unit test starts a process"):
        subprocess.run([sys.executable, "-c", ""], check=True)
    with pytest.raises(RuntimeError, match="a unit test starts a process"):
        os.system("true")


def test_a_unit_test_uses_no_network() -> None:
    with socket.socket() as one, pytest.raises(RuntimeError, match="a unit test uses the network"):
        one.connect(("127.0.0.1", 9))
    with pytest.raises(RuntimeError, match="a unit test uses the network"):
        socket.getaddrinfo("localhost", 80)
