"""Time as epoch seconds that no step of the wall clock moves."""

import time
from typing import Optional, Tuple

LEAST_STEP_SECONDS = 0.5
"""Less is but the time between the readings of two clocks."""


class Clock:
    """The wall clock, read once, then carried on by CLOCK_BOOTTIME.

    BOOTTIME goes on while the machine sleeps, so a thawed machine sees that its deadline has passed.
    """

    def __init__(self, anchor: Optional[Tuple[float, float]] = None) -> None:
        """`anchor` is that of another clock of this boot: the two then tell the same time."""
        self.anchor = anchor or (time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))

    def now(self) -> float:
        """Epoch seconds."""
        wall, boot = self.anchor
        return wall + time.clock_gettime(time.CLOCK_BOOTTIME) - boot

    def ahead_of(self, other: "Clock") -> float:
        """Seconds, where the wall clock was set between the two; else zero."""
        (wall, boot), (others_wall, others_boot) = self.anchor, other.anchor
        ahead = round((wall - boot) - (others_wall - others_boot), 3)
        return ahead if abs(ahead) >= LEAST_STEP_SECONDS else 0.0


def slept() -> float:
    """Seconds for which the machine has been asleep since it was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def time_of_day(epoch: float) -> str:
    """UTC, whole seconds, for a reader."""
    return time.strftime("%H:%M:%S UTC", time.gmtime(epoch))


def rfc3339(epoch: float) -> str:
    """UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
