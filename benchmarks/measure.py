"""Whole processes timed from outside: monotonic time around spawn and wait, and what the kernel counted for them."""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One process: absolute program and words, where it runs, all of its variables."""

    argv: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A way to do the work of a row: `steps` are timed together; folders to `clear` and steps `before` them are not.

    `shown` is the command as a reader would type it.
    """

    name: str
    shown: str
    steps: tuple[Step, ...]
    before: tuple[Step, ...] = ()
    clear: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One timed run: seconds of wall and of CPU (children included), and the largest process of it in KiB."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The samples of two contestants that took turns; `first` and `second` are in the order in which they were run."""

    first: Contestant
    second: Contestant
    samples: tuple[tuple[Sample, Sample], ...]

    def medians(self) -> tuple[float, float]:
        """Return the median wall seconds of both."""
        walls = zip(*((one.wall, two.wall) for one, two in self.samples), strict=True)
        first, second = (statistics.median(wall) for wall in walls)
        return first, second

    def ratio(self) -> float:
        """Return the median of the pairs' ratios, second over first."""
        return statistics.median(two.wall / one.wall for one, two in self.samples)

    def spread(self) -> tuple[float, float]:
        """Return the quartiles of the pairs' ratios (the extremes where there are fewer than four pairs)."""
        ratios = sorted(two.wall / one.wall for one, two in self.samples)
        if len(ratios) < 4:  # noqa: PLR2004 - quartiles need four
            return ratios[0], ratios[-1]
        low, _, high = statistics.quantiles(ratios, n=4)
        return low, high


class StepError(Exception):
    """A measured command failed: its figures would mean nothing."""


def alternate(first: Contestant, second: Contestant, *, pairs: int, log: Path) -> Pairs:
    """Run A B A B …, after one discarded run of each."""
    once(first, log=log)
    once(second, log=log)
    samples = [(once(first, log=log), once(second, log=log)) for _ in range(pairs)]
    return Pairs(first=first, second=second, samples=tuple(samples))


def once(contestant: Contestant, *, log: Path) -> Sample:
    """Clear, prepare, and time the steps of a contestant one after another."""
    for folder in contestant.clear:
        shutil.rmtree(folder, ignore_errors=True)
    run(contestant.before, log=log)
    return run(contestant.steps, log=log)


def run(steps: Sequence[Step], *, log: Path) -> Sample:
    """Run the steps and return their sum; StepError, with the end of the log, if one fails."""
    wall = cpu = 0.0
    peak = 0
    for step in steps:
        sample = _timed(step, log)
        wall, cpu, peak = wall + sample.wall, cpu + sample.cpu, max(peak, sample.peak)
    return Sample(wall=wall, cpu=cpu, peak=peak)


def _timed(step: Step, log: Path) -> Sample:
    os.chdir(step.folder)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    begin = time.monotonic()
    process = os.posix_spawn(step.argv[0], step.argv, step.variables, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    wall = time.monotonic() - begin
    if status:
        end = log.read_text(encoding="utf-8", errors="replace")[-4000:]
        code = os.waitstatus_to_exitcode(status)
        raise StepError(f"{' '.join(step.argv)}\nin {step.folder} ended with {code}:\n{end}")
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    peak = usage.ru_maxrss // 1024 if sys.platform == "darwin" else usage.ru_maxrss
    return Sample(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=peak)
