"""Ends the plan of a lesser event, where EC2's notice comes while it runs."""

import os
import signal

from . import processes
from .journal import ENDS, Follower, Journal, clock_of
from .processes import Family
from .runs import Run


def supersede(run: Run) -> None:
    """Its runner and all that it started are killed, and nobody takes it over. Raises OSError, ValueError."""
    lines = Follower(run.journal).read()
    starts = [line for line in lines if line["phase"] in ("started", "takenOver")]
    try:
        os.unlink(run.unfinished)  # first: a runner that is just starting then leaves
    except FileNotFoundError:
        return  # over
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
        journal.write("superseded", note="EC2's notice came")
        journal.give_back()
