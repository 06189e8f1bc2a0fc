"""The command line: its verbs, the options that all of them take, and what is said of a mistake in it."""

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise
from typing import Any, NoReturn

from hermes.errors import UsageError

VERBS = {
    "run": "run sessions",
    "lock": "lock every environment, or check the lock",
    "fingerprint": "print, explain, record and check what determines environments",
    "verify": "read every byte of built environments and name what differs",
    "list": "list sessions and environments",
    "exec": "run one command in an environment",
    "shell": "open a shell in an environment",
    "store": "look after the store of built environments",
    "schema": "print the JSON schema of the envfile",
}

_UNKNOWN = "unrecognized arguments: "
_CHOICE = re.compile(r"invalid choice: '(?P<given>[^']*)' \(choose from (?P<choices>.*)\)")
_TAKES_A_WORD = frozenset({"-C", "--color"})


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError instead of ending the process, and takes no option by half of its name."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def parse_known_args(  # type: ignore[override] # one signature stands for its overloads
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, and refuse what is left over where it stands: only the parser of a command knows its options."""
        parsed, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"{_UNKNOWN}{' '.join(rest)}")
        return parsed, rest

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found, with what was probably meant."""
        hint = f"see `{self.prog} --help`"
        if choice := _CHOICE.search(message):
            near = get_close_matches(choice["given"], re.findall(r"[\w-]+", choice["choices"]), n=1)
            hint = f"did you mean {near[0]!r}?" if near else hint
        elif message.startswith(_UNKNOWN):
            options = (word.partition("=")[0] for word in message.split() if word.startswith("--"))
            near = [name for word in options for name in get_close_matches(word, self._option_string_actions, n=1)]
            hint = f"did you mean {near[0]}?" if near else hint
        raise UsageError(message, hint=hint)


def split(words: Sequence[str]) -> tuple[list[str], tuple[str, ...] | None]:
    """Return the words before `--` and those after it, None where there is none."""
    if "--" not in words:
        return list(words), None
    at = words.index("--")
    return list(words[:at]), tuple(words[at + 1 :])


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the words before `--`; without a command, `verb` is None.

    Raises UsageError, and SystemExit for --help and --version.
    """
    return parser(words).parse_args(words)


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for some words; of the verbs only the one that is asked for is imported."""
    top = Parser(prog="hermes", description="Test sessions in environments that are declared, locked and proved.")
    top.add_argument("--version", action="version", version=f"hermes {version('hermes-runner')}")
    add_common(top, default=True)
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", parser_class=Parser)
    free = (word for before, word in pairwise(["", *words]) if before not in _TAKES_A_WORD)
    wanted = next((word for word in free if word in VERBS), None)
    for verb, summary in VERBS.items():
        sub = verbs.add_parser(verb, help=summary, description=summary.capitalize() + ".")
        add_common(sub)
        if verb == wanted:
            import_module(f"hermes.cli.commands.{verb}").configure(sub)
    return top


def add_common(parser: argparse.ArgumentParser, *, default: bool = False) -> None:
    """Add the options that may stand before a verb and behind it; the first place carries the defaults."""
    missing = argparse.SUPPRESS
    group = parser.add_argument_group("common options")
    group.add_argument(
        "-C", dest="directory", metavar="DIR", default="." if default else missing, help="start in this folder"
    )
    for flag, text in (
        ("--offline", "ask no index"),
        ("--locked", "never write the lock"),
        ("--json", "print JSON and nothing else on standard output"),
    ):
        group.add_argument(flag, action="store_true", default=False if default else missing, help=text)
    for flags, text in ((("-q", "--quiet"), "say less"), (("-v", "--verbose"), "say more")):
        group.add_argument(*flags, action="store_true", default=False if default else missing, help=text)
    group.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto" if default else missing, help="when to paint"
    )
