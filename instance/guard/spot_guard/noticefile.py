"""/run/spot-guard/notice.json: there from the notice on. A workload that looks at it needs no hook."""

import os
from typing import Callable

from . import acknowledgements, contract, files, runs
from .clock import rfc3339
from .notice import Notice
from .paths import here
from .task import NOTE_CHARS

LEFT_SECONDS = 420.0
"""After a deadline. The runner takes it away five minutes after it, unless it was killed."""


class NoticeFile:
    """What workloads see of one plan's notice: nothing of a recommendation, for work goes on."""

    def __init__(self, notice: Notice) -> None:
        self._notice = notice
        self._deadline = 0
        """What the file says; 0 where there is none."""
        self.fault = ""
        """Why workloads cannot see it; empty if they can."""

    def show(self, deadline: int) -> None:
        """Whole or not at all, readable by all; again where it has moved. By this machine's clock."""
        if self._notice.event == contract.REBALANCE or deadline == self._deadline:
            return
        content = {
            "event": self._notice.event,
            "action": self._notice.action,
            "time": rfc3339(deadline),
            "deadline": deadline,
            "instanceId": self._notice.instance_id,
        }
        try:
            held = runs.hold()
            try:
                files.write_json(here(contract.NOTICE_FILE), content, 0o644)
            finally:
                os.close(held)
            self._deadline = deadline
        except OSError as error:
            self.fault = f"cannot be written: {error}"[:NOTE_CHARS]

    def withdraw(self) -> None:
        """Takes its own file away, and no other's."""
        if self._notice.event != contract.REBALANCE:
            _remove_if(lambda deadline: deadline == self._deadline)


def clear_left_behind(now: float) -> None:
    """One whose deadline has long passed, and whose runner was killed. `now`: epoch seconds."""
    _remove_if(lambda deadline: now > deadline + LEFT_SECONDS)
    acknowledgements.discard(whole=False)


def _remove_if(condition: Callable[[int], bool]) -> None:
    """By the deadline in it. Without a notice nobody needs a folder in /run that all may fill."""
    try:
        held = runs.hold()
    except OSError:
        return  # another is at it: the watcher looks again
    try:
        path = here(contract.NOTICE_FILE)
        try:
            if condition(files.read_json(path)["deadline"]):
                os.unlink(path)
        except (OSError, ValueError, LookupError, TypeError):
            pass  # gone, or another's: what was wanted
        if not os.path.exists(path):
            acknowledgements.close()
    finally:
        os.close(held)
