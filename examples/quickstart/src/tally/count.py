"""Words, and how often they stand in a text."""

import re
from collections import Counter

# A word may have apostrophes and hyphens inside: "don't", "re-read".
_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")


def words(text: str) -> list[str]:
    """Return the words of a text in order, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def most_frequent(text: str, most: int | None = None) -> list[tuple[str, int]]:
    """Return the `most` frequent words (all, if None) with their counts; of equals, the first in the alphabet first."""
    counts = Counter(words(text))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
