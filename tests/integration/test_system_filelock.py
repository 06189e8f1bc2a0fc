"""Locks between processes that really are several."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hermes.errors import ProvisionError
from hermes.system import filelock

HOLD = """
import sys
from pathlib import Path
from hermes.system import filelock
with filelock.{how}(Path(sys.argv[1]), timeout=60, what="building something"):
    print("held", flush=True)
    sys.stdin.read()
print("released", flush=True)
"""

COUNT = """
import sys
from pathlib import Path
from hermes.system import filelock
lock, counter = map(Path, sys.argv[1:3])
for _ in range(int(sys.argv[3])):
    with filelock.exclusive(lock, timeout=60, what="counting"):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


@contextmanager
def _holder(path: Path, how: str = "exclusive") -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD.format(how=how), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_another_process_holds_the_lock_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with _holder(path) as process:
        with filelock.try_exclusive(path) as held:
            assert not held
        with (
            pytest.raises(ProvisionError, match=f"held by process {process.pid} on .*, building something since"),
            filelock.exclusive(path, timeout=0.05, what="building it too"),
        ):
            raise AssertionError


def test_a_killed_holder_frees_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with _holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with filelock.exclusive(path, timeout=0, what="building"):
            assert str(os.getpid()) in filelock.holder(path)


def test_waiting_ends_with_the_release(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    told: list[str] = []
    with _holder(path) as process:
        assert process.stdin is not None

        def release(sentence: str) -> None:
            told.append(sentence)
            process.stdin.close()  # type: ignore[union-attr] # it was asserted to be there

        with filelock.exclusive(path, timeout=60, what="building", waiting=release):
            process.wait()
    assert len(told) == 1
    assert told[0].startswith(f"waiting for process {process.pid} on ")


def test_two_processes_share_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "one.use"
    with _holder(path, "shared"):
        with filelock.shared(path, timeout=0):
            pass
        with filelock.try_exclusive(path) as held:
            assert not held


def test_two_processes_never_hold_a_lock_at_once(tmp_path: Path) -> None:
    (tmp_path / "counter").write_text("0")
    argv = [sys.executable, "-c", COUNT, str(tmp_path / "lock"), str(tmp_path / "counter"), "200"]
    processes = [subprocess.Popen(argv) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert (tmp_path / "counter").read_text() == "400"
