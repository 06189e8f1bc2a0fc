"""The index and the command that the smoke tests on small projects share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import projects
from fakes.index import Index
from fakes.projects import Hermes


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(folder=tmp_path / "index") as offered:
        projects.offer(offered)
        yield offered


@pytest.fixture
def hermes(tmp_path: Path, index: Index) -> Hermes:
    return Hermes.make(tmp_path, index)
