"""What happens in a run, said as it happens: subscribers (console, JSON, history) make of it what they need."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Status(StrEnum):
    """How a job ended; the one place where these words come from."""

    PASSED = "passed"
    FAILED = "failed"
    FLAKY = "flaky"
    CACHED = "cached"
    SKIPPED = "skipped"
    DRIFTED = "drifted"
    ERROR = "error"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run begins: ids of its jobs in order."""

    jobs: tuple[str, ...]
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentReady:
    """An environment (or overlay) is there: found in the store or built, in `seconds`."""

    environment: str
    python: str
    how: Literal["reused", "built"]
    layer: Literal["environment", "overlay", "wheel", "build"]
    key: str
    record: Literal["matches", "unrecorded", "none"]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """A job's first command is about to start."""

    job: str
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job, or an environment, waits for another process, which `reason` names."""

    job: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFinished:
    """A command of a job ended; `status` is its exit status, negative for a signal."""

    job: str
    argv: tuple[str, ...]
    status: int
    ignored: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished:
    """A job ended (or was never started): its one status, the reason where it did not just pass."""

    job: str
    session: str
    python: str
    status: Status
    reason: str
    allowed: bool
    exit_status: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BytecodeRemoved:
    """Bytecode folders lay inside an environment of a job, where hermes keeps none; they were removed."""

    job: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run ended."""

    exit_status: int
    seconds: float


Event = (
    RunStarted | EnvironmentReady | Waiting | JobStarted | CommandFinished | BytecodeRemoved | JobFinished | RunFinished
)
