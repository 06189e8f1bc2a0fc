"""`hermes shell` with a real bash on a real terminal."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import projects
from fakes.index import Index
from fakes.projects import Checkout, Hermes

BASH = shutil.which("bash")
ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
BASHRC = """\
export PATH="$HOME/shims:$PATH" MINE=mine
PS1='my prompt> '
"""


@pytest.fixture
def hermes(tmp_path: Path) -> Iterator[Hermes]:
    with Index(folder=tmp_path / "index") as index:
        projects.offer(index)
        yield Hermes.make(tmp_path, index)


@pytest.mark.skipif(BASH is None, reason="no bash on PATH")
def test_the_environment_comes_before_what_bashrc_puts_on_path(tmp_path: Path, hermes: Hermes) -> None:
    assert BASH is not None
    checkout = Checkout.plain(tmp_path / "project")
    hermes.passes("run", at=checkout.folder)
    home, temporary = Path(hermes.variables["HOME"]), tmp_path / "temporary"
    temporary.mkdir()
    (home / "shims").mkdir(parents=True)
    (home / ".bashrc").write_text(BASHRC, encoding="utf-8")
    fake = home / "shims/python"
    fake.write_text("#!/bin/sh\necho it is $((1 + 1)) shims\n", encoding="utf-8")
    fake.chmod(0o755)
    ask = "import sys; print(sys.prefix == sys.argv[1], 1 + 1)"
    typed = f"python -c '{ask}' $VIRTUAL_ENV; echo so-$MINE; exit 5\n"

    ran = subprocess.run(
        [sys.executable, "-c", ON_A_TERMINAL, *hermes.argv, "shell", "unit"],
        env={**hermes.variables, "SHELL": BASH, "TERM": "dumb", "TMPDIR": str(temporary)},
        cwd=checkout.folder,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 5, ran
    assert "True 2" in ran.stdout
    assert "it is 2 shims" not in ran.stdout
    assert "so-mine" in ran.stdout
    assert "(unit) my prompt> " in ran.stdout
    assert list(temporary.iterdir()) == []
