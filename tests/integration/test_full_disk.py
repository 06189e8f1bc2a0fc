"""A disk becomes full in the middle of a build: a clear error, nothing wrong is trusted, and with space again it works.

The disk is a tmpfs in a mount namespace of its own, so this needs a system that lets its users make one.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes import full_disk

UNSHARE = ("unshare", "--map-root-user", "--mount")
SLICE: tuple[full_disk.Case, ...] = (
    ("lock: write", "cold", "files"),
    ("environment: wheel record", "cold", "bytes"),
    ("environment: receipt", "warm", "bytes"),
    ("editable: published", "warm", "bytes"),
    ("wheel: copy sources", "warm", "bytes"),
    ("overlay: start-up files", "warm", "files"),
)
"""What every test run tries: hermes's own files of each kind, and bytecode that a job's Python writes."""


def test_a_slice_of_the_steps(tmp_path: Path) -> None:
    assert _fill(tmp_path, SLICE) == (len(SLICE), [])


@pytest.mark.soak
def test_every_step(tmp_path: Path) -> None:
    count, problems = _fill(tmp_path, ())
    assert problems == []
    assert count > 100


def _fill(folder: Path, cases: Sequence[full_disk.Case]) -> tuple[int, list[str]]:
    if shutil.which(UNSHARE[0]) is None:
        pytest.skip("there is no unshare (util-linux)")
    disk = folder / "disk"
    disk.mkdir()
    probe = subprocess.run(
        [*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if probe.returncode != 0:
        pytest.skip(f"no mount namespace of its own: {probe.stderr.strip()}")
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-P", full_disk.__file__, str(disk), json.dumps(cases)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, problems = json.loads(done.stdout)
    return count, problems
