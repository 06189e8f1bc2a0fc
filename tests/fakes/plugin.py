"""Fixtures that any layer of the tests may use; registered in tests/conftest.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.index import Index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """A package index of this test's own, running and empty."""
    with Index(folder=tmp_path / "index-files") as running:
        yield running
