"""Sees to it that a run has a runner, as long as its plan is not over and its deadline lies ahead."""

import os
import time
from typing import Callable, Optional

from . import lock
from .clock import Clock
from .run import Run

CHECK_SECONDS = 0.25
START_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Before a runner that has not come, or was killed again, is followed by another: up to the deadline."""


class Tending:
    """Of one run. `clock` and `deadline` are the run's, until the caller knows its runner's."""

    def __init__(self, run: Run, start: Callable[[Run, int], None]) -> None:
        """`start` gets the run, and how many starts have brought no runner since there was one."""
        self.clock: Clock = run.clock()
        self.deadline: float = run.local_deadline()
        self.fault = ""
        """Why the last runner could not be started."""
        self._run = run
        self._start = start
        self._starts = 0
        self._futile = 0
        self._check_at = 0.0
        self._over_seen = False

    def see_to(self) -> Optional[str]:
        """Why there is no more to wait for: the plan is over, or nobody can go on with it. None otherwise."""
        now = time.monotonic()
        if now < self._check_at:
            return None
        self._check_at = now + CHECK_SECONDS
        try:
            if not os.path.exists(self._run.unfinished):
                if self._over_seen:
                    return "the run is over, but its journal could not be written: is the disk full?"
                self._over_seen = True  # its last lines may have come since the last look
                self._check_at = now
                return None
            if lock.is_held(self._run.lock):
                self._futile = 0
                return None
            if self.clock.now() >= self.deadline:
                return self.fault or "the deadline passed and no runner lives"
            self._start(self._run, self._futile)
        except OSError as error:
            self.fault = f"the runner cannot be started: {error}"
        self._check_at = now + START_SECONDS[min(self._starts, len(START_SECONDS) - 1)]
        self._starts += 1
        self._futile += 1
        return None
