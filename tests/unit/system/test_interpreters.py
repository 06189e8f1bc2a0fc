import json
import os
from pathlib import Path

import pytest

from fakes.processes import Answer, Call, FakeProcesses
from hermes.errors import InterpreterError, Interrupted
from hermes.model.interpreter import Interpreter
from hermes.system import interpreters, places, probe
from hermes.system.interpreters import Missing, Search

BINARY = b"\x7fELF"


class Machine:
    """A home folder with interpreters that are files, and the processes that answer for them."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.home.mkdir()
        self.environ = {"HOME": str(self.home), "PATH": ""}
        self.memory = root / "interpreters"
        self.answers: dict[str, Answer] = {}
        self.processes = FakeProcesses(otherwise=lambda call: self.answers[call.argv[0]])

    def add(self, path: str, version: str, **changes: object) -> Path:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(BINARY)
        file.chmod(0o755)
        self.answers[str(file)] = said(version, executable=str(file), **changes)
        return file

    def shim(self, path: str, answer: Answer) -> Path:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        self.answers[str(file)] = answer
        return file

    def search(self) -> Search:
        return Search(
            environ=self.environ,
            directory=self.home,
            processes=self.processes,
            memory=self.memory,
            platform="linux",
            own=None,
        )

    def find(self, request: str) -> str:
        found = interpreters.find_all([request], self.search())[request]
        assert isinstance(found, Interpreter), interpreters.missing_message(found)
        return os.path.relpath(found.path, self.home)

    def missing(self, request: str) -> Missing:
        found = interpreters.find_all([request], self.search())[request]
        assert isinstance(found, Missing)
        return found

    def asked(self) -> list[str]:
        return [os.path.relpath(call.argv[0], self.home) for call in self.processes.calls]


def said(version: str, **changes: object) -> Answer:
    answer: dict[str, object] = {
        "implementation": "cpython",
        "version": version,
        "build": f"{version} (main)",
        "abi": "cpython-312-x86_64-linux-gnu",
        "suffix": ".cpython-312-x86_64-linux-gnu.so",
        "platform": "linux-x86_64",
        "libc": "glibc 2.36",
        "free_threaded": False,
        "debug": False,
        "pointer_bytes": 8,
        "macos": ["", ""],
        "base_prefix": "/usr",
        "markers": {"python_version": "3.12"},
    }
    return Answer(stdout=f"\nhermes-runner answers: {json.dumps(answer | changes)}\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(places, "_SYSTEM", (tmp_path / "home" / "usr/bin",))
    return Machine(tmp_path)


def test_every_place_is_looked_at(machine: Machine) -> None:
    home = machine.home
    machine.environ |= {"PATH": str(home / "onpath"), "HERMES_RUNNER_PYTHONS": str(home / "own")}
    machine.add("own/bin/python3.20", "3.20.0")
    machine.add("onpath/python3.21", "3.21.0")
    machine.add(".pyenv/versions/3.22.0/bin/python3.22", "3.22.0")
    machine.add(".local/share/uv/python/cpython-3.23/bin/python3.23", "3.23.0")
    machine.add(".asdf/installs/python/3.24.0/bin/python3.24", "3.24.0")
    machine.add(".local/share/mise/installs/python/3.25.0/bin/python3.25", "3.25.0")
    machine.add("usr/bin/python3.26", "3.26.0")
    wanted = [f"3.{minor}" for minor in range(20, 27)]
    found = interpreters.find_all(wanted, machine.search())
    assert [python.version for python in found.values() if isinstance(python, Interpreter)] == [
        f"{request}.0" for request in wanted
    ]


def test_a_place_that_cannot_be_looked_at_is_no_error(machine: Machine) -> None:
    folder = machine.home / "onpath"
    machine.environ |= {"PATH": str(folder), "HERMES_RUNNER_PYTHONS": "/" + "x" * 300}
    machine.add("onpath/python3.21", "3.21.0")
    (folder / "python3.20").symlink_to("/" + "x" * 300)
    assert interpreters.find("3.21", machine.search()).version == "3.21.0"


def test_the_managers_say_where_they_keep_theirs(machine: Machine) -> None:
    home = machine.home
    machine.environ |= {
        "PYENV_ROOT": str(home / "a"),
        "UV_PYTHON_INSTALL_DIR": str(home / "b"),
        "ASDF_DATA_DIR": str(home / "c"),
        "MISE_DATA_DIR": str(home / "d"),
    }
    machine.add("a/versions/1/bin/python3", "3.22.0")
    machine.add("b/1/bin/python3", "3.23.0")
    machine.add("c/installs/python/1/bin/python3", "3.24.0")
    machine.add("d/installs/python/1/bin/python3", "3.25.0")
    assert machine.find("3.22") == "a/versions/1/bin/python3"
    assert machine.find("3.23") == "b/1/bin/python3"
    assert machine.find("3.24") == "c/installs/python/1/bin/python3"
    assert machine.find("3.25") == "d/installs/python/1/bin/python3"


def test_the_newest_patch_wins_wherever_it_lies(machine: Machine) -> None:
    machine.environ["PATH"] = str(machine.home / "bin")
    machine.add("bin/python3.12", "3.12.1")
    machine.add(".pyenv/versions/3.12.10/bin/python3.12", "3.12.10")
    machine.add("usr/bin/python3.12", "3.12.9")
    assert machine.find("3.12") == ".pyenv/versions/3.12.10/bin/python3.12"
    assert machine.find("3.12.9") == "usr/bin/python3.12"


def test_of_equals_the_first_place_wins(machine: Machine) -> None:
    machine.environ["PATH"] = str(machine.home / "bin")
    machine.add("usr/bin/python3.12", "3.12.1")
    machine.add(".pyenv/versions/3.12.1/bin/python3.12", "3.12.1")
    assert machine.find("3.12") == ".pyenv/versions/3.12.1/bin/python3.12"
    machine.add("bin/python3.12", "3.12.1")
    assert machine.find("3.12") == "bin/python3.12"


def test_what_the_user_names_wins(machine: Machine) -> None:
    old = machine.add("old/python3.12", "3.12.1")
    machine.add("usr/bin/python3.12", "3.12.9")
    machine.environ["HERMES_RUNNER_PYTHONS"] = str(old)
    assert machine.find("3.12") == "old/python3.12"
    assert machine.find(">=3.12") == "old/python3.12"
    assert machine.find("3.12.9") == "usr/bin/python3.12"


def test_a_range_means_the_newest(machine: Machine) -> None:
    for version in ("3.11.9", "3.12.1", "3.13.0"):
        machine.add(f".pyenv/versions/{version}/bin/python3", version)
    assert machine.find(">=3.11") == ".pyenv/versions/3.13.0/bin/python3"
    assert machine.find(">=3.11,<3.13") == ".pyenv/versions/3.12.1/bin/python3"


def test_a_prerelease_is_taken_only_where_there_is_nothing_else(machine: Machine) -> None:
    machine.add(".pyenv/versions/3.14-dev/bin/python3", "3.14.1rc1")
    assert machine.find("3.14") == ".pyenv/versions/3.14-dev/bin/python3"
    machine.add(".pyenv/versions/3.14.0/bin/python3", "3.14.0")
    assert machine.find("3.14") == ".pyenv/versions/3.14.0/bin/python3"


def test_implementation_and_threads_are_part_of_the_request(machine: Machine) -> None:
    machine.add("usr/bin/pypy3.11", "3.11.11", implementation="pypy", suffix=".pypy311-pp73-x86_64-linux-gnu.so")
    machine.add("usr/bin/python3.13t", "3.13.1", free_threaded=True)
    assert machine.find("pypy3.11") == "usr/bin/pypy3.11"
    assert machine.find("3.13t") == "usr/bin/python3.13t"
    machine.missing("3.11")
    machine.missing("3.13")


def test_a_file_is_asked_once(machine: Machine) -> None:
    python = machine.add("usr/bin/python3.12", "3.12.1")
    (machine.home / "usr/bin/python3").symlink_to("python3.12")
    machine.environ["PATH"] = f"{machine.home / 'usr/bin'}:{machine.home / 'usr/bin'}"
    first = machine.find("3.12")
    assert machine.asked() == ["usr/bin/python3.12"]
    assert machine.find("3.12") == first
    assert machine.asked() == ["usr/bin/python3.12"]
    python.write_bytes(BINARY + b" upgraded")
    machine.answers[str(python)] = said("3.12.2")
    machine.find("3.12.2")
    assert machine.asked() == ["usr/bin/python3.12"] * 2


def test_the_memory_gives_back_what_was_found(machine: Machine) -> None:
    machine.add("usr/bin/python3.12", "3.12.1")
    first = interpreters.find("3.12", machine.search())
    machine.answers.clear()
    assert interpreters.find("3.12", machine.search()) == first
    assert first.minor == "3.12"
    assert first.tags[0] == "cp312-cp312-linux_x86_64"


@pytest.mark.parametrize("damage", [b"", b"{", b"null", b"[]", b"3", b"\xff\xfe", b'{"shape": 1}', b"[" * 100_000])
def test_a_damaged_memory_is_a_miss(machine: Machine, damage: bytes) -> None:
    machine.add("usr/bin/python3.12", "3.12.1")
    machine.find("3.12")
    (file,) = machine.memory.iterdir()
    file.write_bytes(damage)
    assert machine.find("3.12") == "usr/bin/python3.12"
    assert len(machine.asked()) == 2
    assert machine.find("3.12") == "usr/bin/python3.12"
    assert len(machine.asked()) == 2


@pytest.mark.parametrize("field", ["shape", "host", "path", "identity", "refused", "interpreter"])
@pytest.mark.parametrize("value", [None, 0, "x", [], {}, {"path": 1}])
def test_a_memory_with_a_wrong_value_is_a_miss(machine: Machine, field: str, value: object) -> None:
    machine.add("usr/bin/python3.12", "3.12.1")
    machine.find("3.12")
    (file,) = machine.memory.iterdir()
    content = json.loads(file.read_text())
    if content[field] == value or (field, value) == ("refused", "x"):
        return
    content[field] = value
    file.write_text(json.dumps(content))
    assert machine.find("3.12") == "usr/bin/python3.12"
    assert len(machine.asked()) == 2


@pytest.mark.parametrize("field", ["version", "path", "markers", "tags", "free_threaded", "abi"])
def test_a_remembered_interpreter_with_a_wrong_field_is_a_miss(machine: Machine, field: str) -> None:
    machine.add("usr/bin/python3.12", "3.12.1")
    machine.find("3.12")
    (file,) = machine.memory.iterdir()
    for value in (None, 5, ["x", 5], {"x": 5}, "not a version" if field == "version" else 7):
        content = json.loads(file.read_text())
        content["interpreter"][field] = value
        file.write_text(json.dumps(content))
        before = len(machine.asked())
        assert machine.find("3.12") == "usr/bin/python3.12"
        assert len(machine.asked()) == before + 1


def test_a_memory_that_cannot_be_written_is_no_error(machine: Machine) -> None:
    machine.add("usr/bin/python3.12", "3.12.1")
    machine.memory.write_text("a file where the folder should be")
    assert machine.find("3.12") == "usr/bin/python3.12"


def test_a_failing_shim_hides_nothing(machine: Machine) -> None:
    failing = Answer(status=127, stderr="pyenv: python3.12: command not found\n\nThe `python3.12' command exists in")
    machine.environ["PATH"] = str(machine.home / ".pyenv/shims")
    machine.shim(".pyenv/shims/python3.12", failing)
    machine.shim(".pyenv/shims/python3", failing)
    machine.add(".pyenv/versions/3.12.1/bin/python3.12", "3.12.1")
    assert machine.find("3.12") == ".pyenv/versions/3.12.1/bin/python3.12"
    assert machine.asked() == [".pyenv/versions/3.12.1/bin/python3.12"]


def test_a_shim_that_works_is_followed(machine: Machine) -> None:
    machine.environ["PATH"] = str(machine.home / "shims")
    python = machine.add("hidden/python3.12", "3.12.1")
    machine.shim("shims/python3.12", said("3.12.1", executable=str(python)))
    machine.shim("shims/python3.11", said("3.12.1", executable=str(python)))
    assert machine.find("3.12") == "hidden/python3.12"
    assert machine.asked() == ["shims/python3.12", "hidden/python3.12"]


def test_a_link_to_a_program_of_another_name_is_a_shim(machine: Machine) -> None:
    machine.environ["PATH"] = str(machine.home / "shims")
    python = machine.add("hidden/python3.12", "3.12.1")
    launcher = machine.add("launcher", "0")
    (machine.home / "shims").mkdir()
    (machine.home / "shims/python3").symlink_to(launcher)
    machine.answers[str(machine.home / "shims/python3")] = said("3.12.1", executable=str(python))
    assert machine.find("3.12") == "hidden/python3.12"


def test_a_link_in_a_virtual_environment_leads_to_its_base(machine: Machine) -> None:
    base = machine.add("usr/bin/python3.12", "3.12.1")
    (machine.home / "venv/bin").mkdir(parents=True)
    (machine.home / "venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    (machine.home / "venv/bin/python3").symlink_to(base)
    machine.environ["PATH"] = str(machine.home / "venv/bin")
    assert machine.find("3.12") == "usr/bin/python3.12"


@pytest.mark.parametrize("key", ["home", "executable", "base-executable"])
def test_a_copy_in_a_virtual_environment_leads_to_its_base(machine: Machine, key: str) -> None:
    base = machine.add("base/bin/python3", "3.12.1")
    machine.add("venv/bin/python3", "3.12.1")
    value = base.parent if key == "home" else base
    (machine.home / "venv/pyvenv.cfg").write_text(f"include-system-site-packages = false\n{key} = {value}\nnoise\n")
    machine.environ["PATH"] = str(machine.home / "venv/bin")
    assert machine.find("3.12") == "base/bin/python3"


def test_virtual_environments_that_name_each_other_end(machine: Machine) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        machine.add(f"{one}/bin/python3", "3.12.1")
        (machine.home / one / "pyvenv.cfg").write_text(f"executable = {machine.home / other / 'bin/python3'}\n")
    assert interpreters.settle(machine.home / "a/bin/python3").name == "python3"


def test_a_path_means_that_interpreter(machine: Machine) -> None:
    machine.add("usr/bin/python3.12", "3.12.9")
    machine.add("special/bin/python", "3.11.1")
    assert machine.find("special/bin/python") == "special/bin/python"
    assert machine.find("./special") == "special/bin/python"
    assert machine.find(str(machine.home / "special/bin")) == "special/bin/python"
    machine.shim("wrapper/run-python", said("3.11.1", executable=str(machine.home / "special/bin/python")))
    assert machine.find("wrapper/run-python") == "special/bin/python"


def test_a_path_to_nothing_usable(machine: Machine) -> None:
    machine.shim("wrapper/run-python", Answer(status=1, stderr="no"))
    (failure,) = machine.missing("wrapper/run-python").looked[0].failed
    assert failure.endswith("run-python: exit status 1: no")
    machine.shim("wrapper/lost", said("3.11.1", executable=""))
    (failure,) = machine.missing("wrapper/lost").looked[0].failed
    assert failure.endswith("lost: it does not say which interpreter it starts")


def test_a_missing_python_says_what_was_looked_at(machine: Machine) -> None:
    home = machine.home
    machine.environ["PATH"] = str(home / "shims")
    machine.add("usr/bin/python3.12", "3.12.1")
    machine.shim("shims/python3.14", Answer(status=127, stderr="pyenv: python3.14: command not found\nhelp"))
    old = machine.add(".pyenv/versions/3.7.1/bin/python3.7", "3.7.1")
    machine.answers[str(old)] = Answer(stdout='\nhermes-runner answers: {"refused": "Python 3.7 is too old"}\n')
    assert interpreters.missing_message(machine.missing("3.14")).splitlines() == [
        "no Python was found for '3.14'; looked at",
        "  HERMES_RUNNER_PYTHONS (not set): nothing that can be used",
        f"  PATH ({home}/shims): nothing that can be used",
        f"    {home}/shims/python3.14: exit status 127: pyenv: python3.14: command not found",
        f"  pyenv ({home}/.pyenv/versions): nothing that can be used",
        f"    {home}/.pyenv/versions/3.7.1/bin/python3.7: Python 3.7 is too old",
        f"  uv ({home}/.local/share/uv/python): nothing that can be used",
        f"  asdf ({home}/.asdf/installs/python): nothing that can be used",
        f"  mise ({home}/.local/share/mise/installs/python): nothing that can be used",
        f"  the system ({home}/usr/bin): CPython 3.12.1 ({home}/usr/bin/python3.12)",
    ]


def test_the_error_lists_common_places_once_and_says_what_helps(machine: Machine) -> None:
    with pytest.raises(InterpreterError, match=r"no Python was found for '3\.14'") as caught:
        interpreters.find("3.14", machine.search())
    for word in ("install 3.14", "HERMES_RUNNER_PYTHONS", "python-downloads = true", "--missing-python skip"):
        assert word in str(caught.value.hint)
    found = interpreters.find_all(["3.14", "./nowhere", "3.15"], machine.search())
    error = interpreters.missing_error([one for one in found.values() if isinstance(one, Missing)])
    assert "for '3.14', '3.15'" in error.message
    assert error.message.count("  pyenv (") == 1
    assert "for './nowhere'" in error.message
    assert error.exit_status == 5


def test_a_refusal_for_good_is_remembered_and_a_failure_is_not(machine: Machine) -> None:
    old = machine.add("usr/bin/python3.7", "3.7.1")
    machine.answers[str(old)] = Answer(stdout='\nhermes-runner answers: {"refused": "too old"}\n')
    two = machine.add("usr/bin/python3", "2.7.18")
    machine.answers[str(two)] = Answer(status=2, stderr="Unknown option: -I\nusage: python3 [option]")
    broken = machine.add("usr/bin/python3.12", "3.12.1")
    machine.answers[str(broken)] = Answer(status=-11)
    assert [failure.partition(": ")[2] for failure in machine.missing("3.12").looked[-1].failed] == [
        "it is older than Python 3.4: hermes builds for 3.8 and later",
        "signal 11, and it is no Python",
        "too old",
    ]
    machine.missing("3.12")
    assert machine.asked() == ["usr/bin/python3", "usr/bin/python3.12", "usr/bin/python3.7", "usr/bin/python3.12"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(stdout="hello"),
        Answer(stdout="\nhermes-runner answers: {\n"),
        Answer(stdout="\nhermes-runner answers: []\n"),
        Answer(stdout="\nhermes-runner answers: {}\n"),
        Answer(hangs=True),
        said("not a version"),
        said("3.12.1", markers=[]),
        said("3.12.1", macos=None),
    ],
)
def test_nonsense_is_no_interpreter(machine: Machine, answer: Answer) -> None:
    python = machine.add("usr/bin/python3.12", "3.12.1")
    machine.answers[str(python)] = answer
    assert len(machine.missing("3.12").looked[-1].failed) == 1


def test_being_interrupted_is_no_answer(machine: Machine) -> None:
    python = machine.add("usr/bin/python3.12", "3.12.1")
    machine.answers[str(python)] = Answer(stop="interrupted")
    with pytest.raises(Interrupted):
        interpreters.find("3.12", machine.search())


def test_an_interpreter_is_asked_without_the_callers_python_variables(machine: Machine) -> None:
    machine.add("usr/bin/python3.12", "3.12.1")
    machine.environ |= {"PYTHONHOME": "/x", "PYTHONPATH": "/y", "__PYVENV_LAUNCHER__": "/z", "LANG": "C"}
    machine.find("3.12")
    call: Call = machine.processes.calls[0]
    assert {name for name in call.env if "PY" in name} == set()
    assert call.env["LANG"] == "C"
    assert call.argv[1:4] == ("-I", "-S", "-c")


def test_the_script_can_be_parsed_by_old_pythons() -> None:
    script = probe._SCRIPT
    assert 'f"' not in script
    assert "def " not in script
    compile(script, "script", "exec")


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    refusal = probe.interpreter(str(tmp_path / "python3"), processes=FakeProcesses(), environ={}, memory=None)
    assert refusal == probe.Refusal(reason="No such file or directory")


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
