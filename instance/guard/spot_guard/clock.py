"""Time as epoch seconds that no step of the wall clock moves."""

import time


class Clock:
    """The wall clock, read once, then carried on by CLOCK_BOOTTIME.

    BOOTTIME goes on while the machine sleeps, so a thawed machine sees that its deadline has passed.
    """

    def __init__(self) -> None:
        self._wall = time.time()
        self._boot = time.clock_gettime(time.CLOCK_BOOTTIME)

    def now(self) -> float:
        """Epoch seconds."""
        return self._wall + time.clock_gettime(time.CLOCK_BOOTTIME) - self._boot


def rfc3339(epoch: float) -> str:
    """UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
