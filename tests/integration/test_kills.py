"""`hermes run` is killed in the middle; the next run passes, and nothing that is wrong is trusted.

The full count is marked `soak`: every step twice, and spread over the length of a run; it prints how often where.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.campaign import Campaign, Kill, Start, table
from fakes.driven import Victims
from fakes.index import Index

SLICE: tuple[tuple[str, Start, Victims], ...] = (
    ("lock: write", "cold", "hermes"),
    ("environment: uv sync runs", "cold", "hermes"),
    ("environment: wheel record", "cold", "all"),
    ("environment: hash", "warm", "hermes"),
    ("environment: publish", "warm", "all"),
    ("wheel: build_wheel runs", "warm", "hermes"),
    ("editable: build_editable runs", "warm", "all"),
    ("overlay: uv install runs", "warm", "hermes"),
)
"""What every test run kills: hermes's own work and the programs that it runs, in each layer."""

SPREAD = 25
"""Kills by time, each for a cold and a warm run."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(tmp_path / "index") as running:
        yield running


def test_a_slice_of_the_kills(tmp_path: Path, index: Index) -> None:
    campaign = Campaign.make(tmp_path, index, modules=50, starts=["cold"])
    kills = [campaign.kill_at(step, start=start, victims=victims) for step, start, victims in SLICE]
    sys.stdout.write(f"\n{table(kills, [])}\n")
    assert [str(kill) for kill in kills if kill.problems] == []


@pytest.mark.soak
def test_kills_in_every_step_and_spread_over_a_run(
    tmp_path: Path, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    campaign = Campaign.make(tmp_path, index, modules=1500)
    kills = [*_in_every_step(campaign), *_spread(campaign)]
    seconds = {start: measured.length for start, measured in campaign.measured.items()}
    with capsys.disabled():
        sys.stdout.write(
            f"\n{table(kills, campaign.steps)}\n"
            f"{len(kills)} kills in {time.monotonic() - began:.0f} s; undisturbed, a cold run takes "
            f"{seconds['cold']:.2f} s and a warm one {seconds['warm']:.2f} s\n"
        )
    assert [str(kill) for kill in kills if kill.problems] == []
    count = Counter(kill.step for kill in kills)
    assert {step: count[step] for step in campaign.steps if count[step] < 2} == {}


def _in_every_step(campaign: Campaign) -> Iterator[Kill]:
    """Kill in each step twice: in the first one of its name alone, and in the last one with all that was started."""
    names = {start: measured.names for start, measured in campaign.measured.items()}
    for step in campaign.steps:
        yield campaign.kill_at(step, start="cold" if step in names["cold"] else "warm", victims="hermes")
        start: Start = "warm" if step in names["warm"] else "cold"
        yield campaign.kill_at(step, nth=campaign.measured[start].last(step), start=start, victims="all")


def _spread(campaign: Campaign) -> Iterator[Kill]:
    """Kill at equal distances over the length of a run, cold and warm."""
    starts: tuple[Start, ...] = ("cold", "warm")
    for start in starts:
        for number in range(SPREAD):
            victims: Victims = "all" if number % 2 else "hermes"
            yield campaign.kill_after((number + 0.5) / SPREAD, start=start, victims=victims)
