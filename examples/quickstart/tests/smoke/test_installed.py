"""The package as users get it: the command that its wheel installed."""

import subprocess
import sysconfig
from importlib.metadata import version
from pathlib import Path

import tally

ROSE = Path(__file__).parents[1] / "texts" / "rose.txt"


def test_the_command_counts() -> None:
    done = subprocess.run(["tally", str(ROSE)], capture_output=True, text=True, check=True)
    assert [line.split() for line in done.stdout.splitlines()[2:]] == [["4", "a"], ["4", "rose"], ["3", "is"]]


def test_the_command_knows_its_version() -> None:
    done = subprocess.run(["tally", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"tally {version('tally')}\n"


def test_what_is_tested_is_the_installed_package_and_not_the_sources() -> None:
    assert Path(tally.__file__).is_relative_to(sysconfig.get_path("purelib"))
