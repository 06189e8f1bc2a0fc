"""What `hermes run` refuses before it looks at the lock or starts a process."""

import pytest

from fakes.command import Command

TOP = 'python = ["3.12"]\n'


def test_an_envfile_without_sessions(hermes: Command) -> None:
    hermes.write("envfile.toml", TOP)
    for words in (["run"], ["run", "unit"]):
        said = hermes(*words)
        assert (said.status, said.out) == (2, "")
        assert said.err == (
            "hermes: error: envfile.toml declares no sessions, so there is nothing to run\n"
            'hermes: hint: write one: [sessions.unit] with requirements = ["pytest"] and run = "pytest"\n'
        )


def test_folders_that_are_not_there(hermes: Command) -> None:
    hermes.write("docs/file", "")
    hermes.write("plain", "")
    hermes.write(
        "envfile.toml",
        f'{TOP}[defaults]\ndirectory = "backend"\n[sessions.a]\nrun = "true"\n[sessions.b]\nrun = "true"\n'
        '[sessions.c]\nrun = "true"\ndirectory = "plain"\n[sessions.d]\nrun = "true"\ndirectory = "docs"\n',
    )
    said = hermes("run")
    assert (said.status, said.out) == (2, "")
    assert said.err == (
        f"hermes: error: envfile.toml:3: defaults.directory: there is no folder 'backend' in {hermes.folder}\n"
        f"envfile.toml:10: sessions.c.directory: there is no folder 'plain' in {hermes.folder}\n"
        "hermes: hint: make it, or correct `directory`, where the commands run\n"
    )


def test_variables_that_are_not_set_are_mentioned_to_who_asks(hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SET", "1")
    monkeypatch.setenv("CI", "1")
    hermes.write(
        "envfile.toml",
        f'{TOP}[sessions.unit]\nrun = "true"\npass-env = ["SET", "PG*"]\n'
        'pass-env-unkeyed = ["BUILD"]\nsecrets = ["KEY"]\n',
    )
    note = "hermes: session unit passes BUILD, KEY: not set here\n"
    assert hermes("run", "-v").err.startswith(note)
    assert note not in hermes("run").err
