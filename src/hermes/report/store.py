"""The store as `hermes store` shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hermes.model.receipt import Receipt

_DAY = 86400.0
_HOUR = 3600.0
_STEP = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A stored tree: its receipt, its size in bytes, when it was last used in seconds since the epoch."""

    receipt: Receipt
    size: int
    last_used: float


def table(items: Sequence[Item], *, now: float) -> str:
    """Return a line per stored tree, least recently used first, and the total."""
    if not items:
        return "nothing is stored"
    rows = [
        (
            item.receipt.address[:16],
            item.receipt.kind,
            f"{item.receipt.name} {item.receipt.python}",
            size(item.size),
            ago(now - item.last_used),
        )
        for item in items
    ]
    titles = ("address", "kind", "name", "size", "last used")
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in (titles, *rows)]
    lines.append(f"{len(items)} stored, {size(sum(item.size for item in items))} (linked files counted in each)")
    return "\n".join(line.rstrip() for line in lines)


def as_json(items: Sequence[Item]) -> dict[str, object]:
    """Return the store in the form that `--json` prints."""
    return {"format": "hermes-store-1", "items": [_item(item) for item in items]}


def removed_as_json(items: Sequence[Item]) -> dict[str, object]:
    """Return what was removed in the form that `--json` prints."""
    return {"format": "hermes-store-removed-1", "removed": [_item(item) for item in items]}


def _item(item: Item) -> dict[str, object]:
    return {
        "address": item.receipt.address,
        "kind": item.receipt.kind,
        "name": item.receipt.name,
        "python": item.receipt.python,
        "key": item.receipt.key,
        "content": item.receipt.content,
        "size": item.size,
        "created": item.receipt.created,
        "last_used": item.last_used,
    }


def removed(items: Sequence[Item]) -> str:
    """Return what was removed, in one line."""
    return f"{len(items)} removed, {size(sum(item.size for item in items))}"


def size(count: int) -> str:
    """Return a number of bytes in the largest unit that leaves a digit before the point."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < _STEP:
            return f"{value:.0f} {unit}"
        value /= _STEP
    return f"{value:.1f} GiB"


def ago(seconds: float) -> str:
    """Return how long ago something was."""
    if seconds < _HOUR:
        return "within the hour"
    return f"{seconds / _HOUR:.0f} h ago" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days ago"
