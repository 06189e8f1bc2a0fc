"""The command reference holds every option of every command, and none that is not there."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes import errors
from hermes.cli import arguments, main

DOCS = Path(__file__).parents[3] / "docs"
COMMANDS = (DOCS / "commands.md").read_text(encoding="utf-8")
STATUSES = (DOCS / "exit-statuses.md").read_text(encoding="utf-8")


def sections() -> dict[str, str]:
    """Give the text below each title of the second level."""
    _, *parts = re.split(r"^## ", COMMANDS, flags=re.MULTILINE)
    return {title.strip(): text for title, _, text in (part.partition("\n") for part in parts)}


def parsers(parser: argparse.ArgumentParser, verb: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Give the parsers below one, with the verb that each belongs to."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield verb or name, sub
                yield from parsers(sub, verb or name)


def every_parser() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for verb in arguments.VERBS:
        yield from ((name, found) for name, found in parsers(arguments.parser([verb])) if name == verb)


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


COMMON = options(arguments.parser([]))
SELECTING = {"-p", "--python", "--missing-python"}


def stands(option: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


@pytest.mark.parametrize("option", sorted(COMMON))
def test_common_options(option: str) -> None:
    assert stands(option, sections()["Common options"])


@pytest.mark.parametrize("verb", arguments.VERBS)
def test_every_option_of_a_command_stands_in_its_section(verb: str) -> None:
    text = sections()[verb]
    taken = {option for name, parser in every_parser() if name == verb for option in options(parser)}
    assert {option for option in taken - COMMON - SELECTING if not stands(option, text)} == set()
    if "--missing-python" in taken:
        assert all(stands(option, sections()["Selecting"]) for option in SELECTING)
        assert verb == "run" or f"`{verb}`" in sections()["Selecting"]
    elif "-p" in taken:
        assert stands("-p", text)


def test_every_action_of_the_store_stands_there() -> None:
    actions = {parser.prog.split()[-1] for name, parser in every_parser() if name == "store"} - {"store"}
    assert actions == set(re.findall(r"^hermes store (\w+)", sections()["store"], flags=re.MULTILINE))


def test_no_option_stands_there_that_is_not_taken() -> None:
    taken = COMMON | {option for _, parser in every_parser() for option in options(parser)}
    own = re.sub(r" -- .*", "", COMMANDS)  # what stands behind the two dashes belongs to others
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", own)) - taken == set()


def test_a_section_for_every_command_in_the_order_of_the_help() -> None:
    assert [title for title in sections() if title in arguments.VERBS] == list(arguments.VERBS)


def test_every_exit_status_is_explained() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    statuses = {0, 6, main.BUG, *(each.exit_status for each in classes if issubclass(each, errors.HermesError))}
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", STATUSES, flags=re.MULTILINE)} == statuses
    assert str(main.BROKEN_PIPE) in STATUSES
