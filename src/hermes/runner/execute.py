"""A plan carried out: one job after another, and everything that happens said as events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hermes.errors import DriftError, HermesError, Interrupted, Terminated
from hermes.model.event import Event, JobFinished, RunFinished, RunStarted, Status
from hermes.model.plan import Job, Plan, Skip
from hermes.runner import scheduler
from hermes.system import refusals
from hermes.system.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended: its status, why, and in how many seconds."""

    status: Status
    reason: str = ""
    exit_status: int = 0
    seconds: float = 0.0


def execute(plan: Plan, *, run_job: Callable[[Job], Outcome], emit: Callable[[Event], None], clock: Clock) -> int:
    """Run every job of a plan, in order, and return the exit status of the run."""
    began = clock.monotonic()
    emit(RunStarted(jobs=tuple(job.id for job in plan.jobs), time=clock.now()))
    ended: list[tuple[Outcome, bool]] = []
    for skip in plan.skipped:
        ended.append((Outcome(status=Status.SKIPPED, reason=skip.reason), False))
        emit(_left_out(skip))
    schedule = scheduler.start(plan)
    while (step := scheduler.ready(schedule)) is not None:
        if isinstance(step, scheduler.Blocked):
            job, outcome = step.job, Outcome(status=Status.SKIPPED, reason=step.reason)
        else:
            job, outcome = step, _attempt(step, run_job)
        schedule = scheduler.finished(schedule, job, outcome.status)
        if outcome.status is Status.DRIFTED:
            schedule = scheduler.stop(schedule, f"an environment of {job.id} drifted")
        elif outcome.status is Status.INTERRUPTED:
            schedule = scheduler.stop(schedule, "the run was interrupted")
        ended.append((outcome, job.session.allow_failure))
        emit(_finished(job, outcome))
    status = exit_status(ended)
    emit(RunFinished(exit_status=status, seconds=clock.monotonic() - began))
    return status


def exit_status(outcomes: Iterable[tuple[Outcome, bool]]) -> int:
    """Return the exit status of a run: of several, the first of 130/143, 4, 5, 3, 2, 1, 6.

    Each outcome comes with whether its failure is allowed. Nothing but skipped jobs is 6.
    """
    seen = set()
    ran = False
    for outcome, allowed in outcomes:
        ran = ran or outcome.status is not Status.SKIPPED
        if outcome.status is Status.FAILED and allowed:
            continue
        if outcome.exit_status:
            seen.add(outcome.exit_status)
    if not ran:
        return 6
    return next((status for status in (130, 143, 4, 5, 3, 2, 1) if status in seen), 0)


def _attempt(job: Job, run_job: Callable[[Job], Outcome]) -> Outcome:
    try:
        return run_job(job)
    except Interrupted as error:
        status = Terminated.exit_status if isinstance(error, Terminated) else Interrupted.exit_status
        return Outcome(status=Status.INTERRUPTED, reason=error.message, exit_status=status)
    except DriftError as error:
        return Outcome(status=Status.DRIFTED, reason=_with_hint(error), exit_status=error.exit_status)
    except HermesError as error:
        return Outcome(status=Status.ERROR, reason=_with_hint(error), exit_status=error.exit_status)
    except OSError as error:
        refused = refusals.as_error(error)
        if refused is None:
            raise
        return Outcome(status=Status.ERROR, reason=_with_hint(refused), exit_status=refused.exit_status)


def _with_hint(error: HermesError) -> str:
    return f"{error.message}\n{error.hint}" if error.hint else error.message


def _left_out(skip: Skip) -> JobFinished:
    return JobFinished(
        job=skip.id,
        session=skip.session,
        python=skip.python,
        status=Status.SKIPPED,
        reason=skip.reason,
        allowed=False,
        exit_status=0,
        seconds=0.0,
    )


def _finished(job: Job, outcome: Outcome) -> JobFinished:
    return JobFinished(
        job=job.id,
        session=job.session.name,
        python=job.python,
        status=outcome.status,
        reason=outcome.reason,
        allowed=job.session.allow_failure,
        exit_status=outcome.exit_status,
        seconds=outcome.seconds,
    )
