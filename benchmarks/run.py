"""hermes beside its peers, in one run on the same work: `python3 benchmarks/run.py` prints one table of ratios."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import projects
import table
import tools
from measure import StepError, alternate
from rows import ROWS, Row

CHECKOUT = Path(__file__).resolve().parents[1]
RESULTS = CHECKOUT / "benchmarks" / "results"


def main(words: Sequence[str] | None = None) -> int:
    """Install, write the projects, measure, print; return the exit status."""
    arguments = _parser().parse_args(words)
    found = tools.interpreters()
    if missing := [version for version in tools.VERSIONS if version not in found]:
        print(f"no CPython {', '.join(missing)} found: name them in {tools.INTERPRETERS}", file=sys.stderr)
        return 5
    installed = tools.Tools(work=arguments.work.resolve())
    output = arguments.output.resolve()
    versions = tools.install(installed, found, CHECKOUT)
    projects.write(installed)
    chosen = [row for row in ROWS if row.name in (arguments.rows or [row.name])]
    try:
        measured = [_measure(row, installed, pairs=arguments.pairs or row.pairs) for row in chosen]
    except StepError as error:
        print(error, file=sys.stderr)
        return 1
    machine = tools.described(found)
    text = table.markdown(measured, versions, machine)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    output.with_suffix(".json").write_text(table.samples(measured, versions, machine), encoding="utf-8")
    print(text)
    return 0


def _measure(row: Row, installed: tools.Tools, *, pairs: int) -> table.Measured:
    ours, *peers = row.contestants(installed)
    taken = []
    for peer in peers:
        print(f"{row.name}: {ours.name} and {peer.name}, {pairs} pairs", file=sys.stderr, flush=True)
        taken.append(alternate(ours, peer, pairs=pairs, log=installed.work / "log.txt"))
    return table.Measured(name=row.name, title=row.title, pairs=tuple(taken))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, metavar="N", help="pairs per peer (default: the row's own number)")
    parser.add_argument("--rows", nargs="+", choices=[row.name for row in ROWS], help="only these rows")
    parser.add_argument(
        "--output", type=Path, default=RESULTS / "table.md", help="Markdown; every sample as .json beside"
    )
    parser.add_argument(
        "--work", type=Path, default=RESULTS / "work", help="tools, projects and caches, kept between runs"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
