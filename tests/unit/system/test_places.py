from pathlib import Path

import pytest

from hermes.system import places


def test_places_of_other_systems(tmp_path: Path) -> None:
    (tmp_path / "python.exe").write_bytes(b"MZ")
    environ = {"USERPROFILE": str(tmp_path), "APPDATA": str(tmp_path / "roaming"), "PATH": ""}
    found = {
        place.name: place
        for place in places.places(environ, platform="win32", registered=lambda: [str(tmp_path / "python.exe")])
    }
    assert found["the registry"].candidates == (str(tmp_path / "python.exe"),)
    assert found["uv"].where == (str(tmp_path / "roaming" / "uv" / "data" / "python"),)
    assert found["pyenv"].where == (str(tmp_path / ".pyenv" / "pyenv-win" / "versions"),)
    mac = {place.name: place for place in places.places({"HOME": str(tmp_path)}, platform="darwin", own="/own/python")}
    assert mac["macOS"].where[0] == "/opt/homebrew/bin"
    assert mac["the Python that runs hermes"].candidates == ("/own/python",)


@pytest.mark.parametrize("name", ["python", "python3", "python3.12", "python3.13t", "pypy3.11", "python.exe", "pypy"])
def test_names_of_interpreters(name: str) -> None:
    assert places.is_python_name(name)


@pytest.mark.parametrize("name", ["python2.7", "python3-config", "python3.12-dbg", "ipython", "pythonw.exe", "py"])
def test_other_names(name: str) -> None:
    assert not places.is_python_name(name)


def test_hints() -> None:
    assert places.version_hint("python3.12") == "3.12"
    assert places.version_hint("python3") is None
    assert places.version_hint("launcher") is None
