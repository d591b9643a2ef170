"""The journal of a run: JSON lines, appended whole, read by whoever follows."""

import json
import os
from typing import Any, Dict, List, Optional, Tuple, cast

from .clock import Clock

Line = Dict[str, Any]

ENDS = ("ended", "superseded")
"""Phases after which no stage follows."""

RESERVED_BYTES = 131072
"""A plan of a hundred tasks fits. Taken ahead: what fills /run later keeps no report back."""


def words_of(line: Line) -> str:
    """A line for a reader."""
    words = [
        f"T-{line['secondsLeft']:.1f}s",
        str(line.get("stage", "")),
        line["phase"],
        str(line.get("task", "")),
    ]
    words += [f"{name} {line[name]}" for name in ("exit", "seconds", "note") if name in line]
    return " ".join(word for word in words if word)


def clock_of(line: Optional[Line]) -> Clock:
    """The clock of the runner that wrote this `started` or `takenOver` line; a new one without."""
    anchor: Any = line.get("clock") if line else None
    return Clock(cast("Tuple[float, float]", tuple(anchor)) if anchor else None)


def room_of(path: str) -> str:
    """The file that holds this journal's room until a runner begins it."""
    return f"{path}.room"


def reserve(path: str, size: int) -> None:
    """Bytes that the file then has room for, whatever fills the disk. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(fd, 0, size)
    finally:
        os.close(fd)


class Journal:
    """Written by the runner alone. A disk that is full loses lines, not the run."""

    def __init__(self, path: str, clock: Clock, deadline: float) -> None:
        self._clock = clock
        self.deadline = deadline
        self.lines: List[Line] = []
        try:
            if not os.path.exists(path):
                os.rename(room_of(path), path)
        except FileNotFoundError:
            pass  # no room was taken ahead
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # It ends in zeros that no line has filled yet; in a torn line, if an earlier runner was killed.
        self._offset = os.pread(self._fd, os.fstat(self._fd).st_size, 0).rfind(b"\n") + 1
        self._unwritten = b""
        try:
            os.posix_fallocate(self._fd, 0, RESERVED_BYTES)
        except OSError:
            pass  # no room: each line tries again

    def write(self, phase: str, **fields: Any) -> Line:
        """Adds `t`, epoch seconds, and `secondsLeft`. A None field is left out."""
        now = self._clock.now()
        line: Line = {"t": round(now, 3), "phase": phase, "secondsLeft": round(self.deadline - now, 3)}
        line.update((name, value) for name, value in fields.items() if value is not None)
        self.lines.append(line)
        self._unwritten += (json.dumps(line) + "\n").encode()
        try:
            if os.pwrite(self._fd, self._unwritten, self._offset) == len(self._unwritten):
                self._offset += len(self._unwritten)
                self._unwritten = b""
        except OSError:
            pass  # no room: written with the next; the report is built from `lines`
        return line

    def give_back(self) -> None:
        """What is left of the reserved room: the file then holds lines alone."""
        if not self._unwritten:
            os.ftruncate(self._fd, self._offset)


class Follower:
    """Reads what has been added since the last call. A line not yet whole waits for the next."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> List[Line]:
        """Whole lines only; one that is not JSON is passed over."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines: List[Line] = []
        for raw in whole.splitlines():
            try:
                line: Any = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict) and "phase" in line:
                lines.append(cast(Line, line))
        return lines
