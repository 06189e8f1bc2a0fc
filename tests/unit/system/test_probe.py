import json
from pathlib import Path

import pytest

from fakes.machine import BINARY, Machine, said
from fakes.processes import Answer, Call, FakeProcesses
from hermes.errors import Interrupted
from hermes.system import interpreters, probe


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
