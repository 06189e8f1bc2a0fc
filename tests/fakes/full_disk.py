"""A program that has a disk of its own, and lets it become full while hermes is in a given step.

    unshare -rm python -P full_disk.py FOLDER '[["environment: receipt", "warm", "bytes"], …]'

It prints a list of what was wrong, as JSON. The disk is a tmpfs that nobody else sees; FOLDER is where.
"""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from fakes import driven
from fakes.campaign import Start, World
from fakes.index import Index

Kind = Literal["bytes", "files"]

_SIZE = "64m"


def main(folder: Path, cases: list[tuple[str, Start, Kind]]) -> list[str]:
    """Make the world on a disk of its own, and fill it up in each case."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)], check=True)
    with Index(folder / "index") as index:
        world = World.make(folder, index, modules=20)
        world.measure("cold")
        return [f"{step} ({start}, no more {kind}): {text}" for step, start, kind in cases for text in _case(world, step, start, kind)]


def _case(world: World, step: str, start: Start, kind: Kind) -> Iterator[str]:
    hermes, folder = world.hermes, world.checkout.folder
    world.begin(start)
    # The output must not be lost with the disk.
    output = Path("/dev/shm") / f"hermes-{os.getpid()}"
    with driven.start(hermes, "run", at=folder, output=output, hold=(step, 0)) as run:
        if not run.reach(step):
            yield f"was not reached: {run.end()}"
            return
        with _full(world.folder, kind):
            run.go_on()
            ran = run.end()
    if ran.status != 5 or "bug in hermes" in ran.stderr:
        yield f"ended with {ran.status}:\n{ran.stdout}{ran.stderr}"
    if "No space left" not in ran.stdout + ran.stderr:
        yield f"does not say why:\n{ran.stdout}{ran.stderr}"
    yield from world.wrong()
    ran = hermes("run", at=folder)
    if ran.status != 0:
        yield f"with space again, ended with {ran.status}:\n{ran.stdout}{ran.stderr}"
    ran = hermes("verify", "--all", at=folder)
    if ran.status != 0:
        yield f"verify finds:\n{ran.stdout}{ran.stderr}"
    yield from world.leftovers()


@contextmanager
def _full(disk: Path, kind: Kind) -> Iterator[None]:
    if kind == "files":
        found = os.statvfs(disk)
        _remount(disk, nr_inodes=found.f_files - found.f_ffree)
        try:
            yield
        finally:
            _remount(disk, nr_inodes=found.f_files)
        return
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    try:
        yield
    finally:
        filler.unlink()


def _remount(disk: Path, *, nr_inodes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,nr_inodes={nr_inodes}", str(disk)], check=True)


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), json.loads(sys.argv[2])), sys.stdout)
