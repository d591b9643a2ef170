"""What earlier runners of this run have done already, read from their journal."""

from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from . import processes
from .journal import Line
from .processes import Family, Processes


class History(NamedTuple):
    lines: List[Line]
    attempt: int
    """Of the runner that reads it: 1 where there was none before."""
    first: Optional[Line]
    """The line of the first runner: it laid down the effective deadline and the stages' ends."""
    stages: Set[str]
    """Those that have ended."""
    tasks: Set[Tuple[str, str]]
    """Stage and name of those that have ended."""
    interrupted: List[Line]
    """Of each task without an end: what its taskStarted and its taskRuns line say."""
    starts: Dict[str, float]
    """When each stage was started."""
    task_starts: Dict[Tuple[str, str], int]
    """How often each task was started."""


def read(lines: List[Line]) -> History:
    running: Dict[Tuple[str, str], Line] = {}
    history = History(lines, 1, None, set(), set(), [], {}, {})
    attempts = 0
    first: Optional[Line] = None
    for line in lines:
        phase, key = line["phase"], (str(line.get("stage")), str(line.get("task")))
        if phase in ("started", "takenOver"):
            attempts += 1
            first = first or line
        elif phase == "stageStarted":
            history.starts.setdefault(key[0], line["t"])
        elif phase == "taskStarted":
            running[key] = line
            history.task_starts[key] = history.task_starts.get(key, 0) + 1
        elif phase == "taskRuns" and key in running:
            running[key] = {**running[key], **line}
        elif phase == "taskEnded":
            running.pop(key, None)
            history.tasks.add(key)
        elif phase == "stageEnded":
            history.stages.add(key[0])
    return history._replace(attempt=attempts + 1, first=first, interrupted=list(running.values()))


def end_interrupted(history: History, family: Family) -> None:
    """Kills what the killed runner had running, so that no task runs twice side by side."""
    marks = {family.mark_of(line["stage"], line["task"]) for line in history.interrupted}
    pids = {int(line["pid"]): line["startTime"] for line in history.interrupted if "pid" in line}

    def theirs() -> Processes:
        # A leader that has gone leaves its session behind, unless its pid is another's by now.
        leaders = {pid for pid, started in pids.items() if processes.start_time(pid) in ("", started)}
        found = family.members(leaders)
        return {**processes.of_tasks(found, marks, leaders), **processes.unmarked(found)}

    if marks:
        processes.kill_all(theirs)
