from pathlib import Path

import pytest

from fakes import command
from fakes.command import Command


@pytest.fixture
def hermes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """hermes in a project without files; no process can be started here."""
    return Command(folder=command.prepare(tmp_path, monkeypatch, {}), read=capsys.readouterr)
