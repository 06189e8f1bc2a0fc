"""The command `tally`."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tally.count import most_frequent
from tally.table import table


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of the words in a file (or standard input) and return the exit status."""
    parser = argparse.ArgumentParser(prog="tally", description="Count the words of a text.")
    parser.add_argument("file", nargs="?", type=Path, help="the text, in UTF-8 (default: standard input)")
    parser.add_argument("--most", type=int, metavar="N", help="only the N most frequent words")
    parser.add_argument("--version", action="version", version=f"tally {version('tally')}")
    options = parser.parse_args(arguments)
    try:
        text = sys.stdin.read() if options.file is None else options.file.read_text(encoding="utf-8")
    except OSError as error:
        print(f"tally: {options.file}: {error.strerror}", file=sys.stderr)
        return 1
    print(table(most_frequent(text, options.most)))
    return 0
