"""The wording that messages share: key paths, quoted values, names of types, did-you-mean."""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 60
_LARGE = 10**20


def key_path(path: Iterable[str | int]) -> str:
    """Write a path as TOML writes dotted keys, with indexes in brackets: `sessions.unit.run[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else quoted(part))
    return text


def quoted(text: str) -> str:
    """Quote a value of the user's on one line, cut where it is very long."""
    return json.dumps(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…", ensure_ascii=False)


def described(value: Any) -> str:
    """Say what a TOML value is: `the string "x"`, `the number 5`, `a list`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the string {quoted(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}" if abs(value) < _LARGE else "a very large number"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a table"
    return f"the date or time {value}"


def near(word: str, known: Iterable[str]) -> str | None:
    """Give the known word, quoted, that is nearest to this one, if any is near."""
    folded = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    found = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.66)
    return quoted(folded[found[0]]) if found else None


def meant(word: str, known: Iterable[str]) -> str:
    """Give `; did you mean "…"?` where one of the known words is near, else which there are."""
    words = list(dict.fromkeys(known))
    suggestion = near(word, words)
    if suggestion is not None:
        return f"; did you mean {suggestion}?"
    return f"; expected {listed(words, 'or')}" if words else "; none is declared"


def listed(words: Iterable[str], conjunction: str) -> str:
    """Write words as a list: `"a", "b" and "c"`."""
    *most, last = [quoted(word) for word in words]
    return f"{', '.join(most)} {conjunction} {last}" if most else last
