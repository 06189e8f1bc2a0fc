from fakes import plans
from hermes import history
from hermes.model.event import Event, JobStarted, RunFinished, RunStarted, Status
from hermes.model.record import RunRecord

EVENTS: list[Event] = [
    RunStarted(jobs=("lint-3.12", "unit-3.12"), time=1000.0),
    plans.ended("unit-3.10", Status.SKIPPED, "no Python was found"),
    plans.ready("lint"),
    JobStarted(job="lint-3.12", time=1001.0),
    plans.ran("lint-3.12", "ruff", "check"),
    plans.ran("lint-3.12", "ruff", "format", status=1, ignored=True),
    plans.ended("lint-3.12"),
    plans.ready("test", how="reused"),
    JobStarted(job="unit-3.12", time=1002.0),
    plans.ran("unit-3.12", "pytest", status=2),
    plans.ended("unit-3.12", Status.FAILED, "pytest: exit status 2", exit_status=1),
    RunFinished(exit_status=1, seconds=3.5),
]


def test_a_record_is_all_that_was_said_in_the_order_in_which_it_was_said() -> None:
    assert history.record_of(EVENTS) == RunRecord(
        started=1000.0,
        jobs=(
            plans.ended("unit-3.10", Status.SKIPPED, "no Python was found"),
            plans.ended("lint-3.12"),
            plans.ended("unit-3.12", Status.FAILED, "pytest: exit status 2", exit_status=1),
        ),
        commands=(
            plans.ran("lint-3.12", "ruff", "check"),
            plans.ran("lint-3.12", "ruff", "format", status=1, ignored=True),
            plans.ran("unit-3.12", "pytest", status=2),
        ),
        environments=(plans.ready("lint"), plans.ready("test", how="reused")),
        exit_status=1,
        seconds=3.5,
    )


def test_a_run_that_was_cut_short_has_a_record_too() -> None:
    record = history.record_of(EVENTS[:5])
    assert (record.started, len(record.jobs), len(record.commands), record.exit_status) == (1000.0, 1, 1, 0)


def test_nothing_said_is_an_empty_record() -> None:
    assert history.record_of([]) == RunRecord(started=0.0)


def test_what_a_record_does_not_keep_changes_nothing() -> None:
    record = history.record_of(EVENTS)
    assert history.fold(record, JobStarted(job="unit-3.12", time=0.0)) is record
