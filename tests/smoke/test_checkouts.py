"""Several checkouts of one project: what they share is built once, and what differs in one never reaches another."""

from pathlib import Path

import pytest

from fakes.projects import PYTHON, Checkout, Hermes, Ran


@pytest.fixture
def first(tmp_path: Path, hermes: Hermes) -> Checkout:
    """Run everything in a first checkout."""
    checkout = Checkout.package(tmp_path / "first")
    hermes.passes("run", at=checkout.folder)
    return checkout


def how(ran: Ran) -> dict[str, list[str]]:
    """Return what was reused and what was built, as "layer name"."""
    answer: dict[str, list[str]] = {"reused": [], "built": []}
    for item in ran.json["environments"]:
        answer[item["how"]].append(f"{item['layer']} {item['environment']}")
    return answer


def test_a_second_checkout_builds_nothing_but_its_own_editable_overlay(
    tmp_path: Path, hermes: Hermes, first: Checkout
) -> None:
    before = hermes.stored(at=first.folder)
    second = first.copy(tmp_path / "second")

    ran = hermes.passes("run", "--json", at=second.folder)
    assert how(ran) == {
        "reused": [
            "environment source",
            "build .build",
            "environment installed",
            "wheel mine",
            "overlay installed",
        ],
        "built": ["overlay source"],
    }
    after = hermes.stored(at=second.folder)
    assert before.items() <= after.items()
    assert [after[address] for address in after.keys() - before.keys()] == ["overlay source"]


def test_nothing_at_all_is_built_where_only_the_wheel_is_tested(
    tmp_path: Path, hermes: Hermes, first: Checkout
) -> None:
    before = hermes.stored(at=first.folder)
    second = first.copy(tmp_path / "second")
    assert how(hermes.passes("run", "smoke", "--json", at=second.folder))["built"] == []
    assert hermes.stored(at=second.folder) == before


def test_each_checkout_runs_its_own_sources(tmp_path: Path, hermes: Hermes, first: Checkout) -> None:
    second = first.copy(tmp_path / "second")
    second.edit("src/mine.py", "new", "other")
    assert hermes.passes("run", at=second.folder).stdout.count("mine is other\n") == 2
    assert hermes.passes("run", at=first.folder).stdout.count("mine is new\n") == 2


def test_a_source_file_that_changed_but_for_its_time_and_size_gives_a_new_wheel(
    hermes: Hermes, first: Checkout
) -> None:
    before = hermes.stored(at=first.folder)
    first.edit("src/mine.py", "new", "old")

    ran = hermes.passes("run", "smoke", at=first.folder)
    assert "mine is old\n" in ran.stdout
    after = hermes.stored(at=first.folder)
    added = sorted(after[address] for address in after.keys() - before.keys())
    assert added == ["overlay installed", "wheel mine"]

    first.edit("src/mine.py", "old", "new")
    back = hermes.passes("run", "smoke", "--json", at=first.folder)
    assert how(back)["built"] == []
    assert hermes.stored(at=first.folder) == after


def test_a_requirement_that_was_removed_is_gone(tmp_path: Path, hermes: Hermes) -> None:
    checkout = Checkout.plain(tmp_path / "project")
    hermes.passes("run", at=checkout.folder)
    checkout.edit("envfile.toml", '["Dotted.Name-x"]', '["alpha"]')
    checkout.edit("envfile.toml", ", \"python -c 'import dotted_name_x; print(dotted_name_x.where)'\"", "")
    assert hermes("run", at=checkout.folder).status == 3

    hermes.passes("lock", at=checkout.folder)
    assert checkout.pins() == {"alpha": "1.0"}
    hermes.passes("run", at=checkout.folder)
    listing = (
        "import importlib.metadata as m; print(sorted(d.metadata['Name'] for d in m.distributions()), end=''); "
        "import dotted_name_x"
    )
    ran = hermes("exec", "unit", "--", "python", "-c", listing, at=checkout.folder)
    assert (ran.status, ran.stdout) == (1, "['alpha']")
    assert "No module named 'dotted_name_x'" in ran.stderr
    assert not list(hermes.tree("unit", at=checkout.folder).glob(f"lib/python{PYTHON}/site-packages/dotted*"))
