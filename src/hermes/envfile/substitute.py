"""Substitutions such as `{posargs}`, `{project}` and `{env.NAME}` in words, in shell text and in values.

`{{` and `}}` are literal braces; every other brace belongs to a substitution. Where a name stands for several words
(`{posargs}`, `{outputs.SESSION}`), a word that holds it becomes as many words. In shell text a value is quoted for
the place where it stands (bare, or within single or double quotes), so that the shell sees the value as it is.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hermes.envfile import wording
from hermes.errors import UsageError
from hermes.model.project import Command

NAMES = (
    "posargs",
    "posargs:default words",
    "project",
    "tmp",
    "outputs",
    "outputs.SESSION",
    "python",
    "python.version",
    "env.NAME",
)

_PIECE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]|[^{}]+")
_PLAIN = frozenset({"project", "tmp", "outputs", "python", "python.version"})
_ENV = re.compile(r"env\.[A-Za-z_][A-Za-z0-9_]*")
_OUTPUTS = re.compile(r"outputs\.(?P<session>[A-Za-z0-9][A-Za-z0-9._-]*)")
_POSARGS = re.compile(r"posargs(?::(?P<default>.*))?", re.DOTALL)
_DEFAULT_WORDS = re.compile(r"(?<!\{)((?:\{\{)*)\{posargs:([^{}]*)\}")

_UNQUOTED = r"[^ \t\r\n'\"\\]"
_QUOTED = r"""\\.|'[^']*'|"(?:[^"\\]|\\.)*\""""
_RAW_WORD = re.compile(f"(?:{_UNQUOTED}|{_QUOTED})+", re.DOTALL)
_OPERATOR = re.compile(
    rf"\|\|?|\|&|&&?|[0-9]?[<>].*|&>.*|(?:{_UNQUOTED}|{_QUOTED})*;",
    re.DOTALL,
)

_State = Literal["bare", "single", "double", "comment", "escape", "escape in double"]


_TRANSITIONS: Mapping[_State, tuple[Mapping[str, _State], _State]] = {
    "bare": ({"'": "single", '"': "double", "\\": "escape"}, "bare"),
    "single": ({"'": "bare"}, "single"),
    "double": ({'"': "bare", "\\": "escape in double"}, "double"),
    "comment": ({"\n": "bare"}, "comment"),
    "escape": ({}, "bare"),
    "escape in double": ({}, "double"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What stands for the names: folders as absolute paths, `python` the environment's interpreter.

    `posargs` are the words given after `--` (none: the default words stand), `session_outputs` the folders of every
    job of a session, `env` the variables of the job (for values of its `env`: those that it has without them).
    """

    posargs: tuple[str, ...] = ()
    project: str
    tmp: str
    outputs: str
    session_outputs: Mapping[str, Sequence[str]]
    python: str
    python_version: str
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A part of a template: literal `text`, or the `name` of a substitution."""

    text: str = ""
    name: str | None = None

    @property
    def posargs(self) -> bool:
        return self.name is not None and _POSARGS.fullmatch(self.name) is not None

    @property
    def several(self) -> bool:
        return self.posargs or (self.name is not None and _OUTPUTS.fullmatch(self.name) is not None)


def check_template(text: str, *, posargs_allowed: bool) -> list[str]:
    """Say all that is wrong with a template. `posargs_allowed`: it is a word of a command, else a plain value."""
    problems = _problems(text)
    pieces = _pieces(text)
    many = [piece for piece in pieces if piece.several]
    if many and not posargs_allowed:
        problems.append(f"{{{many[0].name}}} stands for several words and cannot stand here, only in a command")
    elif len(pieces) > 1 and any(piece.posargs for piece in many):
        problems.append(f"{{posargs}} must be a word by itself, and cannot be a part of {wording.quoted(text)}")
    elif len(many) > 1:
        name = many[1].name
        problems.append(f"{{{name}}} stands for several folders, and a word can hold only one such substitution")
    return problems


def check_shell(text: str) -> list[str]:
    """Say all that is wrong with a template for a shell."""
    problems = _problems(text)
    for piece, state in _shell_pieces(text):
        if piece.name is None or _name_problem(piece.name) is not None:
            continue
        if state.startswith("escape"):
            problems.append(
                f"a backslash cannot stand before {{{piece.name}}}: its value is quoted where it needs to be"
            )
        elif piece.several and state in {"single", "double"}:
            problems.append(
                f"{{{piece.name}}} stands for words that are each quoted as needed: drop the quotes around it"
            )
    return problems


def split(text: str) -> list[str]:
    """Split a string command into words as a POSIX shell does, default words of posargs kept whole; or ValueError."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[2])
        return f"{match[1]}{{posargs:\0{len(kept) - 1}\0}}"

    try:
        words = shlex.split(_DEFAULT_WORDS.sub(keep, text))
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {str(error).lower()}") from None
    return [re.sub("\0([0-9]+)\0", lambda match: kept[int(match[1])], word) for word in words]


def shell_syntax(text: str) -> list[str]:
    """Give the words of a string command (one that can be split) that a shell takes for syntax: `|`, `2>&1`, `a;`.

    Quoted or after a backslash they mean themselves to a shell too, and are not among them.
    """
    defaults = [match[2] for match in _DEFAULT_WORDS.finditer(text)]
    parts = [_DEFAULT_WORDS.sub(r"\1{posargs}", text), *defaults]
    return [word for part in parts for word in _RAW_WORD.findall(part) if _OPERATOR.fullmatch(word)]


def expand(text: str, values: Values) -> str:
    """Substitute in a plain value that `check_template` took without posargs."""
    return "".join(piece.text if piece.name is None else _value(piece.name, values) for piece in _pieces(text))


def expand_words(words: Sequence[str], values: Values) -> list[str]:
    """Substitute in the words of a command, each by itself."""
    expanded: list[str] = []
    for word in words:
        pieces = _pieces(word)
        several = next((piece for piece in pieces if piece.several), None)
        each = [""] if several is None else _values(several, values)
        expanded += ["".join(_one(piece, one, values) for piece in pieces) for one in each]
    return expanded


def expand_shell(text: str, values: Values) -> str:
    """Substitute in the text of a shell command."""
    expanded = []
    for piece, state in _shell_pieces(text):
        if piece.several:
            expanded.append(shlex.join(_values(piece, values)))
        elif piece.name is not None:
            expanded.append(_shell_quoted(_value(piece.name, values), state))
        else:
            expanded.append(piece.text)
    return "".join(expanded)


def takes_posargs(command: Command) -> bool:
    """Say whether words after `--` have a place in this command."""
    templates = command.words if command.shell is None else (command.shell,)
    return any(piece.posargs for template in templates for piece in _pieces(template))


def sessions_named(text: str) -> list[str]:
    """Give the sessions whose outputs a (checked) template names."""
    matches = [_OUTPUTS.fullmatch(piece.name or "") for piece in _pieces(text)]
    return [match["session"] for match in matches if match]


def _pieces(text: str) -> list[_Piece]:
    """Take a template apart; a brace without a partner, which no checked template has, stands for itself."""
    pieces: list[_Piece] = []
    for match in _PIECE.finditer(text):
        if match["name"] is not None:
            pieces.append(_Piece(name=match["name"]))
        else:
            literal = match[0][0] if match[0] in {"{{", "}}"} else match[0]
            if pieces and pieces[-1].name is None:
                literal = pieces.pop().text + literal
            pieces.append(_Piece(text=literal))
    return pieces


def _problems(text: str) -> list[str]:
    """Say which substitutions of a template there are not, and which braces have no partner."""
    problems = []
    for match in _PIECE.finditer(text):
        if match["name"] is not None:
            problems.append(_name_problem(match["name"]))
        elif match[0] in {"{", "}"}:
            problems.append(
                f'the "{match[0]}" of {wording.quoted(text)} has no partner; a literal one is "{match[0] * 2}"'
            )
    return list(dict.fromkeys(problem for problem in problems if problem is not None))


def _name_problem(name: str) -> str | None:
    if name in _PLAIN or _ENV.fullmatch(name) or _OUTPUTS.fullmatch(name):
        return None
    posargs = _POSARGS.fullmatch(name)
    if posargs is None:
        return f"{{{name}}} is no substitution (literal braces: {{{{ and }}}}){wording.meant(name, NAMES)}"
    try:
        shlex.split(posargs["default"] or "")
    except ValueError as error:
        return f"the default words of {{{name}}} cannot be split: {str(error).lower()}"
    return None


def _value(name: str, values: Values) -> str:
    if name.startswith("env."):
        variable = name.removeprefix("env.")
        if variable not in values.env:
            raise UsageError(
                f"{{{name}}}: the session has no variable {variable}",
                hint="set it, and let the session have it with pass-env; or write its value into env",
            )
        return values.env[variable]
    plain = {
        "project": values.project,
        "tmp": values.tmp,
        "outputs": values.outputs,
        "python": values.python,
        "python.version": values.python_version,
    }
    return plain[name]


def _values(piece: _Piece, values: Values) -> Sequence[str]:
    name = piece.name or ""
    posargs = _POSARGS.fullmatch(name)
    if posargs is not None:
        return values.posargs or shlex.split(posargs["default"] or "")
    session = name.removeprefix("outputs.")
    folders = values.session_outputs.get(session, ())
    if not folders:
        raise UsageError(f"{{{name}}}: session {wording.quoted(session)} has no outputs", hint=f"hermes run {session}")
    return folders


def _one(piece: _Piece, several: str, values: Values) -> str:
    if piece.name is None:
        return piece.text
    return several if piece.several else _value(piece.name, values)


def _shell_pieces(text: str) -> list[tuple[_Piece, _State]]:
    """Pair each piece with the quoting that holds where it begins."""
    pairs: list[tuple[_Piece, _State]] = []
    state: _State = "bare"
    before = "\n"
    for piece in _pieces(text):
        pairs.append((piece, state))
        for character in piece.text:
            state, before = _next_state(state, before, character), character
        if piece.name is not None:
            before = "x"
    return pairs


def _next_state(state: _State, before: str, character: str) -> _State:
    """Follow the shell's quoting over one character; `#` begins a comment only where a word could begin."""
    if state == "bare" and character == "#" and before in " \t\n;&|(":
        return "comment"
    special, otherwise = _TRANSITIONS[state]
    return special.get(character, otherwise)


def _shell_quoted(value: str, state: _State) -> str:
    if state == "single":
        return value.replace("'", "'\\''")
    if state == "double":
        return re.sub(r'([\\"$`])', r"\\\1", value)
    return shlex.quote(value)
