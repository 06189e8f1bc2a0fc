"""SIGINT and SIGTERM in the middle of a build: hermes ends with the right status and leaves nothing that runs."""

from collections.abc import Iterator
from signal import SIGHUP, SIGINT, SIGTERM, Signals

import pytest

from fakes import driven
from fakes.campaign import World
from fakes.index import Index

RUN, EXEC = ("run",), ("exec", "installed", "--", "mine")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("interrupts")
    with Index(folder / "index") as index:
        yield World.make(folder, index, modules=20)


@pytest.mark.parametrize(
    ("words", "step", "number", "status"),
    [
        (RUN, "lock: uv lock runs", SIGINT, 130),
        (RUN, "environment: uv sync runs", SIGTERM, 143),
        pytest.param(RUN, "environment: hash", SIGINT, 130, marks=pytest.mark.soak),
        (RUN, "environment: publish", SIGTERM, 143),
        (RUN, "environment: remove", SIGINT, 130),
        (RUN, "wheel: build_wheel runs", SIGHUP, 143),
        pytest.param(RUN, "editable: stack", SIGTERM, 143, marks=pytest.mark.soak),
        pytest.param(RUN, "job: command runs", SIGINT, 130, marks=pytest.mark.soak),
        (EXEC, "overlay: uv install runs", SIGINT, 130),
        pytest.param(EXEC, "run: command runs", SIGTERM, 143, marks=pytest.mark.soak),
    ],
)
def test_a_signal_ends_hermes_and_all_that_it_started(
    world: World, words: tuple[str, ...], step: str, number: Signals, status: int
) -> None:
    hermes, folder = world.hermes, world.checkout.folder
    world.begin("cold" if step.startswith("lock") else "warm")
    with driven.start(hermes, *words, at=folder, output=world.folder / "output", hold=(step, 0)) as run:
        assert run.reach(step), run.end()
        ran = run.stop(number)
    assert ran.status == status, ran
    assert "Traceback" not in ran.stderr
    assert driven.alive(hermes) == []
    assert list(world.wrong()) == []
    if step != "environment: remove":  # Stopped while it cleans up, hermes leaves that to the next run.
        assert list(world.leftovers()) == []
    hermes.passes("run", at=folder)
    hermes.passes("verify", "--all", at=folder)
    assert list(world.leftovers()) == []
