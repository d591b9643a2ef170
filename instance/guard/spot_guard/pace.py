"""When the metadata service is asked again: at each tick, and less often where it throttles."""

import time

LEAST_SECONDS = 2.0
MOST_SECONDS = 8.0
"""Between two polls of what is throttled; nothing else slows a poll down."""
TICK_SHARE = 0.5
"""Of a second: a tick that comes a moment early is not put off to the next."""


class Pace:
    """Of one path: another's throttling does not hold it up."""

    def __init__(self) -> None:
        self.seconds = 0.0
        """The back-off in force; 0 where there is none."""
        self._at = 0.0

    def is_due(self) -> bool:
        return time.monotonic() >= self._at - TICK_SHARE

    def answered(self, throttled: bool) -> None:
        doubled = min(MOST_SECONDS, max(LEAST_SECONDS, 2 * self.seconds))
        self.seconds = doubled if throttled else 0.0
        self._at = time.monotonic() + self.seconds if throttled else 0.0
