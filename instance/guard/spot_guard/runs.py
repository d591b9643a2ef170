"""Once: which run a notice belongs to. Two paths that bring the same notice find the same run."""

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, cast

from . import contract, files, lock
from .clock import time_of_day
from .notice import Notice
from .paths import here

SAME_NOTICE_SECONDS = 180
"""The event and the metadata differ by seconds; two notices in one boot lie further apart."""
PATHS_DIFFER_SECONDS = 30
"""At most, between the event of a notice and its metadata."""
CLAIM_SECONDS = 2.0
INTERRUPTION = "interruption"
REHEARSAL = "rehearsal"


class Joined(NamedTuple):
    """What later callers have brought to a run in progress."""

    deadline: Optional[int] = None
    """The earliest, where that is earlier than the run's own."""
    settings: Optional[Dict[str, str]] = None
    skew: float = 0.0
    """Of whoever measured it, where the run's own notice came by a path that cannot."""


class Run(NamedTuple):
    folder: str
    """In /run, so it is of this boot: a reboot forgets it."""

    @property
    def name(self) -> str:
        return os.path.basename(self.folder)

    @property
    def deadline(self) -> int:
        """Epoch seconds, as its name has it."""
        return int(self.name.partition("-")[0])

    @property
    def shown(self) -> str:
        """Its name, and for a reader what the number in it means."""
        return f"{self.name} (deadline {time_of_day(self.deadline)})"

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

    def is_spared(self) -> bool:
        return os.path.exists(self.withdrawn) and not os.path.exists(self.unfinished)

    def notice(self) -> Notice:
        """Raises OSError, ValueError, TypeError."""
        entry = self._entry()
        # A guard of another version may have written more.
        return Notice(**{name: value for name, value in entry.items() if name in Notice._fields})

    def mark(self) -> str:
        """Begins the mark of each of the run's tasks. Raises OSError, ValueError."""
        return f"{self.folder}/{self._entry()['token']}"

    def joined(self) -> Joined:
        try:
            said = files.read_json(self.joined_file)
            return Joined(**{name: value for name, value in said.items() if name in Joined._fields})
        except (OSError, ValueError, TypeError, AttributeError):
            return Joined()  # nobody has joined yet

    def join(self, wanted: Notice) -> None:
        """The earlier deadline holds; settings are those of the first who brings any. Raises OSError."""
        own, before = self.notice(), self.joined()
        known = before.deadline or own.deadline
        # A command may bring another notice's: nobody's plan is squeezed by more than the paths differ.
        closer = own.deadline - PATHS_DIFFER_SECONDS <= wanted.deadline < known
        deadline = wanted.deadline if closer else known
        settings = before.settings
        if own.settings is None and settings is None:
            settings = wanted.settings
        skew = before.skew or (0.0 if own.skew else wanted.skew)
        now = Joined(deadline if deadline < own.deadline else None, settings, skew)
        if now != before:
            files.write_json(self.joined_file, now._asdict())

    def _entry(self) -> Dict[str, Any]:
        with open(os.path.join(self.folder, "notice"), encoding="utf-8") as file:
            entry: Any = json.load(file)
        if not isinstance(entry, dict):
            raise ValueError(f"{file.name} holds no map")
        return cast("Dict[str, Any]", entry)


def claim(wanted: Notice, shown: bool = False) -> "Tuple[Run, bool]":
    """The run of this notice, and whether this call made it. Raises OSError (no room), TimeoutError.

    `shown`: EC2 shows it at this moment. A plan that was spared meanwhile is then not the last word.
    """
    runs = here(contract.RUNS_FOLDER)
    os.makedirs(runs, mode=0o700, exist_ok=True)
    claiming = lock.acquire(os.path.join(runs, "claim"), CLAIM_SECONDS)
    try:
        # A rehearsal is called for, not brought by two paths: each has a run of its own.
        found = None if wanted.event == REHEARSAL else find(wanted.event, wanted.deadline)
        if shown and found is not None and found.is_spared():
            found = None
        if found is not None:
            try:
                found.join(wanted)
            except (OSError, ValueError, TypeError, LookupError):
                pass  # no room, or nothing to be read: the run goes on with what it has
            return found, False
        suffix = "" if wanted.event == INTERRUPTION else f"-{wanted.event}"
        while os.path.exists(os.path.join(runs, f"{wanted.deadline}{suffix}")):
            wanted = wanted._replace(deadline=wanted.deadline + 1)
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
    """The run of a notice with this deadline or one near it; a spared one only where there is no other."""
    near = [
        (run.is_spared(), abs(of - deadline), run)
        for of, run in every()
        if run.event == event and abs(of - deadline) <= SAME_NOTICE_SECONDS
    ]
    return min(near)[2] if near else None


def unfinished() -> List[Run]:
    """Those whose plan is not over, the latest deadline first."""
    return [run for _, run in sorted(every(), reverse=True) if os.path.exists(run.unfinished)]


def latest() -> Optional[Run]:
    """The one under way, else the one that began last."""

    def began(run: Run) -> "Tuple[bool, float]":
        try:
            return os.path.exists(run.unfinished), os.stat(os.path.join(run.folder, "notice")).st_mtime
        except OSError:
            return False, 0.0  # gone meanwhile

    return max((run for _, run in every()), key=began, default=None)


def every() -> "List[Tuple[int, Run]]":
    """Of this boot, each with its deadline."""
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
