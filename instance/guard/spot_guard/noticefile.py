"""/run/spot-guard/notice.json: there from the notice on. A workload that looks at it needs no hook."""

import itertools
import os
from typing import Callable, List

from . import contract, files, runs
from .clock import rfc3339
from .notice import Notice
from .paths import here
from .task import NOTE_CHARS

LEFT_SECONDS = 420.0
"""After a deadline. The runner takes it away five minutes after it, unless it was killed."""
ACKNOWLEDGED_MOST = 50
LOOKED_AT_MOST = 20_000


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
            _empty(here(contract.ACKNOWLEDGED_FOLDER))
    except OSError:
        pass  # nobody was told
    finally:
        os.close(held)


def open_acknowledgements(forget: bool) -> None:
    """A folder in which any workload may create a file, and none another's remove. Raises OSError.

    `forget`: what is in it was left by an earlier notice and says nothing about this one.
    """
    folder = here(contract.ACKNOWLEDGED_FOLDER)
    os.makedirs(folder, exist_ok=True)
    faults = _empty(folder) if forget else []
    os.chmod(folder, 0o1777)  # noqa: S103
    if faults:
        raise faults[0]


def _empty(folder: str) -> List[OSError]:
    """Closes it to others first, so that nobody adds to it. Returns why a file stays. Raises OSError."""
    faults: List[OSError] = []
    os.chmod(folder, 0o700)
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        except (IsADirectoryError, PermissionError):
            # Imported here: the watcher has no use for it as long as all goes well.
            import shutil

            shutil.rmtree(path, ignore_errors=True)
        except OSError as error:
            faults.append(error)
    return faults


def acknowledged() -> List[str]:
    """The names of regular files there, as printable ASCII, at most 50."""
    names: List[str] = []
    try:
        with os.scandir(here(contract.ACKNOWLEDGED_FOLDER)) as entries:
            # Anybody may fill the folder: no more is looked at than a plan has time for.
            for entry in itertools.islice(entries, LOOKED_AT_MOST):
                if entry.is_file(follow_symlinks=False):
                    names.append(ascii(entry.name[:60])[1:-1])
                    if len(names) == ACKNOWLEDGED_MOST:
                        break
    except OSError:
        return []
    return sorted(names)
