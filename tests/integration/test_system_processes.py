"""Real programs, real signals, real terminals. Nothing sleeps: a pipe that ends tells that all its writers have."""

import json
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes.errors import HermesError, Interrupted, Terminated
from hermes.system import families, signals
from hermes.system.processes import Processes

PATIENCE = 60
"""Seconds after which a test gives up; nothing waits for them to pass."""

# Stands between the test and the child, as hermes does: started by the test, on a terminal or without one.
DRIVER = """
import fcntl, json, os, sys, termios
if sys.argv[1] == "terminal":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from hermes.errors import HermesError
from hermes.system.processes import Processes
how, report, grace, child = sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5]
argv = [sys.executable, "-I", "-c", child, *sys.argv[6:]]
try:
    done = getattr(Processes(grace=grace), how)(argv, env=os.environ)
    said = {"status": done.status}
    if how == "foreground":
        said.update(interrupted=done.interrupted, terminated=done.terminated)
except HermesError as error:
    said = {"error": type(error).__name__}
with open(report, "w") as file:
    json.dump(said, file)
"""

# A grandchild that nothing but a kill ends; both keep the fifo open, so that its reader knows when they are gone.
FAMILY = """
import os, signal, sys
fifo = os.open(sys.argv[1], os.O_WRONLY)
if os.fork() == 0:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.write(fifo, b"grandchild ")
    while True:
        signal.pause()
"""


class Fifo:
    """The reading end of a pipe with a name, opened before any writer is there."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self._descriptor, True)
        self._seen = b""

    def until(self, *words: bytes) -> None:
        """Wait until every word has been written."""
        while not all(word in self._seen for word in words):
            said = _read(self._descriptor)
            assert said, f"only {self._seen!r} was said"
            self._seen += said

    def read(self) -> bytes:
        """Wait for something to be written; return nothing when nobody has the fifo open any more."""
        return _read(self._descriptor)

    def end(self) -> None:
        """Wait until nobody has the fifo open any more."""
        while self.read():
            pass

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    pipe = Fifo(tmp_path / "fifo")
    yield pipe
    pipe.close()


def _read(descriptor: int) -> bytes:
    assert select.select([descriptor], [], [], PATIENCE)[0], "nothing happened"
    return os.read(descriptor, 1024)


class Driver:
    """A process that runs a child through hermes; `terminal` is the other end of its terminal, if it has one."""

    def __init__(
        self, folder: Path, child: str, *arguments: str, terminal: bool, how: str = "foreground", grace: float = 10
    ) -> None:
        self._report = folder / "report.json"
        controller, inner = os.openpty() if terminal else (-1, subprocess.DEVNULL)
        self.terminal = controller
        kind = "terminal" if terminal else "plain"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                DRIVER,
                kind,
                how,
                str(self._report),
                str(grace),
                textwrap.dedent(child),
                *arguments,
            ],
            stdin=inner,
            stdout=inner if terminal else None,
            stderr=inner if terminal else None,
            start_new_session=True,
        )
        if terminal:
            os.close(inner)
        self._seen = b""

    def type(self, text: bytes) -> None:
        os.write(self.terminal, text)

    def until(self, words: bytes) -> None:
        while words not in self._seen:
            self._seen += _read(self.terminal)

    def end(self) -> dict[str, object]:
        self.process.wait(PATIENCE)
        if self.terminal >= 0:
            os.close(self.terminal)
        found: dict[str, object] = json.loads(self._report.read_text())
        return found


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_without_a_terminal_a_signal_is_forwarded_and_the_group_ends(
    tmp_path: Path, fifo: Fifo, number: signal.Signals
) -> None:
    child = f"""{FAMILY}
stopping = {{signal.SIGINT, signal.SIGTERM, signal.SIGHUP}}
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


def test_a_timeout_ends_the_whole_group(fifo: Fifo) -> None:
    child = 'exec 9>"$1"; echo last words >&2; sleep 10000 & wait'
    with pytest.raises(HermesError, match=r"sh did not end within 0\.5 s and was killed\n  last words"):
        Processes().run(["/bin/sh", "-c", child, "sh", fifo.path], env=os.environ, timeout=0.5)
    fifo.end()


def test_full_pipes_block_nobody() -> None:
    child = "import sys\nfor _ in range(64):\n    sys.stdout.write('o' * 65536)\n    sys.stderr.write('e' * 65536)\n"
    done = Processes().run([sys.executable, "-I", "-c", child], env=os.environ, input="i" * 1_000_000)
    assert (done.status, len(done.stdout), len(done.stderr)) == (0, 1 << 22, 1 << 22)


def test_a_daemon_that_keeps_the_output_open_is_not_waited_for(fifo: Fifo) -> None:
    child = """
import os, sys
fifo = os.open(sys.argv[1], os.O_RDWR)
away = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(fifo, b"daemon ")
    os.write(away[1], b".")
    os.read(os.open(sys.argv[2], os.O_RDONLY), 1)
    os._exit(0)
os.read(away[0], 1)
print("done")
"""
    stop = Path(fifo.path).with_name("stop")
    os.mkfifo(stop)
    done = Processes().run([sys.executable, "-I", "-c", child, fifo.path, str(stop)], env=os.environ)
    assert done.stdout == "done\n"
    fifo.until(b"daemon")
    os.close(os.open(stop, os.O_WRONLY))
    fifo.end()


def test_output_that_is_no_text_is_replaced() -> None:
    done = Processes().run([sys.executable, "-I", "-c", "import os; os.write(1, b'a\\xffb')"], env=os.environ)
    assert done.stdout == "a\N{REPLACEMENT CHARACTER}b"


def test_folder_and_umask(tmp_path: Path) -> None:
    code = "import os; open('file', 'w'); print(os.getcwd())"
    done = Processes().run([sys.executable, "-I", "-c", code], env=os.environ, cwd=tmp_path, umask=0o077)
    assert done.stdout.strip() == str(tmp_path)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_programs_that_cannot_be_started_are_named(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    with pytest.raises(HermesError, match="script: Permission denied") as caught:
        Processes().run([str(script)], env={})
    assert caught.value.hint == "make it executable (chmod +x)"
    script.chmod(0o755)
    with pytest.raises(HermesError, match="the interpreter that its first line names does not exist"):
        Processes().run([str(script)], env={})
    script.write_bytes(b"\x7fELF nonsense")
    with pytest.raises(HermesError, match="script: Exec format error"):
        Processes().run([str(script)], env={})


def test_the_callers_handlers_are_back_afterwards() -> None:
    before = {number: signal.getsignal(number) for number in signals.STOPPING}
    Processes().run([sys.executable, "-I", "-c", ""], env=os.environ)
    Processes().foreground([sys.executable, "-I", "-c", ""], env=os.environ)
    assert {number: signal.getsignal(number) for number in signals.STOPPING} == before
    wakeup = signal.set_wakeup_fd(-1)
    assert wakeup == -1


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        code = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
        done = Processes().run([sys.executable, "-I", "-c", code], env=os.environ)
        assert done.stdout == "True\n"
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_with_another_handler_disturbs_nothing() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        code = f"import os, signal; os.kill({os.getpid()}, signal.SIGUSR1)"
        for how in ("run", "foreground"):
            done = getattr(Processes(), how)([sys.executable, "-I", "-c", code], env=os.environ)
            assert done.status == 0
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1] * 2


def test_programs_can_be_run_from_any_thread() -> None:
    found: list[str] = []

    def work() -> None:
        done = Processes().run([sys.executable, "-I", "-c", "print('from a thread')"], env=os.environ)
        found.append(done.stdout)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == ["from a thread\n"] * 4


def test_without_pidfd_a_thread_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, flags: int = 0) -> int:
        raise OSError(38, f"Function not implemented {pid} {flags}")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    done = Processes().run([sys.executable, "-I", "-c", "print('ended')"], env=os.environ, timeout=PATIENCE)
    assert done.stdout == "ended\n"
    with pytest.raises(HermesError, match="did not end within"):
        Processes().run([sys.executable, "-I", "-c", "import signal; signal.pause()"], env=os.environ, timeout=0.1)


def test_descendants_are_found_over_generations() -> None:
    code = "import os, sys\nif os.fork() == 0 and os.fork() == 0:\n    print('ready', flush=True)\nsys.stdin.read()\n"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        assert len(families.descendants(child.pid)) == 2
        assert child.stdin is not None


@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated)],
)
def test_signals_can_be_raised_as_errors(number: signal.Signals, error: type[HermesError]) -> None:
    before = signal.getsignal(number)
    with pytest.raises(error) as caught, signals.raising():
        signal.raise_signal(number)
    assert type(caught.value) is error
    assert signal.getsignal(number) is before


def test_a_watch_inside_of_raising_notes_instead() -> None:
    with signals.raising(), signals.Watch() as watch:
        signal.raise_signal(signal.SIGTERM)
        assert watch.take() == [signal.SIGTERM]
        signal.raise_signal(signal.SIGINT)
    assert watch.noted == [signal.SIGTERM, signal.SIGINT]
    assert isinstance(signals.stop_of(watch.noted), Terminated)


def test_descriptors_do_not_leak() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        Processes().run([sys.executable, "-I", "-c", ""], env=os.environ)
        Processes().foreground([sys.executable, "-I", "-c", ""], env=os.environ)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
