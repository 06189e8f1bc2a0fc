import pytest

from fakes.machine import Machine, said
from fakes.processes import Answer
from hermes.errors import InterpreterError
from hermes.model.interpreter import Interpreter
from hermes.system import interpreters
from hermes.system.interpreters import Missing


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
