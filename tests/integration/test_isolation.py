"""What a job at level env really sees, asked from inside: variables, folders, programs."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from hermes.envfile.substitute import Values
from hermes.model.project import Session, Where
from hermes.runner import isolation
from hermes.runner.isolation import JobFolders
from hermes.system.processes import Completed, Processes

ASK = """
import json, os, pathlib, socket, tempfile
with socket.socket(socket.AF_UNIX) as listening:
    listening.bind(os.environ["XDG_RUNTIME_DIR"] + "/s")
mask = os.umask(0)
print(json.dumps({
    "variables": dict(os.environ), "home": str(pathlib.Path.home()), "tmp": tempfile.gettempdir(), "umask": mask,
}))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    programs = tmp_path / "tree/bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    return tmp_path / "tree"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """The PATH of a caller who has one program of his own."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "greet").write_text("#!/bin/sh\necho hello\n", encoding="utf-8")
    (own / "greet").chmod(0o755)
    return f"{own}:/usr/bin:/bin"


def _run(tmp_path: Path, tree: Path, path: str, *words: str, **fields: Any) -> Completed:
    session = Session(
        name="unit",
        environment="test",
        layer=None,
        python=("3.12",),
        run=(),
        env={"DATA": "{tmp}/data"},
        where=Where(file="envfile.toml", line=1, key="sessions.unit"),
        **fields,
    )
    folders = JobFolders(base=tmp_path / "j", short=tmp_path / "s")
    isolation.prepare_folders(session, folders, path=path, caches=tmp_path / "caches")
    base = isolation.base_environment(
        session,
        job="unit-3.12",
        caller={"PATH": path, "HOME": "/home/me", "CI": "1", "PYTHONPATH": "/nowhere", "LC_ALL": "de_AT"},
        folders=folders,
        tree=tree,
        bytecode=tmp_path / "bytecode",
    )
    values = Values(
        project=str(tmp_path),
        tmp=str(folders.tmp),
        outputs=str(folders.outputs),
        session_outputs={},
        python=str(tree / "bin/python"),
        python_version="3.12.1",
        env=base,
    )
    environment = isolation.job_environment(session, base, values)
    return Processes().run(words, env=environment, cwd=tmp_path, umask=isolation.UMASK)


def test_a_job_sees_its_own_folders_and_nothing_of_the_callers(tmp_path: Path, tree: Path, path: str) -> None:
    completed = _run(tmp_path, tree, path, "python", "-c", ASK)
    assert completed.status == 0, completed.stderr
    seen = json.loads(completed.stdout)
    assert (seen["home"], seen["tmp"], seen["umask"]) == (str(tmp_path / "j/home"), str(tmp_path / "s/tmp"), 0o022)
    assert seen["variables"]["DATA"] == str(tmp_path / "s/tmp/data")
    assert seen["variables"]["LC_ALL"] == "C.UTF-8"
    assert not {"CI", "PYTHONPATH"} & seen["variables"].keys()


def test_base_programs_work_and_others_are_not_there(tmp_path: Path, tree: Path, path: str) -> None:
    script = "printf 'b\\na\\n' | sort | head -n 1; for each in greet git perl; do command -v $each; done; true"
    assert _run(tmp_path, tree, path, "sh", "-c", script).stdout == "a\n"


@pytest.mark.parametrize("name", isolation.BASE_PROGRAMS)
def test_each_base_program_is_one_that_debian_has(name: str) -> None:
    assert shutil.which(name, path="/usr/bin:/bin") or name in {"ps", "which"}


def test_a_declared_external_can_be_called(tmp_path: Path, tree: Path, path: str) -> None:
    assert _run(tmp_path, tree, path, "greet", externals=("greet",)).stdout == "hello\n"


def test_at_level_none_everything_can_be_called(tmp_path: Path, tree: Path, path: str) -> None:
    script = 'greet; echo "$HOME $CI $DATA"'
    expected = f"hello\n/home/me 1 {tmp_path}/s/tmp/data\n"
    assert _run(tmp_path, tree, path, "sh", "-c", script, isolation="none").stdout == expected
