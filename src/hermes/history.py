"""A run's record: the pure fold of its events."""

from collections.abc import Iterable
from dataclasses import replace

from hermes.model.event import CommandFinished, EnvironmentReady, Event, JobFinished, RunFinished, RunStarted
from hermes.model.record import RunRecord


def fold(record: RunRecord, event: Event) -> RunRecord:
    """Return the record as it stands after one more event."""
    match event:
        case RunStarted():
            return replace(record, started=event.time)
        case EnvironmentReady():
            return replace(record, environments=(*record.environments, event))
        case CommandFinished():
            return replace(record, commands=(*record.commands, event))
        case JobFinished():
            return replace(record, jobs=(*record.jobs, event))
        case RunFinished():
            return replace(record, exit_status=event.exit_status, seconds=event.seconds)
        case _:
            return record


def record_of(events: Iterable[Event]) -> RunRecord:
    """Return the record of a whole run."""
    record = RunRecord(started=0.0)
    for event in events:
        record = fold(record, event)
    return record
