"""Two processes want one environment at the same moment, round after round, with garbage collected beside them."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from fakes import driven, projects
from fakes.campaign import SAID, World
from fakes.index import Index
from hermes.store import layout
from hermes.system import files

Removed = Literal["store", "environment", "cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What is removed before a round, whether both processes run in one checkout, and whether garbage is collected."""

    removed: Removed
    shared: bool
    collecting: bool

    def __str__(self) -> str:
        where = "one checkout" if self.shared else "two checkouts"
        return f"without the {self.removed}, in {where}{', garbage collected' if self.collecting else ''}"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(tmp_path / "index") as running:
        yield running


def test_two_processes_share_what_one_of_them_builds(tmp_path: Path, index: Index) -> None:
    rounds = (
        Round(removed="cache", shared=False, collecting=False),
        Round(removed="environment", shared=True, collecting=False),
        Round(removed="store", shared=False, collecting=True),
    )
    assert _play(World.make(tmp_path, index, modules=20), rounds) == []


@pytest.mark.soak
def test_two_processes_for_25_rounds(tmp_path: Path, index: Index) -> None:
    removed: tuple[Removed, ...] = ("store", "environment", "cache")
    rounds = [
        Round(removed=removed[number % 3], shared=number % 2 == 0, collecting=number % 5 > 2) for number in range(25)
    ]
    assert _play(World.make(tmp_path, index, modules=500), rounds) == []


def _play(world: World, rounds: Sequence[Round]) -> list[str]:
    world.hermes.passes("run", at=world.checkout.folder)
    second = world.checkout.copy(world.folder / "second")
    problems = []
    for number, one in enumerate(rounds):
        name = _remove(world, one.removed)
        folders = (world.checkout.folder, world.checkout.folder if one.shared else second.folder)
        ran = _at_once(world, folders, collecting=one.collecting)
        found = [*_failed(ran), *_state(world)]
        if not one.collecting:
            found += _built_wrongly(ran, name)
        problems += [f"round {number}, {one}: {text}" for text in found]
    return problems


def _remove(world: World, removed: Removed) -> str | None:
    """Remove what a round is to be without; return the name of the environment if it is one."""
    if removed == "cache":
        files.remove_tree(world.hermes.cache)
    elif removed == "store":
        world.hermes.passes("store", "clear", at=world.checkout.folder)
    else:
        stored = world.hermes.stored(at=world.checkout.folder)
        for address, what in stored.items():
            if what == "environment source":
                files.remove_tree(world.hermes.cache / layout.built(address))
                return "source"
    return None


def _at_once(world: World, folders: Sequence[Path], *, collecting: bool) -> list[projects.Ran]:
    """Let hermes run in these folders, all from the same moment on."""
    gate, opener = os.pipe()
    with ExitStack() as running:
        both = [
            running.enter_context(
                driven.start(
                    world.hermes, "run", "--json", at=folder, output=world.folder / f"output-{number}", gate=gate
                )
            )
            for number, folder in enumerate(folders)
        ]
        os.close(gate)
        os.close(opener)
        while collecting and any(run.process.poll() is None for run in both):
            world.hermes.passes("store", "gc", "--max-age", "0", at=world.folder)
        return [run.end() for run in both]


def _failed(ran: Sequence[projects.Ran]) -> Iterator[str]:
    for one in ran:
        if one.status != 0:
            yield f"a run ended with {one.status}:\n{one.stdout}{one.stderr}"
        elif not set(SAID[:2]) <= set(one.stderr.splitlines()):
            yield f"a run did not do what it should:\n{one.stderr}"


def _built_wrongly(ran: Sequence[projects.Ran], name: str | None) -> Iterator[str]:
    """Say what was not built exactly once; with a name, only that environment is known not to have been there."""
    told = [item for one in ran if one.status == 0 for item in one.json["environments"]]
    built = Counter({(item["layer"], item["environment"], item["key"]): 0 for item in told})
    built.update((item["layer"], item["environment"], item["key"]) for item in told if item["how"] == "built")
    for (layer, environment, _), count in built.items():
        was_missing = name is None or (layer, environment) == ("environment", name)
        if count > 1 or (was_missing and count == 0):
            yield f"{layer} {environment} was built {count} times"


def _state(world: World) -> Iterator[str]:
    ran = world.hermes("verify", "--all", at=world.checkout.folder)
    if ran.status != 0:
        yield f"verify finds:\n{ran.stdout}{ran.stderr}"
    yield from world.leftovers()
