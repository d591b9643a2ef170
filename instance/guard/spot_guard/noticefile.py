"""/run/spot-guard/notice.json: there from the notice on. A workload that looks at it needs no hook."""

import contextlib
import os
from typing import Callable, Generator

from . import acknowledgements, contract, files, runs
from .clock import rfc3339
from .notice import Notice
from .paths import here
from .task import NOTE_CHARS

LEFT_SECONDS = 420.0
"""After a deadline. The runner takes it away five minutes after it, unless it was killed."""

HOLD_SECONDS = 0.5


class NoticeFile:
    """What workloads see of one plan's notice: nothing of a recommendation, for work goes on."""

    def __init__(self, notice: Notice) -> None:
        self._notice = notice
        self._deadline = 0
        """What the file says; 0 where there is none."""
        self.fault = ""
        """Why workloads cannot see it; empty if they can."""

    def publish(self, deadline: int, ready: str, forget: bool) -> str:
        """Also the folder for acknowledgements, and that first: who sees the notice may answer at once.

        As acknowledgements.begin. Returns why workloads cannot acknowledge; empty if they can.
        """
        with _held():
            fault = ""
            try:
                acknowledgements.begin(ready, forget)
            except OSError as error:
                fault = str(error)
            self._write(deadline)
        return fault

    def show(self, deadline: int) -> None:
        """Again where it has moved, or could not be written."""
        if self._notice.event != contract.REBALANCE and deadline != self._deadline:
            with _held():
                self._write(deadline)

    def _write(self, deadline: int) -> None:
        """Whole or not at all, readable by all. By this machine's clock."""
        content = {
            "event": self._notice.event,
            "action": self._notice.action,
            "time": rfc3339(deadline),
            "deadline": deadline,
            "instanceId": self._notice.instance_id,
        }
        try:
            files.write_json(here(contract.NOTICE_FILE), content, 0o644)
            self._deadline, self.fault = deadline, ""
        except OSError as error:
            self.fault = f"cannot be written: {error}"[:NOTE_CHARS]

    def withdraw(self) -> None:
        """Takes its own file away, and no other's."""
        if self._notice.event != contract.REBALANCE:
            _remove_if(lambda deadline: deadline == self._deadline)


def clear_left_behind(now: float) -> None:
    """One whose deadline has long passed, and whose runner was killed. `now`: epoch seconds."""
    if _remove_if(lambda deadline: now > deadline + LEFT_SECONDS):
        acknowledgements.discard()


def _remove_if(condition: Callable[[int], bool]) -> bool:
    """By the deadline in it. Whether a folder is left that nobody needs, and all may fill."""
    with _held():
        path = here(contract.NOTICE_FILE)
        try:
            if condition(files.read_json(path)["deadline"]):
                os.unlink(path)
        except (OSError, ValueError, LookupError, TypeError):
            pass  # gone, or another's: what was wanted
        return not os.path.exists(path) and acknowledgements.close()


@contextlib.contextmanager
def _held() -> Generator[None, None, None]:
    """So that no notice is taken for another's. Who holds it for longer is frozen, and not waited for."""
    try:
        held = runs.hold(HOLD_SECONDS)
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.close(held)
