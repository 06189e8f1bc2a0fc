"""`hermes lock`: the same bytes each time, pins that stay, and merges that are mended."""

from pathlib import Path

import pytest

from fakes import projects
from fakes.index import Index
from fakes.projects import Checkout, Hermes
from smoke import edited_locks


@pytest.fixture
def checkout(tmp_path: Path, hermes: Hermes) -> Checkout:
    """Lock a project with a package."""
    made = Checkout.package(tmp_path / "project")
    hermes.passes("lock", at=made.folder)
    return made


def upgrade_index(index: Index) -> None:
    """Offer newer versions of two of its pins."""
    projects.offer_alpha(index, "2.0")
    index.make("Dotted.Name-x", "1.5", requires=["alpha>=1"])


def test_locking_twice_gives_the_same_bytes_from_any_cache(tmp_path: Path, hermes: Hermes, checkout: Checkout) -> None:
    first = checkout.lock.read_bytes()
    for command in (hermes, hermes.with_cache(tmp_path / "cold")):
        assert "is fresh" in command.passes("lock", at=checkout.folder).stdout
        assert checkout.lock.read_bytes() == first
        checkout.lock.unlink()
        command.passes("lock", at=checkout.folder)
        assert checkout.lock.read_bytes() == first
        command.passes("lock", "--upgrade", at=checkout.folder)
        assert checkout.lock.read_bytes() == first


def test_a_fresh_lock_stays_as_it_is_when_the_index_has_newer_versions(
    index: Index, hermes: Hermes, checkout: Checkout
) -> None:
    first = checkout.lock.read_bytes()
    upgrade_index(index)
    assert hermes.passes("lock", "--check", at=checkout.folder).stdout == "envfile.lock is fresh\n"
    hermes.passes("lock", at=checkout.folder)
    assert checkout.lock.read_bytes() == first


def test_a_stale_lock_is_mended_and_its_pins_stay(index: Index, hermes: Hermes, checkout: Checkout) -> None:
    upgrade_index(index)
    index.make("extra", "3.0", requires=["alpha"])
    checkout.edit("envfile.toml", '["Dotted.Name-x"]', '["Dotted.Name-x", "extra"]')
    stale = hermes("lock", "--check", at=checkout.folder)
    assert stale.status == 3
    assert stale.stdout == (
        "envfile.lock is stale\n"
        "  environments.source: extra is asked for (environments.source.requirements[1], envfile.toml:4) "
        "but is not in the lock\n"
    )
    hermes.passes("lock", at=checkout.folder)
    assert checkout.pins() == {"alpha": "1.0", "dotted-name-x": "1.0", "extra": "3.0", "wheel-maker": "1.0"}
    hermes.passes("lock", "--check", at=checkout.folder)


def test_upgrade_package_moves_one_and_upgrade_moves_all(index: Index, hermes: Hermes, checkout: Checkout) -> None:
    upgrade_index(index)
    first = checkout.lock.read_bytes()
    dry = hermes.passes("lock", "--upgrade-package", "Alpha", "--dry-run", at=checkout.folder)
    assert checkout.lock.read_bytes() == first
    assert "envfile.lock would be written" in dry.stdout
    assert "2.0" in dry.stdout
    assert "dotted" not in dry.stdout

    hermes.passes("lock", "--upgrade-package", "Alpha", at=checkout.folder)
    assert checkout.pins() == {"alpha": "2.0", "dotted-name-x": "1.0", "wheel-maker": "1.0"}
    hermes.passes("lock", "--upgrade", at=checkout.folder)
    assert checkout.pins() == {"alpha": "2.0", "dotted-name-x": "1.5", "wheel-maker": "1.0"}
    assert hermes.passes("run", at=checkout.folder).stdout.count("alpha 2.0\n") == 2


def test_a_dry_run_writes_nothing(tmp_path: Path, hermes: Hermes) -> None:
    checkout = Checkout.plain(tmp_path / "new")
    hermes.passes("lock", "--dry-run", at=checkout.folder)
    assert [path.name for path in checkout.folder.iterdir()] == ["envfile.toml"]


def test_a_merged_lock_is_mended_without_upgrading(index: Index, hermes: Hermes, checkout: Checkout) -> None:
    whole = checkout.lock.read_text(encoding="utf-8")
    upgrade_index(index)
    checkout.lock.write_text(edited_locks.merged(whole), encoding="utf-8")
    assert hermes("run", at=checkout.folder).status == 3
    hermes.passes("lock", at=checkout.folder)
    assert checkout.lock.read_text(encoding="utf-8") == whole


def test_two_branches_that_each_added_something_are_merged(index: Index, hermes: Hermes, checkout: Checkout) -> None:
    base = checkout.envfile.read_text(encoding="utf-8")
    sides = []
    for name in ("apple", "zebra"):
        index.make(name, "1.0")
        checkout.envfile.write_text(base.replace('["Dotted.Name-x"]', f'["Dotted.Name-x", "{name}"]'), encoding="utf-8")
        hermes.passes("lock", at=checkout.folder)
        sides.append(checkout.lock.read_text(encoding="utf-8"))
        index.make(name, "2.0")
    upgrade_index(index)
    both = base.replace('["Dotted.Name-x"]', '["Dotted.Name-x", "apple", "zebra"]')
    checkout.envfile.write_text(both, encoding="utf-8")
    ours, theirs = sides
    checkout.lock.write_text(f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> theirs\n", encoding="utf-8")

    hermes.passes("lock", at=checkout.folder)
    expected = {"alpha": "1.0", "apple": "1.0", "dotted-name-x": "1.0", "wheel-maker": "1.0", "zebra": "1.0"}
    assert checkout.pins() == expected
    hermes.passes("lock", "--check", at=checkout.folder)
