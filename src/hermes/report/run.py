"""A run as a person reads it: a line per event while it goes on, and the summary at its end."""

from collections import Counter

from hermes.model.event import (
    BytecodeRemoved,
    CommandFinished,
    EnvironmentReady,
    Event,
    JobFinished,
    JobStarted,
    RunStarted,
    Status,
    Waiting,
)
from hermes.model.record import RunRecord
from hermes.report.style import Style

_COLORS = {
    Status.PASSED: "green",
    Status.CACHED: "green",
    Status.FLAKY: "yellow",
    Status.SKIPPED: "yellow",
    Status.FAILED: "red",
    Status.DRIFTED: "red",
    Status.ERROR: "red",
    Status.INTERRUPTED: "red",
}

_SAID_AT_ONCE = frozenset({Status.DRIFTED, Status.ERROR})
"""How a job ends without output of its own: the whole reason is said when it happens, its first line in the summary."""

_PRECISE = 9.95
"""Seconds below which hundredths are shown."""

_MINUTES = 120.0
"""Seconds from which minutes are shown."""


def line(event: Event, style: Style, *, verbose: bool = False) -> str | None:
    """Return what a console says when something happens, or None where it says nothing."""
    said: tuple[str, str] | None = None
    match event:
        case EnvironmentReady() if event.how == "built" or verbose:
            record = {"matches": ", as recorded", "unrecorded": ", unrecorded", "none": ""}[event.record]
            what = f"{event.layer} {event.environment} on {event.python}"
            said = "dim", f"hermes: {what} {event.how} in {seconds(event.seconds)}{record}"
        case Waiting():
            said = "yellow", f"hermes: {event.job}: {event.reason}"
        case JobStarted():
            said = "bold", f"── {event.job} ".ljust(min(style.width, 78), "─")
        case CommandFinished() if event.ignored and event.status != 0:
            said = "yellow", f"hermes: {cut(why(event))}, ignored"
        case BytecodeRemoved():
            paths = ", ".join(event.paths)
            said = "yellow", f"hermes: {event.job}: bytecode was in the environment, now removed: {paths}"
        case JobFinished() if event.status in _SAID_AT_ONCE:
            said = "red", f"hermes: {event.job}: {event.reason}"
        case RunStarted() if verbose:
            said = "dim", f"hermes: {len(event.jobs)} jobs: {', '.join(event.jobs)}"
    return style.paint(*said) if said else None


def summary(record: RunRecord, style: Style, *, private_home: bool = False) -> str:
    """Return the end of a run: a line per job, what a failure may be due to, and the counts on the last line."""
    width = max((len(job.job) for job in record.jobs), default=0)
    lines = [""]
    for job in record.jobs:
        status = style.paint(_COLORS[job.status], job.status.value.ljust(11))
        time = seconds(job.seconds).rjust(8) if job.seconds else " " * 8
        allowed = " (allowed)" if job.allowed and job.status is Status.FAILED else ""
        reason = cut(job.reason) if job.status is Status.FAILED else job.reason.partition("\n")[0].rstrip(":")
        lines.append(f"  {job.job.ljust(width)}  {status} {time}  {reason}{allowed}".rstrip())
    if private_home and any(job.status is Status.FAILED for job in record.jobs):
        lines.append(
            "hermes: HOME was private and only declared variables and programs were there (isolation env); "
            'see `isolation` in docs/concepts.md, or compare with `isolation = "none"`'
        )
    lines.append(counts(record))
    return "\n".join(lines)


def counts(record: RunRecord) -> str:
    """Return the last line of a run: how many jobs ended how."""
    by_status = Counter(job.status for job in record.jobs)
    passed = by_status[Status.PASSED] + by_status[Status.CACHED] + by_status[Status.FLAKY]
    allowed = sum(job.allowed and job.status is Status.FAILED for job in record.jobs)
    text = f"hermes: {passed} passed, {by_status[Status.FAILED]} failed" + (f" ({allowed} allowed)" if allowed else "")
    words = {Status.DRIFTED: "drifted", Status.ERROR: "with errors", Status.INTERRUPTED: "interrupted"}
    others = {**words, Status.SKIPPED: "skipped"}
    return ", ".join([text, *(f"{by_status[status]} {word}" for status, word in others.items() if by_status[status])])


def why(finished: CommandFinished) -> str:
    """Return why a job failed: its command, and how that ended."""
    return f"{command(finished.argv)}: {ending(finished.status)}"


def ending(status: int) -> str:
    """Return how a process ended, in words; a negative status is a signal's number."""
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def command(argv: tuple[str, ...]) -> str:
    """Return a command in one line, without the quotes that a shell would need."""
    return " ".join(" ".join(argv).split())


def cut(reason: str, limit: int = 60) -> str:
    """Return why a job failed with its command cut to a width, and how that ended in full."""
    text, colon, end = reason.rpartition(": ")
    return reason if len(text) <= limit else f"{text[: limit - 1]}…{colon}{end}"


def seconds(value: float) -> str:
    """Return a duration with as many digits as a person needs."""
    if value < _PRECISE:
        return f"{value:.2f} s"
    if value < _MINUTES:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min"


def as_json(record: RunRecord) -> dict[str, object]:
    """Return a run in the form that `--json` prints: versioned, keys never reused."""
    return {
        "format": "hermes-run-1",
        "exit_status": record.exit_status,
        "started": record.started,
        "seconds": round(record.seconds, 6),
        "jobs": [_job(job, record) for job in record.jobs],
        "environments": [
            {
                "environment": ready.environment,
                "python": ready.python,
                "layer": ready.layer,
                "how": ready.how,
                "key": ready.key,
                "record": ready.record,
                "seconds": round(ready.seconds, 6),
            }
            for ready in record.environments
        ],
    }


def _job(job: JobFinished, record: RunRecord) -> dict[str, object]:
    return {
        "job": job.job,
        "session": job.session,
        "python": job.python,
        "status": job.status.value,
        "reason": job.reason,
        "allowed": job.allowed,
        "seconds": round(job.seconds, 6),
        "commands": [
            {"argv": list(done.argv), "status": done.status, "seconds": round(done.seconds, 6)}
            for done in record.commands
            if done.job == job.job
        ],
    }
