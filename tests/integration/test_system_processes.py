"""Real programs, captured and in the foreground, from beginning to end."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.family import PATIENCE, Fifo
from hermes.errors import HermesError, Interrupted, Terminated
from hermes.system import families, signals
from hermes.system.processes import Processes


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    pipe = Fifo(tmp_path / "fifo")
    yield pipe
    pipe.close()


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
