import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from hermes.errors import ProvisionError
from hermes.system import filelock


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "one.lock"
    with filelock.exclusive(path, timeout=0, what="building"):
        with filelock.try_exclusive(path) as held:
            assert not held
        with pytest.raises(ProvisionError), filelock.shared(path, timeout=0):
            pass
    with filelock.try_exclusive(path) as held:
        assert held
    assert path.exists()


def test_many_share_a_lock_and_keep_one_holder_out(tmp_path: Path) -> None:
    path = tmp_path / "one.use"
    with filelock.shared(path), filelock.shared(path):
        with filelock.try_exclusive(path) as held:
            assert not held
        with pytest.raises(ProvisionError, match="did not leave their names"):
            _hold(path)
    with filelock.try_exclusive(path) as held:
        assert held


def _hold(path: Path) -> None:
    with filelock.exclusive(path, timeout=0, what="removing"):
        raise AssertionError


def test_the_wait_is_bounded_and_names_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    clock = FakeClock(1_700_000_000.0)
    said: list[str] = []
    with (
        filelock.exclusive(path, timeout=0, what="building abc", clock=clock),
        pytest.raises(ProvisionError) as caught,
        filelock.exclusive(path, timeout=30, what="building def", clock=clock, waiting=said.append),
    ):
        raise AssertionError
    assert caught.value.message.startswith(f"building def: waited 30 s for the lock {path}, which is held by process ")
    assert f"process {os.getpid()} on " in caught.value.message
    assert caught.value.message.endswith(", building abc since 2023-11-14 22:13:20 UTC")
    assert sum(clock.waits) == pytest.approx(30)
    assert len(clock.waits) < 700  # at most 20 questions a second
    assert len(said) == 1
    assert said[0].startswith(f"waiting for process {os.getpid()}")
    assert said[0].endswith(f" UTC (^C gives up; if that hangs, end process {os.getpid()})")


def test_a_lock_that_becomes_free_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"

    class Releasing(FakeClock):
        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            if len(self.waits) == 3:
                first.__exit__(None, None, None)

    first = filelock.exclusive(path, timeout=0, what="first")
    first.__enter__()
    with filelock.exclusive(path, timeout=30, what="second", clock=Releasing()):
        assert json.loads(path.read_text())["what"] == "second"


def test_the_holder_signs_and_wipes_its_name(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    path.write_text("a name left by a process that was killed, longer than any other" * 9)
    with filelock.exclusive(path, timeout=0, what="building", clock=FakeClock()):
        signed = json.loads(path.read_text())
        assert (signed["pid"], signed["what"]) == (os.getpid(), "building")
    assert path.read_text() == ""


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"pid": 1}', '{"pid": 1, "host": "h", "what": "w", "since": 1e300}', "\x00\xff"]
)
def test_a_damaged_name_is_no_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock").write_text(text)
    assert filelock.holder(tmp_path / "lock") == "processes that did not leave their names"


def test_a_lock_on_a_file_that_was_removed_meanwhile_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.lock"
    real = filelock._lock
    removals = iter([True])

    def lock(descriptor: int, *, shared: bool) -> bool:
        held = real(descriptor, shared=shared)
        if next(removals, False):
            path.unlink()  # what a collector does that held the lock until now
        return held

    monkeypatch.setattr(filelock, "_lock", lock)
    with filelock.exclusive(path, timeout=1, what="building", clock=FakeClock()), filelock.try_exclusive(path) as held:
        assert path.exists()
        assert not held


def _failing(number: int) -> Callable[..., bool]:
    def lock(descriptor: int, *, shared: bool) -> bool:
        raise OSError(number, f"{os.strerror(number)} ({descriptor=}, {shared=})")

    return lock


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(filelock, "_lock", _failing(number))
    with pytest.raises(ProvisionError, match="its file system has no working file locks") as caught:
        _hold(tmp_path / "lock")
    assert "HERMES_RUNNER_CACHE_DIR" in str(caught.value.hint)


def test_another_failure_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filelock, "_lock", _failing(errno.EIO))
    with pytest.raises(ProvisionError, match="cannot be locked: Input/output error"):
        _hold(tmp_path / "lock")


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvisionError, match="cannot open the lock file"):
        _hold(tmp_path / "file" / "lock")


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), filelock.exclusive(tmp_path / "lock", timeout=0, what="dividing"):
        raise ZeroDivisionError
    with filelock.try_exclusive(tmp_path / "lock") as held:
        assert held
