"""Once: which run a notice belongs to. Two paths that bring the same notice find the same run."""

import json
import os
from typing import Any, Dict, NamedTuple, Optional

from . import contract, lock, notice
from .notice import Notice
from .paths import here

SAME_NOTICE_SECONDS = 180
"""The event and the metadata differ by seconds; two notices in one boot lie further apart."""
CLAIM_SECONDS = 2.0


class Run(NamedTuple):
    folder: str
    """In /run, so it is of this boot: a reboot forgets it."""

    @property
    def lock(self) -> str:
        """Held by the runner as long as it lives."""
        return os.path.join(self.folder, "lock")

    @property
    def journal(self) -> str:
        return os.path.join(self.folder, "journal.jsonl")

    @property
    def unfinished(self) -> str:
        """There until the plan is over. Removing it needs no room: a full disk makes no run run again."""
        return os.path.join(self.folder, "unfinished")

    def notice(self) -> Notice:
        """Raises OSError, ValueError, Refused."""
        entry = self._entry()
        return notice.check(entry["instance_id"], entry)

    def mark(self) -> str:
        """Begins the mark of each of the run's tasks. Raises OSError, ValueError."""
        return f"{self.folder}/{self._entry()['token']}"

    def _entry(self) -> Dict[str, Any]:
        with open(os.path.join(self.folder, "notice"), encoding="utf-8") as file:
            return json.load(file)


def claim(wanted: Notice) -> "tuple[Run, bool]":
    """The run of this notice, and whether this call made it. Raises OSError (no room), TimeoutError."""
    runs = here(contract.RUNS_FOLDER)
    os.makedirs(runs, mode=0o700, exist_ok=True)
    claiming = lock.acquire(os.path.join(runs, "claim"), CLAIM_SECONDS)
    try:
        found = find(wanted.deadline)
        if found is not None:
            return found, False
        made = Run(os.path.join(runs, str(wanted.deadline)))
        # The notice is in place before the name is, so that no other sees a run without one.
        fresh = f"{made.folder}.{os.getpid()}"
        os.mkdir(fresh, 0o700)
        with open(os.path.join(fresh, "notice"), "w", encoding="utf-8") as file:
            # The token: who cannot read this file cannot pass for a process of the run.
            json.dump({**wanted._asdict(), "token": os.urandom(16).hex()}, file)
        os.close(os.open(os.path.join(fresh, "unfinished"), os.O_WRONLY | os.O_CREAT, 0o600))
        os.rename(fresh, made.folder)
        return made, True
    finally:
        os.close(claiming)


def find(deadline: int) -> Optional[Run]:
    """The run of a notice with this deadline or one near it."""
    runs = here(contract.RUNS_FOLDER)
    near = [
        int(name)
        for name in os.listdir(runs)
        if name.isdigit() and abs(int(name) - deadline) <= SAME_NOTICE_SECONDS
    ]
    if not near:
        return None
    return Run(os.path.join(runs, str(min(near, key=lambda known: abs(known - deadline)))))
