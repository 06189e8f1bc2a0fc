"""The time, and waiting for it to pass."""

import time


class Clock:
    """The real clock; tests pass one that they move themselves."""

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for durations."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Return when this many seconds have passed."""
        time.sleep(seconds)
