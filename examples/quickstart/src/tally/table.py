"""Counts as a table for people."""

from collections.abc import Iterable

from tabulate import tabulate


def table(counts: Iterable[tuple[str, int]]) -> str:
    """Return a table with a line per word."""
    return tabulate([(count, word) for word, count in counts], headers=["count", "word"], disable_numparse=[1])
