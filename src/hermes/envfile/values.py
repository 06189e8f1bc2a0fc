"""What is wrong with a single value of the envfile: a requirement, a Python, a command, a path; None if nothing is."""

import re
from collections.abc import Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from hermes.envfile import substitute, wording
from hermes.model import request

_OLDEST = Version("3.8")
_PATCHES = 100
"""More patch releases than any Python has had."""


def requirement_problem(text: str) -> str | None:
    """Check a PEP 508 requirement; only those that an index answers are supported."""
    try:
        parsed = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        return f'{wording.quoted(text)} is not a requirement such as "pytest>=8": {reason[:1].lower()}{reason[1:]}'
    if parsed.url is not None:
        return (
            f"{wording.quoted(text)} names a URL, a repository or a path: only requirements that an index answers "
            f'are supported, such as "{parsed.name}>=1"'
        )
    return None


def canonical_requirement(text: str) -> str:
    """Give the one spelling of a checked requirement."""
    return str(Requirement(text))


def python_problem(text: str) -> str | None:
    """Check a request for a Python; which version a range or a path means is not known here."""
    try:
        asked = request.parse_request(text)
    except ValueError as error:
        return str(error)
    if asked.kind in {"version", "exact"} and Version(asked.version) < _OLDEST:
        return f"{wording.quoted(text)} is too old: hermes builds environments for Python {_OLDEST} and later"
    return None


def canonical_python(text: str) -> str:
    """Give the one spelling of a checked request for a Python."""
    return request.parse_request(text).canonical


def admits(specifier: str, text: str) -> bool:
    """Say whether a project's requires-python admits the Python of a checked request, as far as that is known.

    A minor version is admitted if any of its patch releases is.
    """
    asked = request.parse_request(text)
    admitted = SpecifierSet(specifier)
    if asked.kind == "version":
        return any(admitted.contains(f"{asked.version}.{patch}") for patch in range(_PATCHES))
    return asked.kind != "exact" or admitted.contains(asked.version, prereleases=True)


def specifier_problem(text: str) -> str | None:
    """Check a PEP 440 version specifier."""
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return f'expected a version specifier such as ">=0.1", not {wording.described(text)}'
    return None


def name_key(text: str) -> str:
    """Give what two names of packages, extras or groups have in common if they are the same."""
    return canonicalize_name(text)


def command_problems(text: str) -> Sequence[str]:
    """Check a command that is written as one string."""
    try:
        words = substitute.split(text)
    except ValueError as error:
        return [f"{wording.quoted(text)} {error}"]
    if not words or not words[0]:
        return ['expected a command such as "pytest -q", not an empty one']
    if words[0].startswith("-"):
        return [
            (
                f"{wording.quoted(text)} is a command of its own and cannot begin with a dash: a list is a list of "
                'commands; the words of one command are a list in that list, [["pytest", "-q"]]'
            )
        ]
    problems = [problem for word in words for problem in word_problems(word)]
    operators = " and ".join(f"`{word}`" for word in dict.fromkeys(substitute.shell_syntax(text)))
    if operators:
        problems.append(
            f"no shell runs this: {operators} would be passed to the program; "
            'write { shell = "…" }, or, if that is meant, a list of words, [["echo", "|"]]'
        )
    return problems


def word_problems(text: str) -> Sequence[str]:
    """Check one word of a command."""
    return substitute.check_template(text, posargs_allowed=True)


def words_problem(words: Sequence[str]) -> str | None:
    """Check a command that is written as a list of words."""
    return None if words[0] else "expected the name of a program as the first word, not an empty one"


def shell_problems(text: str) -> Sequence[str]:
    """Check a command for a shell."""
    if not text.strip():
        return ['expected a command for the shell such as "make | tee log", not an empty one']
    return substitute.check_shell(text)


def variable_problems(text: str) -> Sequence[str]:
    """Check the value of an environment variable."""
    return substitute.check_template(text, posargs_allowed=False)


def pattern_problem(text: str) -> str | None:
    """Check a name of environment variables in which `*` and `?` may stand."""
    if not re.search(r"[A-Za-z0-9_]", text):
        return f'{wording.quoted(text)} takes every variable: name some, or say isolation = "none"'
    return None


def path_problem(text: str) -> str | None:
    """Check a path that has to lie in the project."""
    parts = text.split("/")
    if not text or text.startswith("/") or ".." in parts or "\\" in text or re.match(r"[A-Za-z]:", text):
        return f"expected a path inside the project, relative to it and written with /, not {wording.described(text)}"
    return None


def canonical_path(text: str) -> str:
    """Give the one spelling of a checked path: `./a//b/` is `a/b`."""
    return "/".join(part for part in text.split("/") if part not in {"", "."}) or "."
