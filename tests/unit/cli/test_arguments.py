from collections.abc import Sequence
from typing import Any

import pytest

from hermes.cli import arguments
from hermes.errors import UsageError

COMMON = {
    "directory": ".",
    "offline": False,
    "locked": False,
    "json": False,
    "quiet": False,
    "verbose": False,
    "color": "auto",
}


def parsed(line: str) -> dict[str, Any]:
    return vars(arguments.parse(line.split()))


def common(line: str) -> dict[str, Any]:
    """Give the common options that are not as they are by default."""
    return {name: value for name, value in parsed(line).items() if name in COMMON and value != COMMON[name]}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "unit"], (["run", "unit"], None)),
        (["run", "--"], (["run"], ())),
        (["run", "--", "-x", "--", "--locked"], (["run"], ("-x", "--", "--locked"))),
        ([], ([], None)),
    ],
)
def test_words_after_two_dashes(words: Sequence[str], expected: tuple[list[str], tuple[str, ...] | None]) -> None:
    assert arguments.split(words) == expected


@pytest.mark.parametrize("verb", arguments.VERBS)
def test_every_verb_takes_the_common_options_before_and_behind_it(verb: str) -> None:
    rest = {"exec": " test", "shell": " test", "store": " list"}.get(verb, "")
    options = "-C there --offline --locked --json -q -v --color never"
    expected = {
        "directory": "there",
        "offline": True,
        "locked": True,
        "json": True,
        "quiet": True,
        "verbose": True,
        "color": "never",
    }
    assert common(f"{options} {verb}{rest}") == expected
    assert common(f"{verb}{rest} {options}") == expected
    assert common(f"{verb}{rest}") == {}


@pytest.mark.parametrize("action", ["list", "dir test", "gc", "verify", "clear"])
def test_every_action_of_the_store_takes_them_too(action: str) -> None:
    assert common(f"store {action} --json -C there") == {"json": True, "directory": "there"}
    assert common(f"store --json {action} -C there") == {"json": True, "directory": "there"}


def test_the_last_of_two_folders_counts() -> None:
    assert common("-C here list -C there") == {"directory": "there"}


@pytest.mark.parametrize("line", ["", "--json"])
def test_no_command_is_none(line: str) -> None:
    assert parsed(line)["verb"] is None


@pytest.mark.parametrize("folder", arguments.VERBS)
def test_a_folder_may_be_called_like_a_verb(folder: str) -> None:
    assert parsed(f"-C {folder} list unit")["sessions"] == ["unit"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run", {"sessions": [], "python": [], "missing_python": "error", "dry_run": False, "rebuild": False}),
        (
            "run unit slow -p 3.12 --python 3.13 --missing-python skip --dry-run --rebuild",
            {
                "sessions": ["unit", "slow"],
                "python": ["3.12", "3.13"],
                "missing_python": "skip",
                "dry_run": True,
                "rebuild": True,
            },
        ),
        (
            "lock",
            {"check": False, "upgrade": False, "upgrade_package": [], "dry_run": False, "diff": False},
        ),
        ("lock --upgrade-package six --upgrade-package attrs", {"upgrade_package": ["six", "attrs"]}),
        (
            "fingerprint test",
            {
                "environments": ["test"],
                "combined": False,
                "explain": False,
                "github_output": False,
                "record": False,
                "check": False,
                "require_record": False,
            },
        ),
        ("verify --all", {"environments": [], "all": True}),
        ("list a b", {"sessions": ["a", "b"]}),
        ("exec test -p 3.12", {"environment": "test", "python": "3.12"}),
        ("shell test", {"environment": "test", "python": None}),
        ("store gc", {"action": "gc", "max_age": 30.0, "max_size": None}),
        ("store gc --max-age 0.5 --max-size 20G", {"max_age": 0.5, "max_size": "20G"}),
        ("store clear --wheels", {"action": "clear", "wheels": True}),
        ("store dir test -p 3.12", {"action": "dir", "environment": "test", "python": "3.12"}),
    ],
)
def test_what_verbs_take(line: str, expected: dict[str, Any]) -> None:
    taken = parsed(line)
    assert {name: taken[name] for name in expected} == expected
    assert taken["verb"] == line.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("rnu", "invalid choice: 'rnu'", "did you mean 'run'?"),
        ("-q finger", "invalid choice: 'finger'", "did you mean 'fingerprint'?"),
        ("zzz", "invalid choice: 'zzz'", "see `hermes --help`"),
        ("store", "the following arguments are required: ACTION", "see `hermes store --help`"),
        ("store lst", "invalid choice: 'lst'", "did you mean 'list'?"),
        ("run --color alwys", "invalid choice: 'alwys'", "did you mean 'always'?"),
        ("run --missing-python skp", "invalid choice: 'skp'", "did you mean 'skip'?"),
        ("exec", "the following arguments are required: NAME", "see `hermes exec --help`"),
        ("run -p", "argument -p/--python: expected one argument", "see `hermes run --help`"),
        ("store gc --max-age old", "argument --max-age: invalid float value: 'old'", "see `hermes store gc --help`"),
        ("lock --upgrade-pack six", "unrecognized arguments: --upgrade-pack six", "did you mean --upgrade-package?"),
        ("schema unit", "unrecognized arguments: unit", "see `hermes schema --help`"),
        ("--offlin", "unrecognized arguments: --offlin", "did you mean --offline?"),
        ("--offlin run", "unrecognized arguments: --offlin", "did you mean --offline?"),
        ("run --offlin unit", "unrecognized arguments: --offlin", "did you mean --offline?"),
        ("run -x --missing-pyton=skip", "unrecognized arguments: -x", "did you mean --missing-python?"),
        ("store gc --max-sise 2G", "unrecognized arguments: --max-sise 2G", "did you mean --max-size?"),
        ("--frobnicate", "unrecognized arguments: --frobnicate", "see `hermes --help`"),
        ("run --frobnicate", "unrecognized arguments: --frobnicate", "see `hermes run --help`"),
    ],
)
def test_mistakes(line: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(line)
    assert message in caught.value.message
    assert caught.value.hint == hint
