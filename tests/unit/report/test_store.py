import json
from typing import Any

import pytest

from hermes.model.receipt import Receipt
from hermes.report import store
from hermes.report.store import Item

NOW = 1_000_000_000.0
DAY = 86400.0


def item(name: str, size: int, unused_for: float, **fields: Any) -> Item:
    plain: dict[str, Any] = {
        "format": 1,
        "address": name[0] * 64,
        "key": "k" * 64,
        "kind": "environment",
        "name": name,
        "python": "3.12",
        "interpreter_path": "/opt/python",
        "created": NOW - 9 * DAY,
        "ingredients": (),
        "installed": (),
        "content": "c" * 64,
        "entries": (),
    }
    return Item(receipt=Receipt(**(plain | fields)), size=size, last_used=NOW - unused_for)


ITEMS = [item("test", 50_000_000, 8 * DAY), item("mine", 900, 3 * 3600.0, kind="overlay", python="3.13t")]


def test_a_line_for_each_tree_and_the_total() -> None:
    assert store.table(ITEMS, now=NOW).splitlines() == [
        "address           kind         name        size    last used",
        "tttttttttttttttt  environment  test 3.12   48 MiB  8 days ago",
        "mmmmmmmmmmmmmmmm  overlay      mine 3.13t  900 B   3 h ago",
        "2 stored, 48 MiB (linked files counted in each)",
    ]


def test_an_empty_store_says_so() -> None:
    assert store.table([], now=NOW) == "nothing is stored"


def test_what_was_removed() -> None:
    assert store.removed(ITEMS) == "2 removed, 48 MiB"
    assert store.removed([]) == "0 removed, 0 B"


ITEM = {
    "address": "t" * 64,
    "kind": "environment",
    "name": "test",
    "python": "3.12",
    "key": "k" * 64,
    "content": "c" * 64,
    "size": 50_000_000,
    "created": NOW - 9 * DAY,
    "last_used": NOW - 8 * DAY,
}


def test_the_store_as_json() -> None:
    assert json.loads(json.dumps(store.as_json(ITEMS[:1]))) == {"format": "hermes-store-1", "items": [ITEM]}
    assert store.as_json([]) == {"format": "hermes-store-1", "items": []}


def test_what_was_removed_as_json() -> None:
    printed = json.loads(json.dumps(store.removed_as_json(ITEMS[:1])))
    assert printed == {"format": "hermes-store-removed-1", "removed": [ITEM]}


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1_500_000, "1 MiB"),
        (2**30, "1.0 GiB"),
        (3 * 2**40, "3072.0 GiB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert store.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5.0, "within the hour"),
        (3599.0, "within the hour"),
        (3600.0, "1 h ago"),
        (47 * 3600.0, "47 h ago"),
        (2 * DAY, "2 days ago"),
        (400 * DAY, "400 days ago"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert store.ago(seconds) == text
