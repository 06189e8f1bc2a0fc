import json
from typing import Any

import pytest

from fakes import plans
from hermes.model.event import BytecodeRemoved, Event, JobStarted, RunFinished, RunStarted, Status, Waiting
from hermes.model.record import RunRecord
from hermes.report import run
from hermes.report.style import Style

PLAIN = Style()
PAINTED = Style(color=True)
LONG = ("python", "-c", "import this; " * 10)
HOME = (
    "hermes: HOME was private and only declared variables and programs were there (isolation env); "
    'see `isolation` in docs/concepts.md, or compare with `isolation = "none"`'
)

LINES: dict[str, tuple[Event, str | None, str | None]] = {
    "built": (plans.ready(), "hermes: environment test on 3.12 built in 1.50 s, unrecorded", "2"),
    "built as recorded": (
        plans.ready(record="matches"),
        "hermes: environment test on 3.12 built in 1.50 s, as recorded",
        "2",
    ),
    "built from nothing": (
        plans.ready(".build", layer="build", record="none", seconds=12.4),
        "hermes: build .build on 3.12 built in 12 s",
        "2",
    ),
    "an overlay": (
        plans.ready(layer="overlay", record="none", seconds=240.0),
        "hermes: overlay test on 3.12 built in 4 min",
        "2",
    ),
    "reused": (plans.ready(how="reused"), None, None),
    "a job": (
        JobStarted(job="unit-3.12", time=0.0),
        "── unit-3.12 ─────────────────────────────────────────────────────────────────",
        "1",
    ),
    "waiting": (
        Waiting(job="unit-3.12", reason="process 7 is running unit-3.12"),
        "hermes: unit-3.12: process 7 is running unit-3.12",
        "33",
    ),
    "bytecode": (
        BytecodeRemoved(job="unit-3.12", paths=("a/__pycache__", "b/__pycache__")),
        "hermes: unit-3.12: bytecode was in the environment, now removed: a/__pycache__, b/__pycache__",
        "33",
    ),
    "a command": (plans.ran("unit-3.12", "pytest"), None, None),
    "a command that failed": (plans.ran("unit-3.12", "pytest", status=1), None, None),
    "a command that may fail, and did not": (plans.ran("unit-3.12", "mypy", ignored=True), None, None),
    "a failure that is ignored": (
        plans.ran("unit-3.12", "mypy", "--strict", status=2, ignored=True),
        "hermes: mypy --strict: exit status 2, ignored",
        "33",
    ),
    "a long command": (
        plans.ran("unit-3.12", *LONG, status=-9, ignored=True),
        "hermes: python -c import this; import this; import this; import thi…: killed by signal 9, ignored",
        "33",
    ),
    "a job that passed": (plans.ended("unit-3.12"), None, None),
    "a job that failed": (plans.ended("unit-3.12", Status.FAILED, "pytest: exit status 1"), None, None),
    "an error": (
        plans.ended("unit-3.12", Status.ERROR, "six could not be fetched\ntry again"),
        "hermes: unit-3.12: six could not be fetched\ntry again",
        "31",
    ),
    "drift": (
        plans.ended("unit-3.12", Status.DRIFTED, "six==1:\n  six.py was changed"),
        "hermes: unit-3.12: six==1:\n  six.py was changed",
        "31",
    ),
    "a run": (RunStarted(jobs=("lint-3.12",), time=0.0), None, None),
    "the end": (RunFinished(exit_status=0, seconds=1.0), None, None),
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_said_when_something_happens(name: str) -> None:
    event, text, code = LINES[name]
    assert run.line(event, PLAIN) == text
    assert run.line(event, PAINTED) == (None if text is None else f"\x1b[{code}m{text}\x1b[0m")


def test_more_is_said_to_who_asks_for_it() -> None:
    assert run.line(plans.ready(how="reused"), PLAIN, verbose=True) == (
        "hermes: environment test on 3.12 reused in 1.50 s, unrecorded"
    )
    started = RunStarted(jobs=("lint-3.12", "unit-3.12"), time=0.0)
    assert run.line(started, PLAIN, verbose=True) == "hermes: 2 jobs: lint-3.12, unit-3.12"


@pytest.mark.parametrize(("width", "length"), [(40, 40), (78, 78), (200, 78), (5, 13)])
def test_a_jobs_title_fits_the_terminal(width: int, length: int) -> None:
    title = run.line(JobStarted(job="unit-3.12", time=0.0), Style(width=width))
    assert title is not None
    assert title.startswith("── unit-3.12 ")
    assert len(title) == length


RECORD = RunRecord(
    started=1000.0,
    jobs=(
        plans.ended("unit-3.10", Status.SKIPPED, "no Python was found for '3.10'", seconds=0.0),
        plans.ended("lint-3.12", seconds=0.031),
        plans.ended("types-3.12", Status.CACHED, seconds=0.0),
        plans.ended("beta-3.13t", Status.FAILED, "pytest: exit status 1", allowed=True, exit_status=1, seconds=61.0),
        plans.ended("unit-3.12", Status.FAILED, "pytest -q: exit status 2", exit_status=1, seconds=301.0),
        plans.ended("docs-3.12", Status.ERROR, "six could not be fetched\ntry again", allowed=True, exit_status=5),
        plans.ended("net-3.12", Status.FLAKY, "passed at the 2nd attempt", seconds=9.949),
        plans.ended("integration-3.12", Status.SKIPPED, "layer unit did not pass: unit-3.12 failed", seconds=0.0),
    ),
    commands=(
        plans.ran("lint-3.12", "ruff", "check"),
        plans.ran("unit-3.12", "pytest", "-q", status=2, seconds=1.23456789),
        plans.ran("lint-3.12", "mypy", status=1, ignored=True),
    ),
    environments=(plans.ready(seconds=0.1234567), plans.ready(layer="overlay", how="reused", record="none")),
    exit_status=5,
    seconds=372.1234567,
)
SUMMARY = """
  unit-3.10         skipped               no Python was found for '3.10'
  lint-3.12         passed        0.03 s
  types-3.12        cached
  beta-3.13t        failed          61 s  pytest: exit status 1 (allowed)
  unit-3.12         failed         5 min  pytest -q: exit status 2
  docs-3.12         error         0.50 s  six could not be fetched
  net-3.12          flaky         9.95 s  passed at the 2nd attempt
  integration-3.12  skipped               layer unit did not pass: unit-3.12 failed
hermes: 3 passed, 2 failed (1 allowed), 1 with errors, 2 skipped"""


def test_the_summary() -> None:
    assert run.summary(RECORD, PLAIN) == SUMMARY


def test_a_failure_says_that_home_was_private() -> None:
    lines = SUMMARY.splitlines()
    assert run.summary(RECORD, PLAIN, private_home=True).splitlines() == [*lines[:-1], HOME, lines[-1]]


@pytest.mark.parametrize("status", [Status.PASSED, Status.SKIPPED, Status.ERROR, Status.DRIFTED])
def test_home_is_no_matter_where_no_test_failed(status: Status) -> None:
    record = RunRecord(started=0.0, jobs=(plans.ended("unit-3.12", status),))
    assert HOME not in run.summary(record, PLAIN, private_home=True)


def test_the_summary_in_colours() -> None:
    jobs = [plans.ended(f"a-{number}", status, seconds=0.0) for number, status in enumerate(Status)]
    assert run.summary(RunRecord(started=0.0, jobs=tuple(jobs)), PAINTED).splitlines() == [
        "",
        "  a-0  \x1b[32mpassed     \x1b[0m",
        "  a-1  \x1b[31mfailed     \x1b[0m",
        "  a-2  \x1b[33mflaky      \x1b[0m",
        "  a-3  \x1b[32mcached     \x1b[0m",
        "  a-4  \x1b[33mskipped    \x1b[0m",
        "  a-5  \x1b[31mdrifted    \x1b[0m",
        "  a-6  \x1b[31merror      \x1b[0m",
        "  a-7  \x1b[31minterrupted\x1b[0m",
        "hermes: 3 passed, 1 failed, 1 drifted, 1 with errors, 1 interrupted, 1 skipped",
    ]


def test_the_summary_of_a_run_in_which_there_was_nothing_to_do() -> None:
    assert run.summary(RunRecord(started=0.0), PLAIN) == "\nhermes: 0 passed, 0 failed"


def test_a_long_command_is_cut_and_how_it_ended_is_not() -> None:
    reason = run.why(plans.ran("unit-3.12", *LONG, status=3))
    assert reason == f"python -c {' '.join(['import this;'] * 10)}: exit status 3"
    job = plans.ended("unit-3.12", Status.FAILED, reason)
    text = run.summary(RunRecord(started=0.0, jobs=(job,)), PLAIN)
    assert "  python -c import this; import this; import this; import thi…: exit status 3\n" in text


def test_a_command_of_many_lines_is_said_in_one() -> None:
    finished = plans.ran("unit-3.12", "sh", "-c", "set -e\nmake  all\n", status=-15)
    assert run.why(finished) == "sh -c set -e make all: killed by signal 15"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00 s"),
        (0.004, "0.00 s"),
        (9.9, "9.90 s"),
        (9.96, "10 s"),
        (119.4, "119 s"),
        (120.0, "2 min"),
        (5400.0, "90 min"),
    ],
)
def test_durations(value: float, text: str) -> None:
    assert run.seconds(value) == text


def test_the_whole_record_as_json() -> None:
    def job(name: str, status: str, reason: str = "", **more: Any) -> dict[str, Any]:
        session, _, python = name.rpartition("-")
        plain = {"job": name, "session": session, "python": python, "status": status, "reason": reason}
        return plain | {"allowed": False, "seconds": 0.5, "commands": []} | more

    printed = json.loads(json.dumps(run.as_json(RECORD)))
    assert printed == {
        "format": "hermes-run-1",
        "exit_status": 5,
        "started": 1000.0,
        "seconds": 372.123457,
        "jobs": [
            job("unit-3.10", "skipped", "no Python was found for '3.10'", seconds=0.0),
            job(
                "lint-3.12",
                "passed",
                seconds=0.031,
                commands=[
                    {"argv": ["ruff", "check"], "status": 0, "seconds": 0.25},
                    {"argv": ["mypy"], "status": 1, "seconds": 0.25},
                ],
            ),
            job("types-3.12", "cached", seconds=0.0),
            job("beta-3.13t", "failed", "pytest: exit status 1", allowed=True, seconds=61.0),
            job(
                "unit-3.12",
                "failed",
                "pytest -q: exit status 2",
                seconds=301.0,
                commands=[{"argv": ["pytest", "-q"], "status": 2, "seconds": 1.234568}],
            ),
            job("docs-3.12", "error", "six could not be fetched\ntry again", allowed=True),
            job("net-3.12", "flaky", "passed at the 2nd attempt", seconds=9.949),
            job("integration-3.12", "skipped", "layer unit did not pass: unit-3.12 failed", seconds=0.0),
        ],
        "environments": [
            {
                "environment": "test",
                "python": "3.12",
                "layer": "environment",
                "how": "built",
                "key": "k" * 64,
                "record": "unrecorded",
                "seconds": 0.123457,
            },
            {
                "environment": "test",
                "python": "3.12",
                "layer": "overlay",
                "how": "reused",
                "key": "k" * 64,
                "record": "none",
                "seconds": 1.5,
            },
        ],
    }
