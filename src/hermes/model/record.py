"""A run as it ended: what history folds the events into and what reports show."""

from dataclasses import dataclass

from hermes.model.event import CommandFinished, EnvironmentReady, JobFinished


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """All that is known of one run; jobs in the order in which they ended."""

    started: float
    jobs: tuple[JobFinished, ...] = ()
    commands: tuple[CommandFinished, ...] = ()
    environments: tuple[EnvironmentReady, ...] = ()
    exit_status: int = 0
    seconds: float = 0.0
