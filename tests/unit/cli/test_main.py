import re
import signal
from collections.abc import Callable
from typing import NoReturn

import pytest

from fakes.command import Command
from hermes.cli import load, main
from hermes.cli.commands import schema
from hermes.errors import (
    DriftError,
    EnvfileError,
    HermesError,
    InstallationError,
    InterpreterError,
    Interrupted,
    LockError,
    ProvisionError,
    ResolutionError,
    Terminated,
    UsageError,
)


def raising(error: BaseException) -> Callable[..., NoReturn]:
    def run(*_: object) -> NoReturn:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (HermesError, 1),
        (UsageError, 2),
        (EnvfileError, 2),
        (LockError, 3),
        (DriftError, 4),
        (ProvisionError, 5),
        (InterpreterError, 5),
        (ResolutionError, 5),
        (InstallationError, 5),
        (Interrupted, 130),
        (Terminated, 143),
    ],
)
def test_every_error_has_its_exit_status_and_no_traceback(
    hermes: Command, monkeypatch: pytest.MonkeyPatch, error: type[HermesError], status: int
) -> None:
    monkeypatch.setattr(schema, "run", raising(error("what happened\nand where", hint="what to do")))
    said = hermes("schema")
    assert (said.status, said.out) == (status, "")
    assert said.err == "hermes: error: what happened\nand where\nhermes: hint: what to do\n"


def test_an_error_without_a_hint(hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "run", raising(LockError("the lock is stale")))
    assert hermes("schema").err == "hermes: error: the lock is stale\n"


@pytest.mark.parametrize("bug", [ZeroDivisionError("division by zero"), ValueError("no"), OSError(2, "No such file")])
def test_a_bug_prints_a_traceback_and_is_no_failure_of_a_session(
    hermes: Command, monkeypatch: pytest.MonkeyPatch, bug: Exception
) -> None:
    monkeypatch.setattr(schema, "run", raising(bug))
    said = hermes("schema")
    assert (said.status, said.out) == (main.BUG, "")
    assert said.err.startswith("Traceback (most recent call last):\n")
    assert f"{type(bug).__name__}: {bug}\n" in said.err
    assert re.search(
        r"\nhermes: this is a bug in hermes \d+\.\d+\.\d+; please report it with the text above\n$", said.err
    )


def test_what_the_system_refuses_is_no_bug(hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "run", raising(OSError(28, "No space left on device", "/a/file")))
    said = hermes("schema")
    assert (said.status, said.out) == (5, "")
    assert said.err.startswith("hermes: error: No space left on device: /a/file\nhermes: hint: make space")


def test_an_interrupt_is_no_bug(hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "run", raising(KeyboardInterrupt()))
    said = hermes("schema")
    assert (said.status, said.err) == (130, "\nhermes: interrupted\n")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGQUIT, 143)]
)
def test_signals_end_hermes_itself_with_their_status(
    hermes: Command, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, status: int
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr(schema, "run", lambda *_: signal.raise_signal(number))
    said = hermes("schema")
    assert said.status == status
    assert said.err.endswith("ed: everything that hermes started has been stopped\n")
    assert signal.getsignal(number) is before


def test_version(hermes: Command) -> None:
    said = hermes("--version")
    assert said.status == 0
    assert re.fullmatch(r"hermes \d+\.\d+\.\d+\n", said.out)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["run", "--help"], ["store", "gc", "-h"]])
def test_help(hermes: Command, words: list[str]) -> None:
    said = hermes(*words)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(f"usage: hermes{''.join(f' {word}' for word in words if not word.startswith('-'))}")
    assert "common options:" in said.out


@pytest.mark.parametrize("words", [[], ["--json"], ["--", "x"]])
def test_without_a_command_the_help_stands_on_standard_error(hermes: Command, words: list[str]) -> None:
    said = hermes(*words)
    assert (said.status, said.out) == (2, "")
    assert said.err == hermes("--help").out


class TestTheEnvfile:
    def test_none(self, hermes: Command) -> None:
        said = hermes("list")
        assert said.status == 2
        assert said.err == (
            f"hermes: error: no envfile.toml in {hermes.folder} or a parent of it\n"
            'hermes: hint: write one; the smallest is: python = ["3.12"] and [sessions.unit] with requirements '
            "and run\n"
        )

    def test_in_a_parent_folder(self, hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        hermes.write("envfile.toml", 'python = ["3.12"]\n[sessions.unit]\nrun = "true"\n')
        hermes.write("a/b/file", "")
        monkeypatch.chdir(hermes.folder / "a" / "b")
        assert "unit" in hermes("list").out
        assert "unit" in hermes("list", "-C", "..").out

    def test_the_nearest_one_counts(self, hermes: Command) -> None:
        hermes.write("envfile.toml", 'python = ["3.12"]\n[sessions.outer]\nrun = "true"\n')
        inner = hermes.write("a/envfile.toml", 'python = ["3.12"]\n[sessions.inner]\nrun = "true"\n')
        assert load.find(inner.parent) == inner
        assert "inner" in hermes("-C", "a", "list").out
        assert "outer" in hermes("list").out

    def test_a_folder_of_that_name_is_none(self, hermes: Command) -> None:
        hermes.write("envfile.toml", 'python = ["3.12"]\n[sessions.outer]\nrun = "true"\n')
        hermes.write("a/envfile.toml/file", "")
        assert "outer" in hermes("-C", "a", "list").out

    def test_no_such_folder(self, hermes: Command) -> None:
        said = hermes("-C", "nowhere", "list")
        assert (said.status, said.err) == (2, "hermes: error: nowhere: no such folder\n")

    def test_what_is_no_text(self, hermes: Command) -> None:
        (hermes.folder / "envfile.toml").write_bytes(b'python = "3.12"\n# caf\xe9\n')
        said = hermes("list")
        assert said.status == 2
        assert said.err == (
            f"hermes: error: {hermes.folder}/envfile.toml is not UTF-8 text (byte 21)\nhermes: hint: save it as UTF-8\n"
        )

    def test_two_mistakes(self, hermes: Command) -> None:
        hermes.write("envfile.toml", 'python = ["3.12"]\n[sessions.unit]\nrnu = "true"\nlayer = "unti"\n')
        said = hermes("list", "--json")
        assert (said.status, said.out) == (2, "")
        assert [line.partition(" ")[0] for line in said.err.removeprefix("hermes: error: ").splitlines()] == [
            "envfile.toml:2:",
            "envfile.toml:3:",
            "envfile.toml:4:",
        ]
