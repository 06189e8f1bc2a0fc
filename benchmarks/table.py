"""Figures as people and programs read them: a Markdown table, and every sample as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from measure import Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A row that was measured: hermes beside each peer."""

    name: str
    title: str
    pairs: tuple[Pairs, ...]


def markdown(rows: Sequence[Measured], versions: Mapping[str, str], machine: str) -> str:
    """Return the table of all rows; a ratio is the peer's time over hermes's, so above 1 hermes is the faster one."""
    lines = [
        "| what | hermes | median | peer | median | peer / hermes (quartiles) | pairs |",
        "| --- | --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for row in rows:
        for pairs in row.pairs:
            ours, theirs = pairs.medians()
            low, high = pairs.spread()
            cells = (
                row.title,
                f"`{pairs.first.shown}`",
                _duration(ours),
                f"`{pairs.second.shown}`",
                _duration(theirs),
                f"{pairs.ratio():.2f} ({low:.2f} to {high:.2f})",
                str(len(pairs.samples)),
            )
            lines.append(f"| {' | '.join(cells)} |")
    named = ", ".join(f"{tool} {version}" for tool, version in versions.items())
    lines += ["", f"{machine}. {named}. Whole processes, wall time; A B A B after one discarded run of each."]
    return "\n".join(lines) + "\n"


def samples(rows: Sequence[Measured], versions: Mapping[str, str], machine: str) -> str:
    """Return every sample as JSON."""
    measured = [
        {
            "row": row.name,
            "first": pairs.first.name,
            "second": pairs.second.name,
            "samples": [[asdict(one), asdict(two)] for one, two in pairs.samples],
        }
        for row in rows
        for pairs in row.pairs
    ]
    return json.dumps({"machine": machine, "versions": dict(versions), "measured": measured}, indent=1) + "\n"


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
