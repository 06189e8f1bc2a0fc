import errno
from collections.abc import Callable, Mapping
from itertools import permutations

import pytest

from fakes import plans
from fakes.clock import FakeClock
from hermes.errors import (
    DriftError,
    HermesError,
    InstallationError,
    Interrupted,
    LockError,
    ProvisionError,
    Terminated,
    UsageError,
)
from hermes.model.event import Event, JobFinished, RunFinished, RunStarted, Status
from hermes.model.plan import Job, Plan, Skip
from hermes.runner import execute
from hermes.runner.execute import Outcome

PASSED = Outcome(status=Status.PASSED, seconds=2.0)
FAILED = Outcome(status=Status.FAILED, reason="pytest: exit status 1", exit_status=1, seconds=2.0)
LINT, UNIT, INTEGRATION = plans.job("lint"), plans.job("unit"), plans.job("integration")


class Run:
    """A plan carried out by jobs that end as they are told, each in two seconds."""

    def __init__(self, plan: Plan, ends: Mapping[str, Outcome | Exception]) -> None:
        self.events: list[Event] = []
        self.started: list[str] = []
        self._clock = FakeClock(now=1000.0)
        self._ends = ends
        self.status = execute.execute(plan, run_job=self._run_job, emit=self.events.append, clock=self._clock)

    def _run_job(self, job: Job) -> Outcome:
        self.started.append(job.id)
        self._clock.advance(2.0)
        end = self._ends.get(job.id, PASSED)
        if isinstance(end, Exception):
            raise end
        return end

    @property
    def jobs(self) -> dict[str, tuple[Status, str]]:
        return {event.job: (event.status, event.reason) for event in self.events if isinstance(event, JobFinished)}


def test_all_that_is_said_of_a_run() -> None:
    left_out = Skip(id="unit-3.10", session="unit", python="3.10", reason="no Python was found for '3.10'")
    failing = plans.job("unit", allow_failure=True)
    run = Run(plans.plan(LINT, failing, skipped=(left_out,)), {"unit-3.12": FAILED})
    assert run.status == 0
    assert run.events == [
        RunStarted(jobs=("lint-3.12", "unit-3.12"), time=1000.0),
        plans.ended("unit-3.10", Status.SKIPPED, "no Python was found for '3.10'", seconds=0.0),
        plans.ended("lint-3.12", seconds=2.0),
        plans.ended("unit-3.12", Status.FAILED, "pytest: exit status 1", allowed=True, exit_status=1, seconds=2.0),
        RunFinished(exit_status=0, seconds=4.0),
    ]


def test_a_failure_skips_later_layers_and_nothing_else() -> None:
    run = Run(plans.plan(LINT, UNIT, INTEGRATION, plans.job("docs")), {"unit-3.12": FAILED})
    assert run.status == 1
    assert run.started == ["lint-3.12", "unit-3.12", "docs-3.12"]
    assert run.jobs["integration-3.12"] == (Status.SKIPPED, "layer unit did not pass: unit-3.12 failed")


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (InstallationError("six could not be fetched", hint="try again"), 5, "six could not be fetched\ntry again"),
        (ProvisionError("no environment"), 5, "no environment"),
        (LockError("six is locked twice"), 3, "six is locked twice"),
        (UsageError("git is no program"), 2, "git is no program"),
        (HermesError("cannot run pytest"), 1, "cannot run pytest"),
    ],
)
def test_an_error_of_one_environment_lets_the_others_go_on(error: HermesError, status: int, reason: str) -> None:
    run = Run(plans.plan(LINT, UNIT), {"lint-3.12": error})
    assert run.status == status
    assert run.jobs == {"lint-3.12": (Status.ERROR, reason), "unit-3.12": (Status.PASSED, "")}


def test_drift_stops_the_run() -> None:
    run = Run(plans.plan(LINT, UNIT, INTEGRATION), {"lint-3.12": DriftError("six==1 was changed", hint="rebuild")})
    assert run.status == 4
    assert run.started == ["lint-3.12"]
    assert run.jobs == {
        "lint-3.12": (Status.DRIFTED, "six==1 was changed\nrebuild"),
        "unit-3.12": (Status.SKIPPED, "an environment of lint-3.12 drifted"),
        "integration-3.12": (Status.SKIPPED, "an environment of lint-3.12 drifted"),
    }


@pytest.mark.parametrize(("error", "status"), [(Interrupted("stopped"), 130), (Terminated("stopped"), 143)])
def test_a_request_to_stop_stops_the_run_and_says_how_each_job_stands(error: HermesError, status: int) -> None:
    run = Run(plans.plan(LINT, UNIT), {"lint-3.12": error})
    assert run.status == status
    assert run.started == ["lint-3.12"]
    assert run.jobs == {
        "lint-3.12": (Status.INTERRUPTED, "stopped"),
        "unit-3.12": (Status.SKIPPED, "the run was interrupted"),
    }


def test_what_the_system_refuses_is_an_error_of_one_environment() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/store/tree")
    run = Run(plans.plan(LINT, UNIT), {"lint-3.12": full})
    assert run.status == 5
    status, reason = run.jobs["lint-3.12"]
    assert status is Status.ERROR
    assert reason.startswith("No space left on device: /store/tree\nmake space there")
    assert run.jobs["unit-3.12"] == (Status.PASSED, "")
    with pytest.raises(FileNotFoundError):
        Run(plans.plan(LINT), {"lint-3.12": FileNotFoundError(errno.ENOENT, "No such file")})


def test_a_bug_is_not_taken_for_a_failure() -> None:
    with pytest.raises(ZeroDivisionError):
        Run(plans.plan(LINT), {"lint-3.12": ZeroDivisionError()})


@pytest.mark.parametrize(
    "plan",
    [
        plans.plan(),
        plans.plan(skipped=(Skip(id="unit-3.10", session="unit", python="3.10", reason="only on macos"),)),
    ],
    ids=["nothing was selected", "everything was skipped"],
)
def test_nothing_ran_is_no_success(plan: Plan) -> None:
    run = Run(plan, {})
    assert run.status == 6
    assert run.events[-1] == RunFinished(exit_status=6, seconds=0.0)


OUTCOMES: Mapping[int, Outcome] = {
    130: Outcome(status=Status.INTERRUPTED, exit_status=130),
    143: Outcome(status=Status.INTERRUPTED, exit_status=143),
    4: Outcome(status=Status.DRIFTED, exit_status=4),
    5: Outcome(status=Status.ERROR, exit_status=5),
    3: Outcome(status=Status.ERROR, exit_status=3),
    2: Outcome(status=Status.ERROR, exit_status=2),
    1: FAILED,
    0: PASSED,
}
SKIPPED = Outcome(status=Status.SKIPPED, reason="layer unit did not pass")


def exit_status(*outcomes: Outcome, allowed: Callable[[Outcome], bool] = lambda _: False) -> int:
    return execute.exit_status((outcome, allowed(outcome)) for outcome in outcomes)


@pytest.mark.parametrize(("first", "second"), list(permutations(OUTCOMES, 2)))
def test_of_two_statuses_one_goes_first_whatever_came_first(first: int, second: int) -> None:
    order = list(OUTCOMES)
    assert exit_status(OUTCOMES[first], SKIPPED, OUTCOMES[second]) == min(first, second, key=order.index)


def test_skipped_jobs_beside_one_that_ran_count_for_nothing() -> None:
    assert exit_status(SKIPPED, PASSED, SKIPPED) == 0
    assert exit_status(SKIPPED, SKIPPED) == 6


def test_only_a_failure_can_be_allowed() -> None:
    every = [(status, exit_status(outcome, allowed=lambda _: True)) for status, outcome in OUTCOMES.items()]
    assert every == [(130, 130), (143, 143), (4, 4), (5, 5), (3, 3), (2, 2), (1, 0), (0, 0)]


def test_an_allowed_failure_does_not_hide_another_one() -> None:
    assert exit_status(FAILED, PASSED, allowed=lambda outcome: outcome is FAILED) == 0
    other = Outcome(status=Status.FAILED, exit_status=1)
    assert exit_status(FAILED, other, allowed=lambda outcome: outcome is FAILED) == 1
