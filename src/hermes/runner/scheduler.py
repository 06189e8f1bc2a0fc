"""Which job may start next, and what the end of one means for the others: a state machine without a clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hermes.model.event import Status
from hermes.model.plan import Job, Plan

_OPENS_A_GATE = frozenset({Status.PASSED, Status.CACHED, Status.FLAKY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A job that will not be started, and why."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The state of a run: jobs that have not ended, and how the others did."""

    waiting: tuple[Job, ...]
    layers: tuple[str, ...]
    ended: Mapping[str, Status] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    stopped: str | None = None


def start(plan: Plan) -> Schedule:
    """Return the state before the first job.

    What the plan itself leaves out (`only-on`, a missing interpreter that the user allowed) closes no gate: it was
    never part of this run.
    """
    return Schedule(waiting=plan.jobs, layers=plan.layers)


def ready(schedule: Schedule) -> Job | Blocked | None:
    """Return the next job to start, or the next that cannot be, or None where every job has ended."""
    if not schedule.waiting:
        return None
    job = schedule.waiting[0]
    reason = schedule.stopped or _closed_gate(schedule, job)
    return Blocked(job=job, reason=reason) if reason else job


def finished(schedule: Schedule, job: Job, status: Status) -> Schedule:
    """Return the state after a job has ended (or was blocked, which is `skipped`)."""
    closed = dict(schedule.closed)
    layer = job.session.layer
    if layer and status not in _OPENS_A_GATE and not job.session.allow_failure:
        closed.setdefault(layer, f"{job.id} {status.value}")
    return replace(
        schedule,
        waiting=tuple(other for other in schedule.waiting if other.id != job.id),
        ended={**schedule.ended, job.id: status},
        closed=closed,
    )


def stop(schedule: Schedule, reason: str) -> Schedule:
    """Return the state in which no further job starts."""
    return replace(schedule, stopped=reason)


def _closed_gate(schedule: Schedule, job: Job) -> str | None:
    if job.session.layer is None:
        return None
    for layer in schedule.layers[: schedule.layers.index(job.session.layer)]:
        if layer in schedule.closed:
            return f"layer {layer} did not pass: {schedule.closed[layer]}"
    return None
