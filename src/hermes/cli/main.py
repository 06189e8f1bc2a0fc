"""From the command line to an exit status, and the one place that catches errors."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from hermes.cli import arguments
from hermes.cli.app import App, Options
from hermes.errors import HermesError, UsageError
from hermes.system import refusals, signals, terminal

BUG = 70
"""Exit status of a bug of hermes (sysexits.h's EX_SOFTWARE), so that it is never taken for a session that failed."""

BROKEN_PIPE = 141
"""Exit status when nobody reads the output any more: what a shell says of a program that SIGPIPE ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run hermes and return its exit status."""
    _prepare_streams()
    try:
        with signals.raising():
            return _run(list(sys.argv[1:] if argv is None else argv))
    except HermesError as error:
        return _say(error)
    except KeyboardInterrupt:
        sys.stderr.write("\nhermes: interrupted\n")
        return 130
    except BrokenPipeError:
        # Python flushes standard output once more when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the one place where a bug ends
        refused = refusals.as_error(error) if isinstance(error, OSError) else None
        if refused is not None:
            return _say(refused)
        traceback.print_exc()
        sys.stderr.write(
            f"hermes: this is a bug in hermes {version('hermes-runner')}; please report it with the text above\n"
        )
        return BUG


def _run(words: list[str]) -> int:
    words, posargs = arguments.split(words)
    parsed = arguments.parse(words)
    if parsed.verb is None:
        sys.stderr.write(arguments.parser([]).format_help())
        return UsageError.exit_status
    options = Options(
        directory=parsed.directory,
        offline=parsed.offline,
        locked=parsed.locked,
        json=parsed.json,
        quiet=parsed.quiet,
        verbose=parsed.verbose,
        color=parsed.color,
        posargs=posargs,
    )
    status: int = import_module(f"hermes.cli.commands.{parsed.verb}").run(App(options), parsed)
    return status


def _prepare_streams() -> None:
    """Give standard streams that were closed to the null device, and let no encoding refuse a character."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Python leaves None; the next file that is opened would get the descriptor, and children would write to it.
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif name != "stdin":
            terminal.tolerate(stream)


def _say(error: HermesError) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"hermes: error: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"hermes: hint: {error.hint}\n")
    return error.exit_status
