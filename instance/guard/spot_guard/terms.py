"""What holds for a run: its deadline, its settings, each stage's end. Who joins it may change them."""

import os
import time
from typing import Any, Dict, Optional, cast

from . import contract, files, schedule, settings
from .clock import Clock
from .journal import Line
from .notice import Notice, known_settings
from .paths import here
from .run import Joined, Run

LOOK_SECONDS = 0.25


class Terms:
    """All times are epoch seconds by this machine's clock."""

    def __init__(self, run: Run, notice: Notice, first: Optional[Line], clock: Clock) -> None:
        """`first`: the line of the run's first runner, where there was one; else the run starts now."""
        self._run = run
        self._notice = notice
        self._set = clock.ahead_of(run.clock())
        """Seconds by which the clock was set since the run was recorded."""
        self.began: float = first["began"] if first else round(clock.now(), 3)
        self._look_at = 0.0
        self._stamp = 0
        self._raw: Optional[Dict[str, str]] = None
        self.deadline = 0.0
        self.skew = 0.0
        """Seconds by which this machine's clock is ahead of EC2's."""
        self.settings: settings.Settings
        self.ends: Dict[str, float] = {}
        self._take(Joined())
        self.look()

    @property
    def known(self) -> bool:
        """Whether anybody has brought settings."""
        return self._raw is not None

    def look(self) -> bool:
        """Whether a caller has joined that changes something; it then holds. Asks four times a second."""
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        try:
            stamp = os.stat(self._run.joined_file).st_mtime_ns
        except OSError:
            return False  # nobody has joined
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        before = (self.deadline, self._raw)
        self._take(self._run.joined())
        return before != (self.deadline, self._raw)

    def _take(self, joined: Joined) -> None:
        notice = self._notice
        raw = notice.settings if notice.settings is not None else joined.settings
        if raw != self._raw or not self.ends:
            self.settings = settings.parse({**read_defaults(), **(raw or {})})
            self._raw = raw
        by_ec2 = min(notice.deadline, joined.deadline or notice.deadline)
        self.skew = (notice.skew or joined.skew) + self._set
        self.deadline = schedule.effective_deadline(by_ec2 + self.skew, self.began)
        self.ends = schedule.stage_ends(by_ec2 + self.skew, self.began, self.settings.seconds)


def read_defaults() -> Dict[str, str]:
    """What the stack sets for all instances, as the installed guard was told. A command brings it along."""
    return known_settings(_told())


def read_reports() -> str:
    """The bucket for reports, as the installed guard was told; empty where there is none."""
    return str(_told().get(contract.REPORTS_DEFAULT, ""))


def _told() -> Dict[str, Any]:
    try:
        said: Any = files.read_json(here(contract.DEFAULTS_FILE))
    except (OSError, ValueError):
        return {}
    return cast("Dict[str, Any]", said) if isinstance(said, dict) else {}
