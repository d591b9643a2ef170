"""After the plan: where the machine lives on, what was stopped is started again and the notice file goes."""

import os
from typing import List, Optional

from . import contract, noticefile, runs, stopped
from .journal import Journal
from .notice import Notice
from .paths import here
from .runs import Run
from .supervisor import Supervisor, Thawed
from .task import NOTE_CHARS

SPARED_SECONDS = 300.0
"""After the deadline. EC2 takes a machine within minutes of it; one that is still there then is spared."""


def live_on(run: Run, notice: Notice, deadline: float, supervisor: Supervisor, journal: Journal) -> None:
    """Returns when the run has left nothing behind on a machine that lives on. `deadline`: local."""
    if notice.event == contract.REBALANCE:
        return
    if notice.event == "interruption":
        try:
            supervisor.idle(lambda: deadline + SPARED_SECONDS, lambda: os.path.exists(run.withdrawn))
        except Thawed:
            pass  # it slept through its deadline: what this waits for
    noticefile.withdraw(notice)
    for line in start_again(notice.deadline):
        journal.write("startedAgain", note=line[:NOTE_CHARS])


def start_again(deadline: Optional[int] = None) -> List[str]:
    """A line for each thing that was stopped. None of them while another interruption's plan runs."""
    others = [one for one in runs.unfinished() if one.event == runs.INTERRUPTION]
    if others or not os.path.exists(here(contract.STOPPED_FILE)):
        return []
    try:
        return stopped.start_again(deadline)
    except (OSError, TimeoutError) as error:
        return [f"nothing is started again: {error}"]
