"""Count the words of a text."""

from tally.count import most_frequent, words
from tally.table import table

__all__ = ["most_frequent", "table", "words"]
