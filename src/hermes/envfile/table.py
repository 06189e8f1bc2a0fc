"""The table of keys of the envfile: the one place that says which there are, for the checker and the JSON schema."""

from hermes.envfile import values
from hermes.envfile.shapes import Apart, Either, Flag, Key, Listing, Names, Table, Text
from hermes.model import request

DEFAULT_LAYERS = ("unit", "integration", "smoke")
REQUIREMENT_KEYS = ("groups", "dependency-groups", "requirements")
OWN_KEYS = (*REQUIREMENT_KEYS, "package", "extras", "pins")
"""The keys of an environment that a session may carry instead of naming one; `python` means something in both."""

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"


def _name(what: str) -> Text:
    return Text(expected=f"{what} (letters, digits, . _ and -, a letter or digit first)", pattern=_NAME)


def _names(what: str, item: Text) -> Listing:
    return Listing(expected=f"a list of {what}", item=item, same=str)


_GROUP = _name("the name of a group")
_EXTRA = _name("the name of an extra")
_SESSION = _name("the name of a session")
_ENVIRONMENT = _name("the name of an environment")
_LAYER = _name("the name of a layer")
REQUIREMENT = Text(expected='a requirement such as "pytest>=8"', problem=values.requirement_problem)
_PATH = Text(expected='a path inside the project such as "tests/data"', problem=values.path_problem)
_VARIABLE_NAME = Text(expected="the name of an environment variable", pattern=_VARIABLE)
_VARIABLE_PATTERN = Text(
    expected='the name of an environment variable, in which * and ? may stand, such as "PG*"',
    pattern=r"[A-Za-z0-9_*?]+",
    problem=values.pattern_problem,
)
_PYTHON = Listing(
    expected=f"{request.EXPECTED}, or a list of them",
    item=Text(expected=request.EXPECTED, problem=values.python_problem),
    single=True,
    least=1,
    same=values.canonical_python,
)
_INCLUDE = Table(
    expected='{ include-group = "name" }',
    keys={"include-group": Key(shape=_GROUP, meaning="The group whose requirements stand here.", required=True)},
)
GROUPS = Names(
    expected="a table of groups",
    name=_GROUP,
    item=Listing(
        expected='a list of requirements and { include-group = "name" }',
        item=Either(
            expected='a requirement such as "pytest>=8" or { include-group = "name" }', shapes=(REQUIREMENT, _INCLUDE)
        ),
    ),
    same=values.name_key,
)

_COMMAND_TEXT = Text(expected='a command such as "pytest -q"', problems=values.command_problems)
_WORDS = Listing(
    expected='a list of the words of a command such as ["pytest", "-q"]',
    item=Text(expected="a word of a command", problems=values.word_problems),
    least=1,
    problem=values.words_problem,
)
_COMMAND_TABLE = Table(
    expected="a table with either run or shell",
    keys={
        "run": Key(
            shape=Either(
                expected='a command such as "pytest -q", or the list of its words', shapes=(_COMMAND_TEXT, _WORDS)
            ),
            meaning="The command: a string, or the list of its words.",
        ),
        "shell": Key(
            shape=Text(expected='a command for the shell such as "make | tee log"', problems=values.shell_problems),
            meaning="A command that `sh -c` runs.",
        ),
        "ignore-failure": Key(shape=Flag(), meaning="Whether the session goes on and can pass if this command fails."),
    },
    one_of=("run", "shell"),
)
_RUN = Either(
    expected='a command such as "pytest -q", or a list of commands',
    shapes=(
        _COMMAND_TEXT,
        Listing(
            expected="a list of commands",
            item=Either(
                expected="a command: a string, a list of words, or a table with run or shell",
                shapes=(_COMMAND_TEXT, _WORDS, _COMMAND_TABLE),
            ),
            least=1,
        ),
    ),
)

_OWN = {
    "groups": Key(shape=_names("groups of [requirements]", _GROUP), meaning="Groups of [requirements] to install."),
    "dependency-groups": Key(
        shape=_names("dependency groups of pyproject.toml", _GROUP),
        meaning="Dependency groups (PEP 735) of pyproject.toml to install.",
    ),
    "requirements": Key(
        shape=Listing(expected="a list of requirements", item=REQUIREMENT), meaning="Requirements to install."
    ),
    "package": Key(
        shape=Text(expected='"editable", "wheel" or "none"', choices=("editable", "wheel", "none")),
        meaning="How the package under test is installed; by default editable where there is one.",
    ),
    "extras": Key(
        shape=Listing(expected="a list of extras of the package under test", item=_EXTRA, same=values.name_key),
        meaning="Extras of the package under test to install.",
    ),
    "pins": Key(shape=_PATH, meaning="A hashed requirements file that says, instead of requirements, what to install."),
}
_PINS_APART = Apart(
    key="pins", others=REQUIREMENT_KEYS, because="cannot stand beside pins, which says all that is installed: drop one"
)

_RULES = {
    "env": Key(
        shape=Names(
            expected="a table of environment variables",
            name=_VARIABLE_NAME,
            item=Text(expected='a string such as "1"', problems=values.variable_problems),
        ),
        meaning="Environment variables to set.",
    ),
    "pass-env": Key(
        shape=_names("names of environment variables", _VARIABLE_PATTERN),
        meaning="Environment variables of the caller that commands get; part of the result's key.",
    ),
    "pass-env-unkeyed": Key(
        shape=_names("names of environment variables", _VARIABLE_PATTERN),
        meaning="Environment variables of the caller that commands get; no part of the result's key.",
    ),
    "secrets": Key(
        shape=_names("names of environment variables", _VARIABLE_NAME),
        meaning="Environment variables of the caller that commands get; hermes neither keys, stores nor prints them.",
    ),
    "externals": Key(
        shape=_names(
            "names of programs",
            Text(
                expected='the name of a program such as "git", without a path', pattern=r"[A-Za-z0-9_][A-Za-z0-9._+-]*"
            ),
        ),
        meaning="Programs from outside the environment that commands may call.",
    ),
    "caches": Key(
        shape=_names("names of cache folders", _name("the name of a cache folder")),
        meaning="Persistent folders under the private HOME's cache folder.",
    ),
    "directory": Key(shape=_PATH, meaning="Where commands run; by default the envfile's folder."),
    "only-on": Key(
        shape=_names(
            'systems: "linux", "macos", "windows"',
            Text(expected='"linux", "macos" or "windows"', choices=("linux", "macos", "windows")),
        ),
        meaning="Systems that the session runs on; elsewhere it is skipped.",
    ),
    "tags": Key(shape=_names("tags", _name("a tag")), meaning="Words by which the session can be selected."),
    "default": Key(shape=Flag(), meaning="Whether `hermes run` without a word runs the session."),
    "allow-failure": Key(shape=Flag(), meaning="Whether the run can succeed although the session fails."),
    "isolation": Key(
        shape=Text(expected='"none" or "env"', choices=("none", "env")),
        meaning="How much of the caller's surroundings commands see.",
    ),
}
_NAMED = Key(shape=_ENVIRONMENT, meaning="The environment of [environments] that commands run in.")

_SESSION_TABLE = Table(
    expected="a table with the keys of a session",
    keys={
        "run": Key(shape=_RUN, meaning="The commands, one after another.", required=True),
        "layer": Key(shape=_LAYER, meaning="The layer; by default the one of the session's own name, if there is one."),
        "environment": _NAMED,
        "python": Key(
            shape=_PYTHON, meaning="Some of the Pythons of the environment, or those of its own environment."
        ),
        **_OWN,
        **_RULES,
    },
    apart=(
        Apart(
            key="environment",
            others=OWN_KEYS,
            because="belongs to an environment, but the session names one with environment: move it there, or drop one",
        ),
        _PINS_APART,
    ),
)

ENVFILE = Table(
    expected="an envfile",
    keys={
        "requires-hermes": Key(
            shape=Text(expected='a version specifier such as ">=0.1"', problem=values.specifier_problem),
            meaning="The versions of hermes that understand this file.",
        ),
        "python": Key(shape=_PYTHON, meaning="The Pythons of all environments that name none."),
        "python-downloads": Key(shape=Flag(), meaning="Whether a Python that is not found may be downloaded."),
        "layers": Key(shape=_names("names of layers", _LAYER), meaning="The layers, in the order of their gates."),
        "defaults": Key(
            shape=Table(expected="a table with keys of a session", keys={"environment": _NAMED, **_RULES}),
            meaning="What holds for every session that does not say otherwise.",
        ),
        "requirements": Key(
            shape=GROUPS,
            meaning="Named groups of requirements.",
        ),
        "environments": Key(
            shape=Names(
                expected="a table of environments",
                name=_ENVIRONMENT,
                item=Table(
                    expected="a table with the keys of an environment",
                    keys={**_OWN, "python": Key(shape=_PYTHON, meaning="The Pythons it is built for.")},
                    apart=(_PINS_APART,),
                ),
            ),
            meaning="Named environments.",
        ),
        "sessions": Key(
            shape=Names(expected="a table of sessions", name=_SESSION, item=_SESSION_TABLE), meaning="What to run."
        ),
    },
)
