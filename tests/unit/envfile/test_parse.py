from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hermes.envfile import parse
from hermes.errors import EnvfileError
from hermes.model.project import Command, Environment, Project, Requirement, Session, Where

FULL = """\
requires-hermes = ">=0.1"
python = ["3.11", "3.12", "3.13t", "pypy3.11", "/opt/python/bin/python"]
python-downloads = true
layers = ["fast", "slow"]

[defaults]
environment = "test"
isolation = "none"
env = { LEVEL = "default", MODE = "ci" }
tags = ["all"]

[requirements]
test = ["pytest >= 8.4", "PyTest-xdist"]
"All.of_it" = [{ include-group = "Test" }, "psycopg[c,binary] >=3.2 ; python_version<'3.13'"]

[environments.test]
groups = ["all-of-it"]
requirements = [
    "coverage[toml]",
    "pytest>=8.4",
]

[environments.pinned]
pins = "./requirements//ci.txt"
python = ">=3.12,<3.14"

[sessions.fast]
python = ["3.12", "3.11"]
run = "pytest -q {posargs:tests 'a b'}"
env = { LEVEL = "{env.OTHER}" }

[sessions.docs]
layer = "slow"
requirements = ["mkdocs"]
python = "3.12"
run = [
    "mkdocs build",
    ["python", "-c", "print('{{}}')"],
    { shell = "ls | wc -l" },
    { run = ["cat", "{outputs.fast}"], ignore-failure = true },
]
pass-env = ["PG*", "CI"]
pass-env-unkeyed = ["BUILD_ID"]
secrets = ["TOKEN"]
externals = ["git", "g++"]
caches = ["browsers"]
directory = "./docs/"
only-on = ["linux", "macos"]
tags = ["docs"]
default = false
allow-failure = true
isolation = "env"
"""


def project(text: str, *, version: str = "0.1.0") -> Project:
    return parse.parse(
        text,
        file="envfile.toml",
        root="/project",
        pyproject=None,
        has_setup_py=False,
        exists=lambda _: False,
        version=version,
    )


def problems(text: str) -> list[str]:
    with pytest.raises(EnvfileError) as caught:
        project(text)
    return caught.value.message.splitlines()


def where(line: int, key: str) -> Where:
    return Where(file="envfile.toml", line=line, key=key)


def test_the_top_of_a_project() -> None:
    made = project(FULL)
    assert (made.root, made.envfile, made.package) == ("/project", "envfile.toml", None)
    assert made.python == ("3.11", "3.12", "3.13t", "pypy3.11", "/opt/python/bin/python")
    assert made.python_downloads is True
    assert made.layers == ("fast", "slow")
    assert list(made.environments) == ["test", "pinned", "docs"]
    assert list(made.sessions) == ["fast", "docs"]


def test_environments() -> None:
    made = project(FULL)
    assert made.environments["test"] == Environment(
        name="test",
        requirements=(
            Requirement(text="pytest>=8.4", where=where(13, "requirements.test[0]")),
            Requirement(text="PyTest-xdist", where=where(13, "requirements.test[1]")),
            Requirement(
                text='psycopg[binary,c]>=3.2; python_version < "3.13"', where=where(14, 'requirements."All.of_it"[1]')
            ),
            Requirement(text="coverage[toml]", where=where(19, "environments.test.requirements[0]")),
        ),
        python=made.python,
        where=where(16, "environments.test"),
    )
    pinned = made.environments["pinned"]
    assert (pinned.pins, pinned.python, pinned.package) == ("requirements/ci.txt", (">=3.12,<3.14",), "none")
    assert made.environments["docs"] == Environment(
        name="docs",
        requirements=(Requirement(text="mkdocs", where=where(34, "sessions.docs.requirements[0]")),),
        python=("3.12",),
        where=where(32, "sessions.docs"),
    )


def test_sessions() -> None:
    made = project(FULL)
    assert made.sessions["fast"] == Session(
        name="fast",
        environment="test",
        layer="fast",
        python=("3.12", "3.11"),
        run=(Command(words=("pytest", "-q", "{posargs:tests 'a b'}"), where=where(29, "sessions.fast.run")),),
        env={"LEVEL": "{env.OTHER}", "MODE": "ci"},
        tags=("all",),
        isolation="none",
        where=where(27, "sessions.fast"),
    )
    assert made.sessions["docs"] == Session(
        name="docs",
        environment="docs",
        layer="slow",
        python=("3.12",),
        run=(
            Command(words=("mkdocs", "build"), where=where(37, "sessions.docs.run[0]")),
            Command(words=("python", "-c", "print('{{}}')"), where=where(38, "sessions.docs.run[1]")),
            Command(shell="ls | wc -l", where=where(39, "sessions.docs.run[2]")),
            Command(words=("cat", "{outputs.fast}"), ignore_failure=True, where=where(40, "sessions.docs.run[3]")),
        ),
        env={"LEVEL": "default", "MODE": "ci"},
        pass_env=("PG*", "CI"),
        pass_env_unkeyed=("BUILD_ID",),
        secrets=("TOKEN",),
        externals=("git", "g++"),
        caches=("browsers",),
        directory="docs",
        directory_where=where(47, "sessions.docs.directory"),
        only_on=("linux", "macos"),
        tags=("docs",),
        default=False,
        allow_failure=True,
        isolation="env",
        where=where(32, "sessions.docs"),
    )


def test_the_smallest_useful_file() -> None:
    made = project('python = "3.12"\n[sessions.unit]\nrequirements = ["pytest"]\nrun = "pytest"\n')
    assert made.layers == ("unit", "integration", "smoke")
    assert made.python_downloads is False
    session = made.sessions["unit"]
    assert (session.layer, session.environment, session.python, session.directory) == ("unit", "unit", ("3.12",), ".")
    assert (session.isolation, session.default, session.allow_failure) == ("env", True, False)


def test_a_byte_order_mark_is_nothing() -> None:
    assert project('\ufeffpython = "3.12"\n').python == ("3.12",)


def test_a_session_without_a_layer_of_its_name_has_none() -> None:
    made = project('python = "3.12"\nlayers = ["unit"]\n[sessions.lint]\nrun = "ruff check"\n')
    assert made.sessions["lint"].layer is None


def test_a_session_can_be_of_nothing_but_an_environment_of_the_package() -> None:
    made = project('python = "3.12"\n[sessions.unit]\nrun = "python -V"\n')
    assert made.environments["unit"].requirements == ()


def test_keys_of_its_own_environment_win_over_a_default_environment() -> None:
    made = project(
        'python = "3.12"\ndefaults.environment = "test"\n[environments.test]\n'
        '[sessions.a]\nrun = "x"\n[sessions.b]\nrun = "x"\nrequirements = []\n'
    )
    assert (made.sessions["a"].environment, made.sessions["b"].environment) == ("test", "b")


def test_a_range_is_narrowed_to_itself_in_the_spelling_of_its_environment() -> None:
    made = project(
        '[environments.t]\npython = [">=3.12,<3.14", "3.11"]\n'
        '[sessions.a]\nenvironment = "t"\npython = "<3.14,>=3.12"\nrun = "x"\n'
    )
    assert made.sessions["a"].python == (">=3.12,<3.14",)


def test_no_python_is_needed_at_the_top_where_each_environment_has_its_own() -> None:
    assert project('[sessions.a]\npython = "3.12"\nrun = "x"\n').python == ()


@pytest.mark.parametrize("version", ["0.1.0", "0.1.1.dev3", "0.2"])
def test_a_hermes_that_is_asked_for(version: str) -> None:
    assert project('requires-hermes = ">=0.1,<1"\npython = "3.12"\n', version=version).python == ("3.12",)


def test_a_default_environment_is_looked_up_even_if_no_session_takes_it() -> None:
    assert problems('python = "3.12"\ndefaults.environment = "test"\n') == [
        (
            'envfile.toml:2: defaults.environment: there is no environment "test": the envfile declares none; '
            "add [environments.test]"
        )
    ]


def test_a_default_directory_stands_where_the_defaults_are() -> None:
    made = project('python = "3.12"\ndefaults.directory = "docs"\n[sessions.a]\nrun = "x"\n')
    assert made.sessions["a"].directory_where == where(2, "defaults.directory")
    assert project('python = "3.12"\n[sessions.a]\nrun = "x"\n').sessions["a"].directory_where is None


def test_a_variable_that_defaults_pass_cannot_be_a_secret_too() -> None:
    text = 'python = "3.12"\ndefaults.pass-env = ["A", "B"]\n[sessions.x]\nrun = "x"\nsecrets = [\n"C",\n"B"]\n'
    assert problems(text) == [
        'envfile.toml:7: sessions.x.secrets[1]: "B" stands in pass-env too: expected it in one of the two'
    ]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (
            'a = [{ include-group = "a" }]',
            "2: requirements.a[0].include-group: groups include each other in a circle: a -> a",
        ),
        (
            'b = [{ include-group = "a" }]\na = ["x", { include-group = "b" }]\nc = [{ include-group = "a" }]',
            "2: requirements.b[0].include-group: groups include each other in a circle: b -> a -> b",
        ),
    ],
)
def test_each_circle_of_groups_is_told_once(groups: str, expected: str) -> None:
    assert problems(f"[requirements]\n{groups}\n") == [f"envfile.toml:{expected}; drop one of these includes"]


def test_a_group_that_is_included_twice_stands_once() -> None:
    made = project(
        '[requirements]\na = ["x"]\nb = [{ include-group = "a" }]'
        '\nc = [{ include-group = "a" }, { include-group = "b" }]'
        '\n[environments.e]\npython = "3.12"\ngroups = ["c", "a"]\n'
    )
    assert [requirement.text for requirement in made.environments["e"].requirements] == ["x"]


@pytest.mark.parametrize(
    "key",
    ["timeout", "inputs", "retries", "matrix", "needs", "after", "services", "network", "writable", "exclusive"],
)
def test_keys_of_later_work_are_unknown_in_sessions(key: str) -> None:
    (problem,) = problems(f'python = "3.12"\n[sessions.x]\nrun = "x"\n{key} = "x"\n')
    assert problem.startswith(f"envfile.toml:4: sessions.x.{key}: unknown key; ")


@pytest.mark.parametrize("key", ["lock", "policy", "services", "data"])
def test_tables_of_later_work_are_unknown(key: str) -> None:
    (problem,) = problems(f'python = "3.12"\n[{key}]\n')
    assert problem.startswith(f"envfile.toml:2: {key}: unknown key; ")


@pytest.mark.parametrize("key", ["resolution", "prereleases"])
def test_keys_of_later_work_are_unknown_in_environments(key: str) -> None:
    (problem,) = problems(f'python = "3.12"\n[environments.x]\n{key} = "lowest"\n')
    assert problem.startswith(f"envfile.toml:3: environments.x.{key}: unknown key; ")


@pytest.mark.parametrize("level", ["fs", "sandbox"])
def test_isolation_of_later_work_names_what_there_is(level: str) -> None:
    assert problems(f'python = "3.12"\n[sessions.x]\nrun = "x"\nisolation = "{level}"\n') == [
        f'envfile.toml:4: sessions.x.isolation: expected "none" or "env", not the string "{level}"'
    ]


def test_a_nul_character_is_refused_wherever_it_stands() -> None:
    assert problems('python = "3.12"\n[sessions.x]\nrun = "x\\u0000"\nenv = { A = "\\u0000" }\n') == [
        "envfile.toml:3: sessions.x.run: holds a NUL character, which no name, word or variable can hold: drop it",
        "envfile.toml:4: sessions.x.env.A: holds a NUL character, which no name, word or variable can hold: drop it",
    ]


def test_a_value_of_many_lines_makes_a_message_of_one() -> None:
    (problem,) = problems('python = """\n3.12\n' + "x" * 100 + '"""\n')
    assert problem.startswith('envfile.toml:1: python: "3.12\\nxxx')


def test_layers_that_are_wrong_make_no_second_problem() -> None:
    text = 'python = "3.12"\nlayers = "x"\n[sessions.unit]\nlayer = "y"\nrun = "x"\n'
    assert len(problems(text)) == 1


def test_an_environment_that_is_wrong_is_there_all_the_same() -> None:
    text = 'python = "3.12"\nenvironments.t = 5\n[sessions.unit]\nenvironment = "t"\npython = "3.13"\nrun = "x"\n'
    assert problems(text) == [
        "envfile.toml:2: environments.t: expected a table with the keys of an environment, not the number 5"
    ]


VARIABLES = st.dictionaries(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_characters="{}\0\r"), max_size=20)
    | st.sampled_from([";", "=", "#", "'", '"']),
    max_size=4,
)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


@given(VARIABLES)
def test_values_of_variables_survive(variables: Mapping[str, str]) -> None:
    pairs = ", ".join(f"{name} = {quoted(value)}" for name, value in variables.items())
    made = project(f'python = "3.12"\n[sessions.x]\nrun = "x"\nenv = {{ {pairs} }}\n')
    assert made.sessions["x"].env == variables


SCRAPS = st.sampled_from(
    [
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "=",
        ",",
        ".",
        "\n",
        "#",
        "{posargs}",
        "{tmp}",
        "5",
        "true",
        "[]",
        '""',
        "\0",
        "é",
        '"""',
    ]
)


@st.composite
def _mutations(draw: st.DrawFn) -> str:
    text = FULL
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + draw(SCRAPS | st.just("") | st.sampled_from(FULL.splitlines(keepends=True))) + text[end:]
    return text


@given(_mutations())
@example("python = 1979-05-27")
@example("sessions.a.b.c = 1979-05-27T07:32:00Z")
@example("sessions = { x = { run = [[[]]] } }")
def test_any_text_is_a_project_or_an_error_with_places(text: str) -> None:
    try:
        made: Any = project(text)
    except EnvfileError as error:
        assert all(line.startswith("envfile.toml:") for line in error.message.splitlines())  # noqa: PT017
        assert error.message  # noqa: PT017
    else:
        assert isinstance(made, Project)
