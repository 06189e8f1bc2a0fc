from collections.abc import Mapping

import pytest

from fakes import plans
from hermes.model.event import Status
from hermes.model.plan import Job, Plan, Skip
from hermes.runner import scheduler
from hermes.runner.scheduler import Blocked, Schedule

LINT = plans.job("lint")
UNIT = plans.job("unit")
ALLOWED = plans.job("unit-beta", layer="unit", allow_failure=True)
INTEGRATION = plans.job("integration")
SMOKE = plans.job("smoke")


def played(plan: Plan, ends: Mapping[str, Status]) -> dict[str, str]:
    """Run a plan in which every job passes unless it is said to end otherwise; give what became of each, in order."""
    schedule = scheduler.start(plan)
    story = {}
    while (step := scheduler.ready(schedule)) is not None:
        job = step.job if isinstance(step, Blocked) else step
        status = Status.SKIPPED if isinstance(step, Blocked) else ends.get(job.id, Status.PASSED)
        story[job.id] = step.reason if isinstance(step, Blocked) else status.value
        schedule = scheduler.finished(schedule, job, status)
    assert set(schedule.ended) == {job.id for job in plan.jobs}
    return story


def test_jobs_run_in_the_order_of_the_plan() -> None:
    assert played(plans.plan(LINT, UNIT, INTEGRATION, SMOKE), {}) == {
        "lint-3.12": "passed",
        "unit-3.12": "passed",
        "integration-3.12": "passed",
        "smoke-3.12": "passed",
    }


def test_an_empty_plan_is_over() -> None:
    assert scheduler.ready(scheduler.start(plans.plan())) is None


@pytest.mark.parametrize("status", [Status.PASSED, Status.CACHED, Status.FLAKY])
def test_what_opens_a_gate(status: Status) -> None:
    assert played(plans.plan(UNIT, INTEGRATION), {"unit-3.12": status})["integration-3.12"] == "passed"


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR, Status.SKIPPED, Status.DRIFTED, Status.INTERRUPTED])
def test_what_closes_a_gate(status: Status) -> None:
    story = played(plans.plan(UNIT, INTEGRATION), {"unit-3.12": status})
    assert story["integration-3.12"] == f"layer unit did not pass: unit-3.12 {status}"


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR])
def test_an_allowed_failure_closes_no_gate(status: Status) -> None:
    assert played(plans.plan(ALLOWED, INTEGRATION), {ALLOWED.id: status})["integration-3.12"] == "passed"


def test_a_closed_gate_holds_for_every_later_layer_and_names_the_first_reason() -> None:
    story = played(plans.plan(UNIT, INTEGRATION, SMOKE), {"unit-3.12": Status.FAILED})
    assert list(story.values()) == ["failed", *["layer unit did not pass: unit-3.12 failed"] * 2]


def test_the_other_jobs_of_the_layer_run_and_the_first_that_failed_is_named() -> None:
    older = plans.job("unit", "3.11")
    ends = {older.id: Status.FAILED, UNIT.id: Status.ERROR}
    assert played(plans.plan(older, UNIT, INTEGRATION), ends) == {
        "unit-3.11": "failed",
        "unit-3.12": "error",
        "integration-3.12": "layer unit did not pass: unit-3.11 failed",
    }


def test_a_job_without_a_layer_closes_nothing_and_waits_for_nothing() -> None:
    plan = plans.plan(LINT, UNIT, plans.job("docs"))
    assert played(plan, {"lint-3.12": Status.FAILED, "unit-3.12": Status.FAILED})["docs-3.12"] == "passed"
    assert played(plan, {"lint-3.12": Status.FAILED})["unit-3.12"] == "passed"


def test_an_earlier_layer_is_not_closed_by_a_later_one() -> None:
    assert played(plans.plan(INTEGRATION, UNIT), {"integration-3.12": Status.FAILED})["unit-3.12"] == "passed"


def test_layers_are_ordered_as_the_project_has_them() -> None:
    story = played(plans.plan(SMOKE, UNIT, layers=("smoke", "unit")), {"smoke-3.12": Status.FAILED})
    assert story["unit-3.12"] == "layer smoke did not pass: smoke-3.12 failed"


@pytest.mark.parametrize("reason", ["only on macos; this is linux", "no Python was found for '3.10'"])
def test_what_the_plan_leaves_out_closes_no_gate(reason: str) -> None:
    left_out = Skip(id="unit-3.10", session="unit", python="3.10", reason=reason)
    assert played(plans.plan(INTEGRATION, skipped=(left_out,)), {}) == {"integration-3.12": "passed"}


def test_after_a_stop_nothing_starts_whatever_its_layer() -> None:
    def reason(schedule: Schedule, job: Job) -> str:
        step = scheduler.ready(schedule)
        assert isinstance(step, Blocked)
        assert step.job == job
        return step.reason

    schedule = scheduler.finished(scheduler.start(plans.plan(UNIT, LINT, SMOKE)), UNIT, Status.FAILED)
    schedule = scheduler.stop(schedule, "the run was interrupted")
    assert reason(schedule, LINT) == "the run was interrupted"
    schedule = scheduler.finished(schedule, LINT, Status.SKIPPED)
    assert reason(schedule, SMOKE) == "the run was interrupted"
