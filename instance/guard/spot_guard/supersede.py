"""Ends the plan of a lesser event, where EC2's notice comes while it runs."""

import os
import signal
from typing import List

from . import processes, runs
from .journal import ENDS, Follower, Journal, clock_of
from .processes import Family
from .run import Run

WHY = "EC2's notice came"


def end_others(event: str) -> List[str]:
    """Ends the plans of this event. Returns why one could not be ended."""
    faults: List[str] = []
    for other in runs.unfinished():
        if other.event == event:
            try:
                _end(other)
            except (OSError, ValueError, LookupError) as error:
                faults.append(str(error))
    return faults


def _end(run: Run) -> None:
    """Its runner and all that it started are killed, and nobody takes it over. Raises as caught above."""
    lines = Follower(run.journal).read()
    starts = [line for line in lines if line["phase"] in ("started", "takenOver")]
    os.unlink(run.unfinished)  # first: a runner that is just starting then leaves
    if not starts:
        return
    first, last = starts[0], starts[-1]
    pid = int(last["pid"])
    if processes.start_time(pid) == last["startTime"]:
        processes.send([pid], signal.SIGKILL)
    clock = clock_of(first)
    family = Family(run.mark(), since=clock.anchor[1])
    processes.kill_all(lambda: {pid: one for pid, one in family.members().items() if one.mark})
    if not any(line["phase"] in ENDS for line in lines):
        journal = Journal(run.journal, clock, first["deadline"])
        journal.write("superseded", note=WHY)
        journal.give_back()
