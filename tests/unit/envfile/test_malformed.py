# ruff: noqa: E501 - whole messages stand here, one on a line
import pytest

from hermes.envfile import parse
from hermes.errors import EnvfileError

# In each envfile, the lines with "#! " are the message, without the "envfile.toml:" that every line of it begins with.
# These stand for what is the same in many messages:
SHORT = {
    "<TOP KEYS>": '"requires-hermes", "python", "python-downloads", "layers", "defaults", "requirements", "environments" or "sessions"',
    "<SESSION KEYS>": '"run", "layer", "environment", "python", "groups", "dependency-groups", "requirements", "package", "extras", "pins", "env", "pass-env", "pass-env-unkeyed", "secrets", "externals", "caches", "directory", "only-on", "tags", "default", "allow-failure" or "isolation"',
    "<DEFAULT KEYS>": '"environment", "env", "pass-env", "pass-env-unkeyed", "secrets", "externals", "caches", "directory", "only-on", "tags", "default", "allow-failure" or "isolation"',
    "<A PYTHON>": 'a Python such as "3.12", "3.12.1", "3.13t", "pypy3.11", a range such as ">=3.12,<3.14", or a path with a /',
    "<CHARACTERS>": "letters, digits, . _ and -, a letter or digit first",
}

MALFORMED = {
    "an unknown key with a near one": """
pyton = "3.12"
python = "3.12"
#! 1: pyton: unknown key; did you mean "python"?
""",
    "an unknown key of later work": """
python = "3.12"
timeout = "5m"

[sessions.unit]
run = "pytest"
retries = 2
#! 2: timeout: unknown key; expected <TOP KEYS>
#! 6: sessions.unit.retries: unknown key; expected <SESSION KEYS>
""",
    "no Python at all": """
[sessions.unit]
run = "pytest"
#! 1: python: is missing: expected the Pythons to test with, such as ["3.12", "3.13"]
""",
    "a Python twice, in another spelling": """
python = [
    "3.12",
    ">=3.12,<3.14",
    "<3.14,>=3.12",
    "3.12",
]
#! 4: python[2]: "<3.14,>=3.12" is the same as ">=3.12,<3.14": drop one
#! 5: python[3]: "3.12" stands twice: drop one
""",
    "Pythons that are none": """
python = ["3.12", "py312", 3.13, ">=three"]
#! 1: python[1]: "py312" is not a Python: expected <A PYTHON>
#! 1: python[2]: expected <A PYTHON>, not the number 3.13: put it in quotes
#! 1: python[3]: ">=three" is not a range of Pythons: expected one such as ">=3.12,<3.14"
""",
    "an empty list of Pythons": """
python = []
#! 1: python: expected <A PYTHON>, or a list of them, not an empty list
""",
    "a hermes that is too old": """
requires-hermes = ">=2"
python = "3.12"
#! 1: requires-hermes: this is hermes 0.1.0, and the envfile asks for ">=2": install such a version
""",
    "a specifier that is none": """
requires-hermes = "2 or later"
python = "3.12"
python-downloads = "yes"
#! 1: requires-hermes: expected a version specifier such as ">=0.1", not the string "2 or later"
#! 3: python-downloads: expected true or false, not the string "yes"
""",
    "a key of the wrong type": """
python = "3.12"
layers = "unit"
requirements = ["pytest"]
#! 2: layers: expected a list of names of layers, not the string "unit"
#! 3: requirements: expected a table of groups, not a list
""",
    "a layer twice": """
python = "3.12"
layers = ["unit", "unit"]
[sessions.docs]
layer = "dosc"
run = "mkdocs build"
#! 2: layers[1]: "unit" stands twice: drop one
#! 4: sessions.docs.layer: there is no layer "dosc"; expected "unit"
""",
    "requirements that are none": """
python = "3.12"
[requirements]
test = [
    "pytest>=8",
    "pytest >= 8 or so",  # here
    "git+https://host.invalid/x.git",
    "x @ https://host.invalid/x.whl",
    5,
]
#! 5: requirements.test[1]: "pytest >= 8 or so" is not a requirement such as "pytest>=8": expected comma (within version specifier), semicolon (after version specifier) or end
#! 6: requirements.test[2]: "git+https://host.invalid/x.git" is not a requirement such as "pytest>=8": expected semicolon (after name with no version specifier) or end
#! 7: requirements.test[3]: "x @ https://host.invalid/x.whl" names a URL, a repository or a path: only requirements that an index answers are supported, such as "x>=1"
#! 8: requirements.test[4]: expected a requirement such as "pytest>=8" or { include-group = "name" }, not the number 5
""",
    "a group that includes itself through another": """
python = "3.12"
[requirements]
z = ["ruff"]
a = [{ include-group = "b" }]
b = ["pytest", { include-group = "C" }]
c = [
    "mypy",
    { include-group = "A" },
]
#! 4: requirements.a[0].include-group: groups include each other in a circle: a -> b -> c -> a; drop one of these includes
""",
    "an include of nothing, with a wrong key": """
python = "3.12"
[requirements]
test = ["pytest"]
all = [{ include-group = "tests" }, { include = "test" }]
#! 4: requirements.all[0].include-group: there is no group "tests" in [requirements]; did you mean "test"?
#! 4: requirements.all[1]: "include-group" is missing: expected the name of a group (<CHARACTERS>)
#! 4: requirements.all[1].include: unknown key; did you mean "include-group"?
""",
    "two groups of one name": """
python = "3.12"
[requirements]
dev_tools = ["ruff"]
Dev-Tools = ["mypy"]
#! 4: requirements.Dev-Tools: "Dev-Tools" is the same as "dev_tools": drop one
""",
    "groups that are not there": """
python = "3.12"
[requirements]
test = ["pytest"]
[environments.test]
groups = ["tset"]
dependency-groups = ["dev"]
#! 5: environments.test.groups[0]: there is no group "tset" in [requirements]; did you mean "test"?
#! 6: environments.test.dependency-groups[0]: there is no group "dev" in [dependency-groups] of pyproject.toml; none is declared
""",
    "pins beside requirements": """
python = "3.12"
[requirements]
test = ["pytest"]
[environments.ci]
pins = "../ci.txt"
groups = ["test"]
requirements = ["coverage"]
#! 5: environments.ci.pins: expected a path inside the project, relative to it and written with /, not the string "../ci.txt"
#! 6: environments.ci.groups: cannot stand beside pins, which says all that is installed: drop one
#! 7: environments.ci.requirements: cannot stand beside pins, which says all that is installed: drop one
""",
    "a package where there is none": """
python = "3.12"
[environments.test]
package = "wheel"
[environments.docs]
package = "none"
extras = ["docs"]
[environments.other]
package = { path = "libs/common" }
#! 3: environments.test.package: there is no package to install: expected a pyproject.toml with [build-system] or [project], or a setup.py, beside the envfile; else "none"
#! 6: environments.docs.extras[0]: extras belong to the package under test, which is not installed here: package is "none"
#! 8: environments.other.package: expected "editable", "wheel" or "none", not a table
""",
    "an environment named and carried": """
python = "3.12"
[environments.test]
[sessions.unit]
environment = "test"
requirements = ["pytest"]
run = "pytest"
package = "none"
#! 5: sessions.unit.requirements: belongs to an environment, but the session names one with environment: move it there, or drop one
#! 7: sessions.unit.package: belongs to an environment, but the session names one with environment: move it there, or drop one
""",
    "an environment that is not there": """
python = "3.12"
[defaults]
environment = "tests"
[environments.test]
[sessions.unit]
run = "pytest"
[sessions.lint]
environment = "lint"
run = "ruff check"
#! 3: defaults.environment: there is no environment "tests"; did you mean "test"?
#! 8: sessions.lint.environment: there is no environment "lint"; expected "test"
""",
    "a carried environment whose name is taken": """
python = "3.12"
[environments.unit]
[sessions.unit]
requirements = ["pytest"]
run = "pytest"
#! 3: sessions.unit: the session carries its own environment, which has its name, but there is [environments.unit] too: expected environment = "unit", or another name for one of them
""",
    "a Python that the environment is not built for": """
python = ["3.11", "3.12"]
[environments.test]
[sessions.unit]
environment = "test"
python = ["3.12", "3.13"]
run = "pytest"
#! 5: sessions.unit.python[1]: expected some of the Pythons of environment "test", "3.11" and "3.12", not "3.13"
""",
    "no command": """
python = "3.12"
[sessions.unit]
[sessions.lint]
run = []
[sessions.docs]
run = ["", []]
#! 2: sessions.unit: "run" is missing: expected a command such as "pytest -q", or a list of commands
#! 4: sessions.lint.run: expected a list of commands, not an empty list
#! 6: sessions.docs.run[0]: expected a command such as "pytest -q", not an empty one
#! 6: sessions.docs.run[1]: expected a list of the words of a command such as ["pytest", "-q"], not an empty list
""",
    "words taken for commands": """
python = "3.12"
[sessions.unit]
run = ["pytest", "-q"]
#! 3: sessions.unit.run[1]: "-q" is a command of its own and cannot begin with a dash: a list is a list of commands; the words of one command are a list in that list, [["pytest", "-q"]]
""",
    "commands that are none": """
python = "3.12"
[sessions.unit]
run = [
    "pytest 'tests",
    { run = "a", shell = "b" },
    { ignore-failure = true },
    { shell = "" },
    ["", "x"],
    7,
]
#! 4: sessions.unit.run[0]: "pytest 'tests" cannot be split into words: no closing quotation
#! 5: sessions.unit.run[1]: expected exactly one of "run" and "shell" in it
#! 6: sessions.unit.run[2]: expected exactly one of "run" and "shell" in it
#! 7: sessions.unit.run[3].shell: expected a command for the shell such as "make | tee log", not an empty one
#! 8: sessions.unit.run[4]: expected the name of a program as the first word, not an empty one
#! 9: sessions.unit.run[5]: expected a command: a string, a list of words, or a table with run or shell, not the number 7
""",
    "substitutions that are none": """
python = "3.12"
[sessions.unit]
run = [
    "pytest {posarg}",
    "pytest -k={posargs}",
    ["awk", "{print $1}"],
    { shell = '''
echo "{posargs}"
''' },
    "cat {outputs.unti}",
    "a }",
]
env = { A = "{posargs}", B = "{", C = "{{}}" }
#! 4: sessions.unit.run[0]: {posarg} is no substitution (literal braces: {{ and }}); did you mean "posargs"?
#! 5: sessions.unit.run[1]: {posargs} must be a word by itself, and cannot be a part of "-k={posargs}"
#! 6: sessions.unit.run[2][1]: {print $1} is no substitution (literal braces: {{ and }}); expected "posargs", "posargs:default words", "project", "tmp", "outputs", "outputs.SESSION", "python", "python.version" or "env.NAME"
#! 7: sessions.unit.run[3].shell: {posargs} stands for words that are each quoted as needed: drop the quotes around it
#! 10: sessions.unit.run[4]: {outputs.unti}: there is no session "unti"; did you mean "unit"?
#! 11: sessions.unit.run[5]: the "}" of "}" has no partner; a literal one is "}}"
#! 13: sessions.unit.env.A: {posargs} stands for several words and cannot stand here, only in a command
#! 13: sessions.unit.env.B: the "{" of "{" has no partner; a literal one is "{{"
""",
    "every substitution of one command": """
python = "3.12"
[sessions.unit]
run = "pytest {posarg} {env.HOME} {temp} {"
#! 3: sessions.unit.run: {posarg} is no substitution (literal braces: {{ and }}); did you mean "posargs"?
#! 3: sessions.unit.run: {temp} is no substitution (literal braces: {{ and }}); did you mean "tmp"?
#! 3: sessions.unit.run: the "{" of "{" has no partner; a literal one is "{{"
""",
    "a shell's syntax where no shell runs": """
python = "3.12"
[sessions.unit]
run = [
    "make | tee log",
    "cd docs; make 2>&1 2>&1",
    ["echo", "|"],
    { run = "true || false" },
    { shell = "make | tee log" },
]
#! 4: sessions.unit.run[0]: no shell runs this: `|` would be passed to the program; write { shell = "…" }, or, if that is meant, a list of words, [["echo", "|"]]
#! 5: sessions.unit.run[1]: no shell runs this: `docs;` and `2>&1` would be passed to the program; write { shell = "…" }, or, if that is meant, a list of words, [["echo", "|"]]
#! 7: sessions.unit.run[3].run: no shell runs this: `||` would be passed to the program; write { shell = "…" }, or, if that is meant, a list of words, [["echo", "|"]]
""",
    "Pythons that are too old": """
python = ["3.8", "3.7"]
[environments.test]
python = ["2.7", "pypy3.6", "3.6.15", ">=3.6", "3.8.0"]
#! 1: python[1]: "3.7" is too old: hermes builds environments for Python 3.8 and later
#! 3: environments.test.python[0]: "2.7" is too old: hermes builds environments for Python 3.8 and later
#! 3: environments.test.python[1]: "pypy3.6" is too old: hermes builds environments for Python 3.8 and later
#! 3: environments.test.python[2]: "3.6.15" is too old: hermes builds environments for Python 3.8 and later
""",
    "variables and values that are none": """
python = "3.12"
[sessions.unit]
run = "pytest"
env = { COUNT = 5, "A-B" = "x" }
pass-env = ["PG*", "*", "A=B"]
secrets = ["TOKEN", "AWS_*"]
pass-env-unkeyed = ["TOKEN"]
#! 4: sessions.unit.env.A-B: expected the name of an environment variable, not the string "A-B"
#! 4: sessions.unit.env.COUNT: expected a string such as "1", not the number 5: put it in quotes
#! 5: sessions.unit.pass-env[1]: "*" takes every variable: name some, or say isolation = "none"
#! 5: sessions.unit.pass-env[2]: expected the name of an environment variable, in which * and ? may stand, such as "PG*", not the string "A=B"
#! 6: sessions.unit.secrets[0]: "TOKEN" stands in pass-env-unkeyed too: expected it in one of the two
#! 6: sessions.unit.secrets[1]: expected the name of an environment variable, not the string "AWS_*"
""",
    "an isolation of later work": """
python = "3.12"
[defaults]
isolation = "sandbox"
[sessions.unit]
run = "pytest"
isolation = "evn"
network = "open"
#! 3: defaults.isolation: expected "none" or "env", not the string "sandbox"
#! 6: sessions.unit.isolation: expected "none" or "env", not the string "evn"; did you mean "env"?
#! 7: sessions.unit.network: unknown key; expected <SESSION KEYS>
""",
    "paths out of the project": """
python = "3.12"
[sessions.unit]
run = "pytest"
directory = "../other"
externals = ["/usr/bin/git"]
caches = ["a/b"]
only-on = ["linux", "win32", "Linux"]
#! 4: sessions.unit.directory: expected a path inside the project, relative to it and written with /, not the string "../other"
#! 5: sessions.unit.externals[0]: expected the name of a program such as "git", without a path, not the string "/usr/bin/git"
#! 6: sessions.unit.caches[0]: expected the name of a cache folder (<CHARACTERS>), not the string "a/b"
#! 7: sessions.unit.only-on[1]: expected "linux", "macos" or "windows", not the string "win32"
#! 7: sessions.unit.only-on[2]: expected "linux", "macos" or "windows", not the string "Linux"; did you mean "linux"?
""",
    "names that are none": """
python = "3.12"
[environments.".build"]
[sessions."unit tests"]
run = "pytest"
tags = ["slow", "slow", "a:b"]
#! 2: environments.".build": expected the name of an environment (<CHARACTERS>), not the string ".build"
#! 3: sessions."unit tests": expected the name of a session (<CHARACTERS>), not the string "unit tests"
#! 5: sessions."unit tests".tags[1]: "slow" stands twice: drop one
#! 5: sessions."unit tests".tags[2]: expected a tag (<CHARACTERS>), not the string "a:b"
""",
    "keys in [defaults] that cannot be": """
python = "3.12"
[defaults]
run = "pytest"
layer = "unit"
requirements = ["pytest"]
env = { A = true }
default = 1
#! 3: defaults.run: unknown key; expected <DEFAULT KEYS>
#! 4: defaults.layer: unknown key; expected <DEFAULT KEYS>
#! 5: defaults.requirements: unknown key; expected <DEFAULT KEYS>
#! 6: defaults.env.A: expected a string such as "1", not true: put it in quotes
#! 7: defaults.default: expected true or false, not the number 1
""",
    "values of one session on one line": """
python = "3.12"
sessions = { unit = { run = "pytest", pakage = "none", tags = "slow" }, lint = 5 }
#! 2: sessions.lint: expected a table with the keys of a session, not the number 5
#! 2: sessions.unit.pakage: unknown key; did you mean "package"?
#! 2: sessions.unit.tags: expected a list of tags, not the string "slow"
""",
    "a table that is a list": """
python = "3.12"
[[sessions]]
run = "pytest"
[environments]
test = []
#! 2: sessions: expected a table of sessions, not a list
#! 5: environments.test: expected a table with the keys of an environment, not a list
""",
}

SYNTAX = {
    "a string that does not end": (
        'python = "3.12\n[sessions.unit]\n',
        "1:15: this is not TOML: Illegal character '\\n'",
    ),
    "a key twice": ('python = "3.12"\npython = "3.13"\n', "2:16: this is not TOML: Cannot overwrite a value"),
    "a header that does not end": (
        '[sessions.unit\nrun = "pytest"\n',
        "1:15: this is not TOML: Expected ']' at the end of a table declaration",
    ),
    "a list that does not end": ('python = ["3.12"\n', "2:1: this is not TOML: Unclosed array"),
    "merge markers": ('<<<<<<< HEAD\npyton = "3.12"\n', "1:1: this is not TOML: Invalid statement"),
    "a number of thousands of digits": (
        "python = 1" + "0" * 5000,
        "1:1: a number in this file has thousands of digits, which is too long",
    ),
    "lists in lists in lists": (
        "python = " + "[" * 100_000,
        "1:1: arrays or tables are nested too deeply to be read",
    ),
}


def message_of(text: str) -> str:
    with pytest.raises(EnvfileError) as caught:
        parse.parse(
            text,
            file="envfile.toml",
            root="/project",
            pyproject=None,
            has_setup_py=False,
            exists=lambda _: False,
            version="0.1.0",
        )
    assert caught.value.exit_status == 2
    return caught.value.message


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(name: str) -> None:
    text = MALFORMED[name].removeprefix("\n")
    expected = "\n".join(line.replace("#! ", "envfile.toml:") for line in text.splitlines() if line.startswith("#! "))
    for short, long in SHORT.items():
        expected = expected.replace(short, long)
    assert message_of(text) == expected


def test_there_are_enough_of_them() -> None:
    several = [text for text in MALFORMED.values() if text.count("#! ") > 1]
    assert len(MALFORMED) >= 30
    assert len(several) >= 10


@pytest.mark.parametrize("name", SYNTAX)
def test_a_syntax_error_is_reported_alone_with_line_and_column(name: str) -> None:
    text, expected = SYNTAX[name]
    assert message_of(text) == f"envfile.toml:{expected}"
