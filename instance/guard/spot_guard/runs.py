"""Once: which run a notice belongs to. Two paths that bring the same notice find the same run."""

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import contract, files, lock
from .notice import Notice
from .paths import here

SAME_NOTICE_SECONDS = 180
"""The event and the metadata differ by seconds; two notices in one boot lie further apart."""
PATHS_DIFFER_SECONDS = 30
"""At most, between the event of a notice and its metadata."""
CLAIM_SECONDS = 2.0
INTERRUPTION = "interruption"


class Joined(NamedTuple):
    """What later callers have brought to a run in progress."""

    deadline: Optional[int] = None
    """The earliest, where that is earlier than the run's own."""
    settings: Optional[Dict[str, str]] = None


class Run(NamedTuple):
    folder: str
    """In /run, so it is of this boot: a reboot forgets it."""

    @property
    def name(self) -> str:
        return os.path.basename(self.folder)

    @property
    def event(self) -> str:
        return self.name.partition("-")[2] or INTERRUPTION

    @property
    def lock(self) -> str:
        """Held by the runner as long as it lives, and holds its pid."""
        return os.path.join(self.folder, "lock")

    @property
    def journal(self) -> str:
        return os.path.join(self.folder, "journal.jsonl")

    @property
    def unfinished(self) -> str:
        """There until the plan is over. Removing it needs no room: a full disk makes no run run again."""
        return os.path.join(self.folder, "unfinished")

    @property
    def withdrawn(self) -> str:
        """Created by the watcher when EC2 has taken the notice back."""
        return os.path.join(self.folder, "withdrawn")

    @property
    def joined_file(self) -> str:
        return os.path.join(self.folder, "joined")

    def notice(self) -> Notice:
        """Raises OSError, ValueError, TypeError."""
        entry = self._entry()
        del entry["token"]
        return Notice(**entry)

    def mark(self) -> str:
        """Begins the mark of each of the run's tasks. Raises OSError, ValueError."""
        return f"{self.folder}/{self._entry()['token']}"

    def joined(self) -> Joined:
        try:
            return Joined(**files.read_json(self.joined_file))
        except (OSError, ValueError, TypeError):
            return Joined()  # nobody has joined yet

    def join(self, wanted: Notice) -> None:
        """The earlier deadline holds; settings are those of the first who brings any. Raises OSError."""
        own, before = self.notice(), self.joined()
        deadline = min(before.deadline or own.deadline, wanted.deadline)
        settings = before.settings
        if own.settings is None and settings is None:
            settings = wanted.settings
        now = Joined(deadline if deadline < own.deadline else None, settings)
        if now != before:
            files.write_json(self.joined_file, now._asdict())

    def _entry(self) -> Dict[str, Any]:
        with open(os.path.join(self.folder, "notice"), encoding="utf-8") as file:
            return json.load(file)


def claim(wanted: Notice) -> "Tuple[Run, bool]":
    """The run of this notice, and whether this call made it. Raises OSError (no room), TimeoutError."""
    runs = here(contract.RUNS_FOLDER)
    os.makedirs(runs, mode=0o700, exist_ok=True)
    claiming = lock.acquire(os.path.join(runs, "claim"), CLAIM_SECONDS)
    try:
        found = find(wanted.event, wanted.deadline)
        if found is not None:
            try:
                found.join(wanted)
            except OSError:
                pass  # no room: the run goes on with what it has
            return found, False
        suffix = "" if wanted.event == INTERRUPTION else f"-{wanted.event}"
        made = Run(os.path.join(runs, f"{wanted.deadline}{suffix}"))
        # The notice is in place before the name is, so that no other sees a run without one.
        fresh = f"{made.folder}.{os.urandom(4).hex()}"
        os.mkdir(fresh, 0o700)
        with open(os.path.join(fresh, "notice"), "w", encoding="utf-8") as file:
            # The token: who cannot read this file cannot pass for a process of the run.
            json.dump({**wanted._asdict(), "token": os.urandom(16).hex()}, file)
        os.close(os.open(os.path.join(fresh, "unfinished"), os.O_WRONLY | os.O_CREAT, 0o600))
        os.rename(fresh, made.folder)
        return made, True
    finally:
        os.close(claiming)


def find(event: str, deadline: int) -> Optional[Run]:
    """The run of a notice with this deadline or one near it."""
    near = [
        (abs(of - deadline), run)
        for of, run in _all()
        if run.event == event
        and abs(of - deadline) <= SAME_NOTICE_SECONDS
        # EC2 may take a notice back and give another soon.
        and not (deadline > of + PATHS_DIFFER_SECONDS and os.path.exists(run.withdrawn))
    ]
    return min(near)[1] if near else None


def unfinished() -> List[Run]:
    """Those whose plan is not over, the latest deadline first."""
    return [run for _, run in sorted(_all(), reverse=True) if os.path.exists(run.unfinished)]


def latest() -> Optional[Run]:
    """The one whose deadline is the latest."""
    found = sorted(_all(), reverse=True)
    return found[0][1] if found else None


def _all() -> "List[Tuple[int, Run]]":
    """Each with its deadline."""
    runs = here(contract.RUNS_FOLDER)
    try:
        names = os.listdir(runs)
    except FileNotFoundError:
        return []
    found: List[Tuple[int, Run]] = []
    for name in names:
        deadline, dash, event = name.partition("-")
        if deadline.isascii() and deadline.isdigit() and (not dash or event in contract.EVENTS):
            found.append((int(deadline), Run(os.path.join(runs, name))))
    return found
