"""What an earlier runner of this run has done already, read from its journal."""

import signal
from typing import Dict, List, NamedTuple, Optional, Tuple

from . import descendants
from .journal import Line


class History(NamedTuple):
    attempt: int
    """Of the runner that reads it: 1 where there was none before."""
    deadline: Optional[float]
    """The effective deadline and the stages' ends that the first runner laid down."""
    ends: Optional[Dict[str, float]]
    stages: Dict[str, Line]
    """stageEnded lines."""
    tasks: Dict[Tuple[str, str], Line]
    """taskEnded lines by stage and task."""
    interrupted: List[Line]
    """taskStarted lines without an end."""
    starts: Dict[str, float]
    """When each stage was started."""


def read(lines: List[Line]) -> History:
    attempts = 0
    deadline: Optional[float] = None
    ends: Optional[Dict[str, float]] = None
    stages: Dict[str, Line] = {}
    tasks: Dict[Tuple[str, str], Line] = {}
    open_tasks: Dict[Tuple[str, str], Line] = {}
    starts: Dict[str, float] = {}
    for line in lines:
        phase, key = line["phase"], (str(line.get("stage")), str(line.get("task")))
        if phase in ("started", "takenOver"):
            attempts += 1
            if ends is None:
                deadline, ends = line.get("deadline"), line.get("ends")
        elif phase == "stageStarted":
            starts.setdefault(key[0], line["t"])
        elif phase == "taskStarted":
            open_tasks[key] = line
        elif phase == "taskEnded":
            open_tasks.pop(key, None)
            tasks[key] = line
        elif phase == "stageEnded":
            stages[key[0]] = line
    return History(attempts + 1, deadline, ends, stages, tasks, list(open_tasks.values()), starts)


def end_interrupted(history: History) -> None:
    """Kills what the killed runner had running, so that no task runs twice side by side."""
    for line in history.interrupted:
        pid = int(line.get("pid", 0))
        if pid > 1 and descendants.start_time(pid) == line.get("startTime"):
            descendants.kill_all(pid)
            descendants.send_group(pid, signal.SIGKILL)
