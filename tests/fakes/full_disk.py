"""A program with a disk of its own, on which nothing fits any more while hermes is in a given step, and later again.

    unshare -rm python -P full_disk.py FOLDER '[["environment: receipt", "warm", "bytes"], …]'

FOLDER becomes the disk, a tmpfs that nobody else sees. Without cases, every step is one for "bytes" and for "files". It
prints the number of cases and what was wrong in them, as JSON.
"""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from fakes import driven
from fakes.campaign import Start, World
from fakes.index import Index

Kind = Literal["bytes", "files"]
Case = tuple[str, Start, Kind]

_TRIES = 20
_WHY = ("No space left", "are left on the disk", "no more files fit")


def main(folder: Path, cases: Sequence[Case]) -> tuple[int, list[str]]:
    """Make the world on a disk of its own, and let it become full in each case."""
    with TemporaryDirectory(prefix="hermes-full-") as outside:
        assert _mount(folder, "size=64m")
        with Index(folder / "index") as index:
            world = World.make(folder, index, modules=20)
            chosen = list(cases) or _all(world)
            return len(chosen), [text for case in chosen for text in _try(world, case, Path(outside) / "output")]


def _all(world: World) -> list[Case]:
    cold, warm = world.measure("cold").names, world.measure("warm").names
    starts: dict[str, Start] = {**dict.fromkeys(cold, "cold"), **dict.fromkeys(warm, "warm")}
    kinds: tuple[Kind, ...] = ("bytes", "files")
    return [(step, start, kind) for kind in kinds for step, start in starts.items()]


def _try(world: World, case: Case, output: Path) -> Iterator[str]:
    step, start, kind = case
    hermes, folder = world.hermes, world.checkout.folder
    world.begin(start)
    with driven.start(hermes, "run", at=folder, output=output, hold=(step, 0)) as run:
        assert run.reach(step), f"{case}: {run.end()}"
        with _full(world.folder, kind):
            run.go_on()
            ran = run.end()
    problems = [f"it trusts {text}" for text in world.wrong()]
    said = f"status {ran.status}:\n{ran.stdout}{ran.stderr}"
    # A job whose environment was there already runs, and may fail or pass: space is freed as well.
    if ran.status not in {0, 1, 5} or "bug in hermes" in said:
        problems.append(f"it ended with {said}")
    elif ran.status == 5 and not any(why in said for why in _WHY):
        problems.append(f"it did not say why it ended with {said}")
    for words in (("run",), ("verify", "--all")):
        ran = hermes(*words, at=folder)
        if ran.status != 0:
            problems.append(f"with space again, {words[0]} ended with {ran.status}:\n{ran.stdout}{ran.stderr}")
    yield from (f"{step} ({start}, no more {kind}): {text}" for text in [*problems, *world.leftovers()])


@contextmanager
def _full(disk: Path, kind: Kind) -> Iterator[None]:
    """Let nothing more fit on a disk: no byte, or no new file."""
    if kind == "files":
        before = os.statvfs(disk).f_files
        for _ in range(_TRIES):
            found = os.statvfs(disk)
            # A program that runs in this step may make more files before this is done, which is then refused.
            if _mount(disk, f"remount,nr_inodes={found.f_files - found.f_ffree}"):
                break
        else:
            raise AssertionError(f"{disk} could not be made full")
        yield
        assert _mount(disk, f"remount,nr_inodes={before}")
        return
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        while _fits(file):
            pass
    yield
    filler.unlink()


def _fits(file: FileIO) -> bool:
    try:
        file.write(bytes(4096))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def _mount(disk: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), [tuple(case) for case in json.loads(sys.argv[2])]), sys.stdout)
