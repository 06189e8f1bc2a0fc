"""A machine without interpreters, to which a test adds what it wants."""

from pathlib import Path

import pytest

from fakes.machine import Machine
from hermes.system import places


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(places, "_SYSTEM", (tmp_path / "home" / "usr/bin",))
    return Machine(tmp_path)
