"""A user who may not write to folders of the cache gets a clear error from hermes, and never a traceback."""

import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fakes import projects
from fakes.index import Index
from fakes.projects import Checkout, Hermes
from fakes.unprivileged import Unprivileged

_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Hermes as the user has it, and a project of theirs."""

    hermes: Hermes
    checkout: Checkout


@pytest.fixture(scope="module")
def place(nobody: Unprivileged, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    user = replace(nobody, folder=nobody.folder / "unwritable")
    user.folder.mkdir()
    projects.give(user.folder, user)
    with Index(tmp_path_factory.mktemp("index")) as index:
        projects.offer(index)
        hermes = projects.for_another_user(user, index)
        checkout = Checkout.package(user.folder / "project", python=projects.minor_of(user.python))
        projects.give(checkout.folder, user)
        hermes.passes("run", at=checkout.folder)
        yield Place(hermes=hermes, checkout=checkout)


@pytest.mark.parametrize(
    ("name", "built"),
    [
        (".", "built"),
        (".", "gone"),
        ("store/v1", "gone"),
        ("wheels", "gone"),
        ("work", "built"),
    ],
)
def test_folders_of_the_cache_that_may_only_be_read(place: Place, name: str, built: str) -> None:
    hermes, folder, top = place.hermes, place.checkout.folder, place.hermes.cache / name
    hermes.passes("run", at=folder)
    if built == "gone":
        hermes.passes("store", "clear", "--wheels", at=folder)
    with _read_only([top, *(path for path in top.rglob("*") if path.is_dir() and not path.is_symlink())]):
        ran = hermes("run", at=folder)
    assert ran.status == 5, ran
    assert "bug in hermes" not in ran.stderr
    assert "ermission denied" in ran.stdout + ran.stderr
    assert str(hermes.cache) in ran.stdout + ran.stderr
    hermes.passes("run", at=folder)


def test_a_cache_that_cannot_be_made(place: Place) -> None:
    hermes, folder = place.hermes, place.checkout.folder
    parent = hermes.cache.with_name("closed")
    parent.mkdir()
    parent.chmod(0o555)
    ran = hermes.with_cache(parent / "cache")("run", at=folder)
    assert ran.status == 5, ran
    assert str(parent / "cache") in ran.stderr
    assert "hint: set HERMES_RUNNER_CACHE_DIR" in ran.stderr


@contextmanager
def _read_only(folders: Sequence[Path]) -> Iterator[None]:
    """Take the right to write from folders for a while, from those in folders first."""
    modes = [(folder, stat.S_IMODE(folder.stat().st_mode)) for folder in sorted(folders, reverse=True)]
    for folder, mode in modes:
        folder.chmod(mode & ~_WRITE)
    try:
        yield
    finally:
        for folder, mode in reversed(modes):
            if folder.exists():
                folder.chmod(mode)
