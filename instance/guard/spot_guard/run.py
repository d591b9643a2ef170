"""One run: its folder in /run, and what is told in it."""

import json
import os
from typing import Any, Dict, NamedTuple, Optional, cast

from . import files
from .clock import Clock, time_of_day
from .journal import room_of
from .notice import Notice

PATHS_DIFFER_SECONDS = 30
"""At most, between the event of a notice and its metadata."""
INTERRUPTION = "interruption"
REHEARSAL = "rehearsal"


class Joined(NamedTuple):
    """What later callers have brought to a run in progress."""

    deadline: Optional[int] = None
    """The earliest, where that is earlier than the run's own."""
    settings: Optional[Dict[str, str]] = None
    skew: float = 0.0
    """Of whoever measured it, where the run's own notice came by a path that cannot."""
    reports: str = ""
    """As a notice has it, where the run's own has none."""


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
        """Held by the runner as long as it lives."""
        return os.path.join(self.folder, "lock")

    @property
    def journal(self) -> str:
        return os.path.join(self.folder, "journal.jsonl")

    @property
    def room(self) -> str:
        """The journal's, before it has a line."""
        return room_of(self.journal)

    @property
    def notice_file(self) -> str:
        return os.path.join(self.folder, "notice")

    @property
    def unfinished(self) -> str:
        """There until the plan is over. Removing it needs no room: a full disk makes no run run again."""
        return os.path.join(self.folder, "unfinished")

    @property
    def withdrawn(self) -> str:
        """Created by the watcher when EC2 has taken the notice back."""
        return os.path.join(self.folder, "withdrawn")

    @property
    def seen_file(self) -> str:
        """Holds the deadline that EC2 showed to a watcher."""
        return os.path.join(self.folder, "seen")

    @property
    def joined_file(self) -> str:
        return os.path.join(self.folder, "joined")

    @property
    def joined_room(self) -> str:
        """Holds its room until somebody joins."""
        return os.path.join(self.folder, "joined.room")

    @property
    def acknowledged(self) -> str:
        """The folder for acknowledgements, until the plan puts it in place."""
        return os.path.join(self.folder, "acknowledged")

    @property
    def request(self) -> str:
        """What the watcher moves to where systemd looks for it: that a runner is wanted. It needs no room."""
        return os.path.join(self.folder, "wanted")

    @property
    def spared(self) -> str:
        """What the runner makes of `withdrawn`, and with it leaves out what is left of the plan."""
        return os.path.join(self.folder, "spared")

    def spare(self) -> bool:
        """Whether the notice was withdrawn. Then for good: one that is shown again gets a run of its own."""
        try:
            os.rename(self.withdrawn, self.spared)  # needs no room
        except FileNotFoundError:
            pass
        return os.path.exists(self.spared)

    def is_spared(self) -> bool:
        over = not os.path.exists(self.unfinished)
        return os.path.exists(self.spared) or (over and os.path.exists(self.withdrawn))

    def notice(self) -> Notice:
        """Raises OSError, ValueError, TypeError."""
        entry = self._entry()
        # A guard of another version may have written more.
        return Notice(**{name: value for name, value in entry.items() if name in Notice._fields})

    def local_deadline(self) -> float:
        """Epoch seconds, by `clock`: the earliest that anybody has brought."""
        try:
            own, joined = self.notice(), self.joined()
            return min(own.deadline, joined.deadline or own.deadline) + (own.skew or joined.skew)
        except (OSError, ValueError, TypeError, LookupError):
            return float(self.deadline)

    def clock(self) -> Clock:
        """This machine's, as it went when the run was recorded: who sets it moves no deadline."""
        try:
            wall, boot = self._entry()["clock"]
            return Clock((float(wall), float(boot)))
        except (OSError, ValueError, TypeError, LookupError):
            return Clock()  # a guard of another version wrote it

    def seconds_left(self) -> float:
        """To its deadline; negative when that has passed."""
        return self.local_deadline() - self.clock().now()

    def mark(self) -> str:
        """Begins the mark of each of the run's tasks. Raises OSError, ValueError."""
        return f"{self.folder}/{self._entry()['token']}"

    def joined(self) -> Joined:
        try:
            said = files.read_json(self.joined_file)
            return Joined(**{name: value for name, value in said.items() if name in Joined._fields})
        except (OSError, ValueError, TypeError, AttributeError):
            return Joined()  # nobody has joined yet

    def seen(self) -> Optional[int]:
        """Epoch seconds, as EC2 showed them to a watcher; None where it has not."""
        try:
            return int(files.read(self.seen_file))
        except (OSError, ValueError):
            return None

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
        reports = "" if own.reports else before.reports or wanted.reports
        now = Joined(deadline if deadline < own.deadline else None, settings, skew, reports)
        if now == before:
            return
        data = files.as_json(now._asdict())
        if os.path.exists(self.joined_room):
            files.fill(self.joined_room, data)
            os.rename(self.joined_room, self.joined_file)
        else:
            files.write(self.joined_file, data)

    def _entry(self) -> Dict[str, Any]:
        with open(self.notice_file, encoding="utf-8") as file:
            entry: Any = json.load(file)
        if not isinstance(entry, dict):
            raise ValueError(f"{file.name} holds no map")
        return cast("Dict[str, Any]", entry)
