"""The interpreters that this machine has: what hermes says of them is what they say of themselves."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import packaging
import pytest
from packaging.version import Version

from hermes.model.interpreter import Interpreter
from hermes.system import interpreters
from hermes.system.interpreters import Missing, Search
from hermes.system.processes import Completed, Processes

INSIDE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from packaging import markers, tags
print(json.dumps([list(map(str, tags.sys_tags())), markers.default_environment(), sys.base_prefix]))
"""


class Counting(Processes):
    """The real thing, and a list of what it ran."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path | None = None,
        input: str | bytes | None = None,  # noqa: A002 - as the real one has it
        timeout: float | None = None,
        umask: int | None = None,
    ) -> Completed:
        self.ran.append(argv[0])
        return super().run(argv, env=env, cwd=cwd, input=input, timeout=timeout, umask=umask)


def _search(tmp_path: Path, processes: Processes, **environ: str) -> Search:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return Search(
        environ={"HOME": str(home), "PATH": os.defpath, **environ},
        directory=tmp_path,
        processes=processes,
        memory=tmp_path / "memory",
        own=None,
    )


def test_the_machine_has_a_python_that_runs_hermes(pythons: Mapping[str, Interpreter]) -> None:
    assert any(Version(python.version) >= Version("3.11") for python in pythons.values())


def test_tags_and_markers_are_what_packaging_finds_inside(
    pythons: Mapping[str, Interpreter], tmp_path: Path, subtests: pytest.Subtests
) -> None:
    shutil.copytree(Path(packaging.__file__).parent, tmp_path / "packaging", ignore=shutil.ignore_patterns("*.pyc"))
    for minor, python in pythons.items():
        if Version(python.version) < Version("3.9"):
            continue  # packaging itself is newer
        with subtests.test(minor):
            inside = subprocess.run(
                [python.path, "-I", "-S", "-B", "-c", INSIDE, str(tmp_path)], capture_output=True, text=True, check=True
            )
            tags, markers, prefix = json.loads(inside.stdout)
            assert list(python.tags) == tags
            assert python.markers == markers
            assert python.base_prefix == prefix


def test_what_is_known_of_each(pythons: Mapping[str, Interpreter]) -> None:
    for minor, python in pythons.items():
        assert python.minor == minor
        assert python.implementation == "cpython"
        assert python.build.startswith(python.version)
        assert "\n" not in python.build
        assert Path(python.path).is_absolute()
        assert os.path.realpath(python.path) == python.real_path
        assert python.identity.size == Path(python.path).stat().st_size
        assert python.abi
        assert python.libc.split(" ")[0] in {"glibc", "musl"} or not python.platform.startswith("linux")


@pytest.fixture
def python(pythons: Mapping[str, Interpreter]) -> Interpreter:
    """Give the newest interpreter."""
    return list(pythons.values())[-1]


def test_a_file_is_probed_once_and_again_when_it_changes(python: Interpreter, tmp_path: Path) -> None:
    link = tmp_path / "bin" / "python3"
    link.parent.mkdir()
    link.symlink_to(python.path)
    processes = Counting()
    search = _search(tmp_path, processes, HERMES_RUNNER_PYTHONS=str(link))
    first = interpreters.find(python.minor, search)
    asked = processes.ran.count(first.path)
    assert asked == 1
    assert interpreters.find(python.minor, search) == first
    assert processes.ran.count(first.path) == 1
    for memory in (tmp_path / "memory").iterdir():
        memory.write_bytes(memory.read_bytes()[:100])
    assert interpreters.find(python.minor, search) == first
    assert processes.ran.count(first.path) == 2


def test_a_shim_that_fails_hides_nothing(python: Interpreter, tmp_path: Path) -> None:
    shims, versions = tmp_path / "shims", tmp_path / "pyenv" / "versions" / python.version / "bin"
    shims.mkdir()
    versions.mkdir(parents=True)
    (versions / "python3").symlink_to(python.path)
    for name in ("python", "python3", f"python{python.minor}"):
        (shims / name).write_text(f"#!/bin/sh\necho 'pyenv: {name}: command not found' >&2\nexit 127\n")
        (shims / name).chmod(0o755)
    search = _search(tmp_path, Processes(), PATH=str(shims), PYENV_ROOT=str(tmp_path / "pyenv"))
    assert interpreters.find(f"=={python.version}", search).path == python.real_path
    missing = interpreters.find_all(["3.99"], search)["3.99"]
    assert isinstance(missing, Missing)
    assert f"{shims}/python3: exit status 127: pyenv: python3: command not found" in interpreters.missing_message(
        missing
    )


@pytest.mark.parametrize("how", ["--symlinks", "--copies"])
def test_a_virtual_environment_on_path_is_seen_through(python: Interpreter, tmp_path: Path, how: str) -> None:
    venv = tmp_path / "venv"
    subprocess.run([python.path, "-I", "-m", "venv", "--without-pip", how, venv], check=True)
    search = _search(tmp_path, Processes(), PATH=str(venv / "bin"), HERMES_RUNNER_PYTHONS=str(venv))
    assert interpreters.find(f"=={python.version}", search).path == python.real_path
    assert interpreters.find(f"{venv}/bin/python", search).path == python.real_path


def test_a_wrapper_script_is_followed(python: Interpreter, tmp_path: Path) -> None:
    wrapper = tmp_path / "bin" / "my-python"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec "{python.path}" "$@"\n')
    wrapper.chmod(0o755)
    search = _search(tmp_path, Processes(), HERMES_RUNNER_PYTHONS=str(wrapper))
    assert interpreters.find("bin/my-python", search).path == python.real_path
    assert interpreters.find(python.minor, search).path == python.real_path


def test_the_callers_variables_do_not_lie_about_an_interpreter(
    pythons: Mapping[str, Interpreter], python: Interpreter, tmp_path: Path
) -> None:
    (tmp_path / "platform.py").write_text("raise SystemExit('shadowed')\n")
    search = _search(
        tmp_path,
        Processes(),
        HERMES_RUNNER_PYTHONS=python.path,
        PYTHONHOME="/nowhere",
        PYTHONPATH=str(tmp_path),
        __PYVENV_LAUNCHER__="/nowhere/python",
    )
    assert interpreters.find(python.minor, search) == pythons[python.minor]


def test_programs_that_are_no_python(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy("/bin/echo", folder / "python3")
    (folder / "python3.99").write_text("not a program")
    (folder / "python3.99").chmod(0o755)
    (folder / "python3.98").write_text("not even executable")
    missing = interpreters.find_all(["3.99"], _search(tmp_path, Processes(), HERMES_RUNNER_PYTHONS=str(folder)))["3.99"]
    assert isinstance(missing, Missing)
    echo, not_executable, no_program = missing.looked[0].failed
    assert "python3: exit status 0" in echo
    assert "Permission denied" in not_executable
    assert "Exec format error" in no_program
