import io
import sys

import pytest

from fakes.terminal import FakeTerminal
from hermes.system.terminal import Terminal, tolerate


@pytest.mark.parametrize(
    ("environ", "columns", "expected"),
    [
        ({}, 120, 120),
        ({}, 0, 80),
        ({"COLUMNS": "100"}, 120, 100),
        ({"COLUMNS": "0"}, 120, 120),
        ({"COLUMNS": "0"}, 0, 80),
        ({"COLUMNS": "-5"}, 0, 80),
        ({"COLUMNS": "wide"}, 90, 90),
        ({"COLUMNS": ""}, 90, 90),
    ],
)
def test_width(environ: dict[str, str], columns: int, expected: int) -> None:
    assert FakeTerminal(tty=True, columns=columns, environ=environ).width(sys.stdout) == expected


@pytest.mark.parametrize(
    ("environ", "tty", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm"}, True, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(environ: dict[str, str], tty: bool, expected: bool) -> None:
    assert FakeTerminal(tty=tty, environ=environ).colour(sys.stdout) is expected


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_the_option_wins(environ: dict[str, str]) -> None:
    terminal = FakeTerminal(tty=True, environ=environ)
    assert terminal.colour(sys.stdout, "always")
    assert not terminal.colour(sys.stdout, "never")


def test_a_closed_or_missing_stream_is_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, io.StringIO()):
        assert not Terminal(environ={}).is_tty(stream)
        assert Terminal(environ={}).width(stream) == 80


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("ascii", b"---- caf? | a\\b ...\xe8\xa9?\n"),
        ("latin-1", b"---- caf\xe9 | a\\b ...\xe8\xa9?\n"),
        ("utf-8", "──── café │ a\\b …".encode() + b"\xe8\xa9?\n"),
    ],
)
def test_a_stream_writes_what_its_encoding_does_not_have(encoding: str, written: bytes) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    tolerate(stream)
    stream.write("──── café │ a\\b …\udce8\udca9\ud800\n")
    stream.flush()
    assert stream.buffer.getvalue() == written


def test_a_stream_that_is_no_file_stays_as_it_is() -> None:
    for stream in (None, io.StringIO()):
        tolerate(stream)
