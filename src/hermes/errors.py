"""The tree of errors that hermes raises on purpose: one class per exit status, each with a message and a hint."""

from typing import ClassVar


class HermesError(Exception):
    """An error that the user can act on: what happened and where (`message`), what to do next (`hint`)."""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(HermesError):
    """The command line asks for something that is not there or does not go together."""

    exit_status = 2


class EnvfileError(UsageError):
    """The envfile (or the pyproject.toml that it refers to) is wrong; the message has a line per problem."""


class LockError(HermesError):
    """The lock, or a file of pins, is missing, stale or malformed."""

    exit_status = 3


class DriftError(HermesError):
    """An environment is not what was recorded; the message names distributions and files."""

    exit_status = 4


class ProvisionError(HermesError):
    """An environment could not be made."""

    exit_status = 5


class InterpreterError(ProvisionError):
    """No interpreter that was asked for was found, or one that was found cannot be used."""


class ResolutionError(ProvisionError):
    """The requirements of an environment have no solution, or could not be looked up."""


class InstallationError(ProvisionError):
    """A file could not be fetched, verified, built or installed."""


class WheelCacheError(InstallationError):
    """What lies unpacked in the wheel cache is not what was verified; it has been taken out of the cache."""


class Interrupted(HermesError):  # noqa: N818 - a word users know
    """The user or the system asked hermes to stop; everything that it started has been stopped."""

    exit_status = 130


class Terminated(Interrupted):
    """SIGTERM, SIGHUP or SIGQUIT arrived; everything that hermes started has been stopped."""

    exit_status = 143
