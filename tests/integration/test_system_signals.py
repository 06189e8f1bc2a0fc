"""Real signals on real terminals and without one. Nothing sleeps: a fifo that ends tells that its writers have."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.family import FAMILY, Driver, Fifo
from hermes.system.processes import Processes


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    pipe = Fifo(tmp_path / "fifo")
    yield pipe
    pipe.close()


# Signals are blocked and waited for: a Python handler does not run while a system call that began just before waits.
COUNTER = """
    import os, signal, sys
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.write(1, b"ready ")
    sender = signal.sigwaitinfo({signal.SIGINT}).si_pid
    os.write(1, b"interrupted by %d " % sender)
    for _ in range(2):
        line = sys.stdin.readline().strip()
        more = signal.SIGINT in signal.sigpending()
        os.write(1, b"line %s %d " % (line.encode(), more))
    sys.exit(7)
"""


def test_at_a_terminal_one_interrupt_reaches_the_child_once(tmp_path: Path) -> None:
    driver = Driver(tmp_path, COUNTER, terminal=True)
    driver.until(b"ready")
    driver.type(b"\x03")
    driver.until(b"interrupted by 0 ")  # by the kernel, that is by the terminal
    driver.type(b"first\n")
    driver.until(b"line first 0")  # it has the terminal: it reads from it, and it goes on after the signal
    driver.type(b"second\n")
    driver.until(b"line second 0")
    assert driver.end() == {"status": 7, "interrupted": True, "terminated": False}


def test_at_a_terminal_more_interrupts_kill_all(tmp_path: Path, fifo: Fifo) -> None:
    child = f"""{FAMILY}
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGINT}})
os.write(fifo, b"parent ")
while signal.sigwait({{signal.SIGINT}}):
    os.write(fifo, b"interrupted ")
"""
    driver = Driver(tmp_path, child, fifo.path, terminal=True)
    fifo.until(b"grandchild", b"parent ")
    # Hermes may not have been awake when the child noted the first ^C; then the second one is its first.
    driver.type(b"\x03")
    while said := fifo.read():
        if b"interrupted" in said:
            driver.type(b"\x03")
    assert driver.end() == {"status": -signal.SIGKILL, "interrupted": True, "terminated": False}


def test_at_a_terminal_nothing_survives_a_child_that_dies_of_the_interrupt(tmp_path: Path, fifo: Fifo) -> None:
    child = f"""{FAMILY}
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.write(fifo, b"parent ")
signal.pause()
"""
    driver = Driver(tmp_path, child, fifo.path, terminal=True)
    fifo.until(b"grandchild", b"parent ")
    driver.type(b"\x03")
    fifo.end()
    assert driver.end() == {"status": -signal.SIGINT, "interrupted": True, "terminated": False}


def test_at_a_terminal_what_a_child_leaves_behind_is_killed(tmp_path: Path, fifo: Fifo) -> None:
    orphan = FAMILY.replace("if os.fork() == 0:", "if os.fork() == 0 and (os.fork() == 0 or os._exit(0)):")
    child = f"{orphan}\nos.wait()\nos.write(fifo, b'parent ')\nsys.exit(4)\n"
    driver = Driver(tmp_path, child, fifo.path, terminal=True)
    fifo.end()
    assert driver.end() == {"status": 4, "interrupted": False, "terminated": False}


def test_at_a_terminal_being_terminated_is_passed_on(tmp_path: Path, fifo: Fifo) -> None:
    child = "import os, signal, sys\nos.write(os.open(sys.argv[1], os.O_WRONLY), b'ready')\nsignal.pause()\n"
    driver = Driver(tmp_path, child, fifo.path, terminal=True)
    fifo.until(b"ready")
    driver.process.terminate()
    assert driver.end() == {"status": -signal.SIGTERM, "interrupted": False, "terminated": True}


def test_at_a_terminal_quitting_leaves_nothing_behind(tmp_path: Path, fifo: Fifo) -> None:
    child = f"""{FAMILY}
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGQUIT}})
os.write(fifo, b"parent ")
signal.sigwait({{signal.SIGQUIT}})
sys.exit(3)
"""
    driver = Driver(tmp_path, child, fifo.path, terminal=True)
    fifo.until(b"grandchild", b"parent ")
    driver.type(b"\x1c")
    fifo.end()
    assert driver.end() == {"status": 3, "interrupted": False, "terminated": True}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_without_a_terminal_a_signal_is_forwarded_and_the_group_ends(
    tmp_path: Path, fifo: Fifo, number: signal.Signals
) -> None:
    child = f"""{FAMILY}
stopping = {{signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}}
signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
os.write(fifo, b"parent ")
os.write(fifo, b"stopped by %d " % signal.sigwait(stopping))
sys.exit(9)
"""
    driver = Driver(tmp_path, child, fifo.path, terminal=False)
    fifo.until(b"grandchild", b"parent ")
    driver.process.send_signal(number)
    fifo.until(b"stopped by %d" % number)
    fifo.end()
    interrupted = number is signal.SIGINT
    assert driver.end() == {"status": 9, "interrupted": interrupted, "terminated": not interrupted}


def test_without_a_terminal_the_group_is_killed_after_the_grace(tmp_path: Path, fifo: Fifo) -> None:
    child = f"""{FAMILY}
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGTERM}})
os.write(fifo, b"parent ")
while signal.sigwait({{signal.SIGTERM}}):
    os.write(fifo, b"not now ")
"""
    driver = Driver(tmp_path, child, fifo.path, terminal=False, grace=0.05)
    fifo.until(b"grandchild", b"parent ")
    driver.process.terminate()
    fifo.end()
    assert driver.end() == {"status": -signal.SIGKILL, "interrupted": False, "terminated": True}


def test_without_a_terminal_the_same_signal_again_kills_at_once(tmp_path: Path, fifo: Fifo) -> None:
    child = f"""{FAMILY}
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGTERM}})
os.write(fifo, b"parent ")
while signal.sigwait({{signal.SIGTERM}}):
    os.write(fifo, b"not now ")
"""
    driver = Driver(tmp_path, child, fifo.path, terminal=False, grace=10_000)
    fifo.until(b"grandchild", b"parent ")
    driver.process.terminate()
    fifo.until(b"not now")
    driver.process.terminate()
    fifo.end()
    assert driver.end()["status"] == -signal.SIGKILL


@pytest.mark.parametrize("how", ["foreground", "run"])
def test_what_a_child_leaves_in_its_group_is_killed(fifo: Fifo, how: str) -> None:
    child = f"{FAMILY}\nos.write(fifo, b'parent ')\nsys.exit(4)\n"
    argv = [sys.executable, "-I", "-c", child, fifo.path]
    done = getattr(Processes(), how)(argv, env=os.environ)
    assert done.status == 4
    fifo.end()


def test_captured_programs_end_with_hermes(tmp_path: Path, fifo: Fifo) -> None:
    child = f"{FAMILY}\nos.write(fifo, b'parent ')\nwhile True:\n    signal.pause()\n"
    driver = Driver(tmp_path, child, fifo.path, terminal=False, how="run")
    fifo.until(b"grandchild", b"parent ")
    driver.process.terminate()
    fifo.end()
    assert driver.end() == {"error": "Terminated"}


def test_captured_programs_end_with_an_interrupt_at_the_terminal(tmp_path: Path, fifo: Fifo) -> None:
    child = f"{FAMILY}\nos.write(fifo, b'parent ')\nwhile True:\n    signal.pause()\n"
    driver = Driver(tmp_path, child, fifo.path, terminal=True, how="run")
    fifo.until(b"grandchild", b"parent ")
    driver.type(b"\x03")
    fifo.end()
    assert driver.end() == {"error": "Interrupted"}


def test_captured_programs_have_no_terminal(tmp_path: Path) -> None:
    child = "import sys\ntry:\n    open('/dev/tty')\nexcept OSError:\n    sys.exit(5)\n"
    assert Driver(tmp_path, child, terminal=True, how="run").end() == {"status": 5}
