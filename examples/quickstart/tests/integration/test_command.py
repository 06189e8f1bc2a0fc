import subprocess
import sys
from pathlib import Path

import pytest

from tally.command import main

ROSE = Path(__file__).parents[1] / "texts" / "rose.txt"


def test_a_file_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(ROSE), "--most", "2"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:]] == [["4", "a"], ["4", "rose"]]


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.txt"
    assert main([str(missing)]) == 1
    assert str(missing) in capsys.readouterr().err


def test_standard_input_is_counted_by_the_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tally"], input="tick tock tick", capture_output=True, text=True, check=True
    )
    assert [line.split() for line in done.stdout.splitlines()[2:]] == [["2", "tick"], ["1", "tock"]]
