"""/run/spot-guard/notice.json: there from the notice on. A workload that looks at it needs no hook."""

import itertools
import os
import stat
from typing import List

from . import contract, files
from .clock import rfc3339
from .notice import Notice
from .paths import here

LEFT_SECONDS = 420.0
"""After a deadline. The runner takes it away five minutes after it, unless it was killed."""
ACKNOWLEDGED_MOST = 50
LOOKED_AT_MOST = 1000


def publish(notice: Notice) -> None:
    """Whole or not at all, readable by all. Raises OSError."""
    content = {
        "event": notice.event,
        "action": notice.action,
        "time": rfc3339(notice.deadline),
        "deadline": notice.deadline,
        "instanceId": notice.instance_id,
    }
    files.write_json(here(contract.NOTICE_FILE), content, 0o644)


def withdraw(notice: Notice) -> None:
    """Takes this notice's file away, and no other's."""
    path = here(contract.NOTICE_FILE)
    try:
        if files.read_json(path)["deadline"] == notice.deadline:
            os.unlink(path)
    except (OSError, ValueError, LookupError, TypeError):
        pass  # gone, or another's: what was wanted


def clear_left_behind(now: float) -> None:
    """One whose deadline has long passed, and whose runner was killed. `now`: epoch seconds."""
    path = here(contract.NOTICE_FILE)
    try:
        if now > files.read_json(path)["deadline"] + LEFT_SECONDS:
            os.unlink(path)
    except (OSError, ValueError, LookupError, TypeError):
        pass  # there is none


def open_acknowledgements(forget: bool) -> None:
    """A folder in which any workload may create a file, and none another's remove. Raises OSError.

    `forget`: what is in it was left by an earlier notice and says nothing about this one.
    """
    folder = here(contract.ACKNOWLEDGED_FOLDER)
    os.makedirs(folder, exist_ok=True)
    if forget:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
    os.chmod(folder, 0o1777)  # noqa: S103


def acknowledged() -> List[str]:
    """The names of regular files there, as printable ASCII, at most 50."""
    names: List[str] = []
    try:
        with os.scandir(here(contract.ACKNOWLEDGED_FOLDER)) as entries:
            # Anybody may fill the folder: no more is looked at than a plan has time for.
            for entry in itertools.islice(entries, LOOKED_AT_MOST):
                if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                    names.append(ascii(entry.name[:60])[1:-1])
    except OSError:
        return []
    return sorted(names)[:ACKNOWLEDGED_MOST]
