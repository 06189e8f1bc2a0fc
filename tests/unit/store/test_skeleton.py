import pytest

from hermes.store import normalform, skeleton

POSIX = normalform.scheme("lib/python3.12/site-packages")
WINDOWS = normalform.scheme("Lib/site-packages")
SITE = POSIX.site


@pytest.mark.parametrize(
    "path",
    [
        "pyvenv.cfg",
        "lib64",
        "bin/python",
        "bin/python3",
        "bin/python3.12",
        "bin/python3.13t",
        "bin/pypy3.11",
        f"{SITE}/_virtualenv.pth",
        f"{SITE}/_virtualenv.py",
        f"{SITE}/_hermes_runner.pth",
    ],
)
def test_what_decides_what_python_runs(path: str) -> None:
    assert skeleton.owns(path, POSIX)
    assert skeleton.changes_execution(path, POSIX)
    assert not skeleton.is_idle(path, POSIX)


@pytest.mark.parametrize(
    "path",
    [
        ".gitignore",
        ".lock",
        "CACHEDIR.TAG",
        "bin/activate",
        "bin/activate.fish",
        "bin/Activate.ps1",
        "bin/activate_this.py",
        "bin/deactivate.bat",
        "bin/deactivate.csh",
        "bin/pydoc.bat",
    ],
)
def test_what_nothing_reads_when_python_runs(path: str) -> None:
    assert skeleton.owns(path, POSIX)
    assert skeleton.is_idle(path, POSIX)
    assert not skeleton.changes_execution(path, POSIX)


@pytest.mark.parametrize(
    "path",
    [
        "bin/python-config",
        "bin/python3-config",
        "bin/activate-global",
        "bin/sub/python",
        "python",
        "activate",
        f"{SITE}/other.pth",
        f"{SITE}/sitecustomize.py",
        f"{SITE}/sub/_hermes_runner.py",
        "lib/python3.12/_hermes_runner.py",
        "share/.lock",
        "x/pyvenv.cfg",
    ],
)
def test_what_is_not_the_environments_own(path: str) -> None:
    assert not skeleton.owns(path, POSIX)


def test_windows_keeps_its_programs_in_scripts() -> None:
    assert skeleton.changes_execution("Scripts/python.exe", WINDOWS)
    assert skeleton.is_idle("Scripts/activate.bat", WINDOWS)
    assert not skeleton.owns("bin/python", WINDOWS)
