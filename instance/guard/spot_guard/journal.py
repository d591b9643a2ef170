"""The journal of a run: JSON lines, appended whole, read by whoever follows."""

import json
import os
from typing import Any, Dict, List, cast

from .clock import Clock

Line = Dict[str, Any]


class Journal:
    """Written by the runner alone. A disk that is full loses lines, not the run."""

    def __init__(self, path: str, clock: Clock, deadline: float) -> None:
        self._clock = clock
        self._deadline = deadline
        self.lines: List[Line] = []
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def write(self, phase: str, **fields: Any) -> Line:
        """Adds `t`, epoch seconds, and `secondsLeft`. A None field is left out."""
        now = self._clock.now()
        line: Line = {"t": round(now, 3), "phase": phase, "secondsLeft": round(self._deadline - now, 3)}
        line.update((name, value) for name, value in fields.items() if value is not None)
        self.lines.append(line)
        data = (json.dumps(line) + "\n").encode()
        try:
            if os.write(self._fd, data) < len(data):
                os.write(self._fd, b"\n")  # ends the torn line, so that the next one stands alone
        except OSError:
            pass  # no room: the report is built from `lines`, and followers see the lock and the end
        return line


class Follower:
    """Reads what has been added since the last call. A line not yet whole waits for the next."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> List[Line]:
        """Whole lines only; one that is not JSON (torn by a full disk) is passed over."""
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
