"""What every fake shares with the real part: each test runs once with either."""

import fcntl
import os
import struct
import sys
import termios
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from fakes.clock import FakeClock
from fakes.processes import Answer, Call, FakeProcesses
from fakes.terminal import FakeTerminal
from hermes.errors import HermesError
from hermes.system.clock import Clock
from hermes.system.processes import Processes
from hermes.system.terminal import Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Processes on a machine with the programs `speak` and `hang`; `env` leads to them."""

    processes: Processes
    env: Mapping[str, str]


SPEAK = """\
import os, sys
sys.stdout.write(" ".join(sys.argv[1:]))
sys.stderr.write(sys.stdin.read() if sys.argv[1:] == ["stdin"] else os.environ.get("COLOUR", ""))
sys.exit(3)
"""


def _speak(call: Call) -> Answer:
    words = call.argv[1:]
    heard = (call.input or "") if words == ("stdin",) else call.env.get("COLOUR", "")
    return Answer(status=3, stdout=" ".join(words), stderr=heard)


@pytest.fixture(params=["real", "fake"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    if request.param == "fake":
        programs = {"speak": _speak, "hang": lambda _: Answer(hangs=True)}
        return Machine(processes=FakeProcesses(programs), env={"PATH": "/bin"})
    for name, code in {"speak": SPEAK, "hang": "import signal\nsignal.pause()\n"}.items():
        (tmp_path / name).write_text(f"#!{sys.executable} -I\n{code}")
        (tmp_path / name).chmod(0o755)
    return Machine(processes=Processes(), env={"PATH": str(tmp_path)})


def test_a_program_ends_with_what_it_printed(machine: Machine) -> None:
    done = machine.processes.run(["speak", "two", "words"], env={**machine.env, "COLOUR": "green"})
    assert (done.argv, done.status) == (("speak", "two", "words"), 3)
    assert (done.stdout, done.stderr) == ("two words", "green")
    assert done.seconds >= 0


@pytest.mark.parametrize("text", [None, "", "grün\n", b"bytes"])
def test_a_program_reads_what_it_is_given(machine: Machine, text: str | bytes | None) -> None:
    done = machine.processes.run(["speak", "stdin"], env=machine.env, input=text)
    assert done.stderr == (text.decode() if isinstance(text, bytes) else text or "")


def test_a_program_that_takes_too_long(machine: Machine) -> None:
    with pytest.raises(HermesError, match=r"^hang did not end within 0\.1 s and was killed$"):
        machine.processes.run(["hang"], env=machine.env, timeout=0.1)


@pytest.mark.parametrize("how", ["run", "foreground"])
def test_a_program_that_does_not_exist(machine: Machine, how: str) -> None:
    start = getattr(machine.processes, how)
    with pytest.raises(HermesError, match=r"^cannot run nowhere: there is no such program on PATH$"):
        start(["nowhere"], env=machine.env)
    with pytest.raises(HermesError, match=r"^cannot run /no/where: there is no such program$"):
        start(["/no/where"], env=machine.env)
    with pytest.raises(HermesError, match=r"^cannot run speak in /no/where: there is no such folder$"):
        start(["speak"], env=machine.env, cwd="/no/where")


def test_a_program_in_the_foreground(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    done = machine.processes.foreground(["speak", "words"], env=machine.env)
    assert (done.status, done.interrupted, done.terminated) == (3, False, False)
    assert capfd.readouterr().out in {"words", ""}  # a fake prints nothing


@pytest.mark.parametrize("clock", [Clock(), FakeClock()], ids=["real", "fake"])
def test_a_clock_goes_forwards_by_at_least_the_wait(clock: Clock) -> None:
    now, before = clock.now(), clock.monotonic()
    clock.wait(0.001)
    assert clock.monotonic() >= before + 0.001
    assert clock.now() > 1_600_000_000
    assert abs(clock.now() - now) < 3600


@pytest.fixture
def pty_stream() -> Iterator[TextIO]:
    controller, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 101, 0, 0))
    with os.fdopen(terminal, "w", encoding="utf-8") as stream:
        yield stream
    os.close(controller)


@pytest.mark.parametrize(
    "environ", [{}, {"COLUMNS": "70"}, {"COLUMNS": "0"}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}]
)
def test_terminals_agree(environ: dict[str, str], pty_stream: TextIO, tmp_path: Path) -> None:
    with (tmp_path / "file").open("w", encoding="utf-8") as file:
        for stream, fake in (
            (pty_stream, FakeTerminal(tty=True, columns=101, environ=environ)),
            (file, FakeTerminal(environ=environ)),
        ):
            real = Terminal(environ=environ)
            assert real.is_tty(stream) == fake.is_tty(stream)
            assert real.columns(stream) == fake.columns(stream)
            assert real.width(stream) == fake.width(stream)
            assert real.colour(stream) == fake.colour(stream)
    assert not Terminal(environ={}).is_tty(None)
    assert not FakeTerminal(tty=True).is_tty(None)
