import json

import pytest

from fakes.command import Command
from hermes.envfile import schema

ENVFILE = """\
python = ["3.11", "3.12"]

[environments.test]
requirements = ["pytest"]

[sessions.unit]
environment = "test"
run = "pytest {posargs}"

[sessions.lint]
requirements = ["ruff"]
python = "3.12"
run = "ruff check"
tags = ["quick"]

[sessions.soak]
environment = "test"
run = "pytest -m soak"
tags = ["slow"]
default = false
"""


@pytest.fixture(autouse=True)
def project(hermes: Command) -> None:
    hermes.write("envfile.toml", ENVFILE)


def test_sessions_are_listed_without_lock_interpreters_or_cache(hermes: Command) -> None:
    said = hermes("list")
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == [
        "session  layer  python     environment (package)  tags",
        "unit     unit   3.11 3.12  test (none)",
        "lint     -      3.12       lint (none)            quick",
        "soak     -      3.11 3.12  test (none)            slow not by default",
    ]
    assert [path.name for path in hermes.folder.iterdir()] == ["envfile.toml"]
    assert not (hermes.folder.parent / "cache").exists()


def test_words_select_as_in_a_run(hermes: Command) -> None:
    said = hermes("list", "--json", "slow", "un*")
    assert [session["name"] for session in said.json["sessions"]] == ["unit", "soak"]


def test_a_word_that_matches_nothing(hermes: Command) -> None:
    said = hermes("list", "untt")
    assert (said.status, said.out) == (2, "")
    assert said.err == (
        "hermes: error: no session, layer, tag or glob matches 'untt'\nhermes: hint: did you mean 'unit'?\n"
    )


def test_the_schema_needs_no_project(hermes: Command) -> None:
    (hermes.folder / "envfile.toml").unlink()
    said = hermes("schema")
    assert (said.status, said.err) == (0, "")
    assert said.json == json.loads(json.dumps(schema.schema()))


@pytest.mark.parametrize(
    ("words", "variables", "painted"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "0"}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--json"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_to_paint(
    hermes: Command, monkeypatch: pytest.MonkeyPatch, words: list[str], variables: dict[str, str], painted: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b" in hermes("list", *words).out) is painted
