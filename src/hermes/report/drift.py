"""Drift in words: what differs, by the distribution that it belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from hermes.model.project import Session
from hermes.model.receipt import Difference

_WORDS = {
    "missing": "is missing",
    "added": "was added",
    "changed": "was changed",
    "touched": "has another modification time",
    "replaced": "is another file (another inode)",
    "mode": "has another mode",
    "kind": "is of another kind (file, link or folder)",
    "target": "leads elsewhere",
    "bytecode": "is bytecode inside the environment",
}
_SKELETON = "the environment itself"


def describe_differences(differences: Iterable[Difference], *, limit: int = 10) -> str:
    """Return lines that name each owner and up to `limit` of its paths, with what happened to them."""
    by_owner: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        by_owner[difference.owner].append(difference)
    lines = []
    for owner in sorted(by_owner):
        found = sorted(by_owner[owner], key=lambda difference: (difference.path, difference.what))
        lines.append(f"{_SKELETON if owner == 'skeleton' else owner}:")
        lines += [f"  {difference.path} {_WORDS.get(difference.what, difference.what)}" for difference in found[:limit]]
        if len(found) > limit:
            lines.append(f"  and {len(found) - limit} more")
    return "\n".join(lines)


def owners(differences: Iterable[Difference]) -> tuple[str, ...]:
    """Return who owns what differs, sorted, each once."""
    return tuple(sorted({difference.owner for difference in differences}))


def repairs(environments: Iterable[str], sessions: Mapping[str, Session]) -> tuple[str, ...]:
    """Return for each drifted environment, once, the command that repairs it."""
    lines = []
    for name in dict.fromkeys(environments):
        users = " ".join(session.name for session in sessions.values() if session.environment == name)
        command = f"hermes run --rebuild {users}" if users else "hermes store clear"
        lines.append(f"`{command}` repairs {name}")
    return tuple(lines)
