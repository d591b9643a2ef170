"""After the plan: where the machine lives on, what was stopped is started again and the notice file goes."""

from typing import List, Optional

from . import acknowledgements, contract, stopped
from .plan import Plan
from .run import INTERRUPTION
from .supervisor import Thawed
from .task import NOTE_CHARS

SPARED_SECONDS = 300.0
"""After the deadline. EC2 takes a machine within minutes of it; one that is still there then is spared."""


def live_on(plan: Plan) -> None:
    """Returns when the run has left nothing behind on a machine that lives on."""
    if plan.notice.event == contract.REBALANCE:
        return
    if plan.notice.event == INTERRUPTION:
        try:
            plan.supervisor.idle(lambda: plan.terms.deadline + SPARED_SECONDS, plan.run_.spare)
        except Thawed:
            pass  # it slept through its deadline: what this waits for
    plan.notice_file.withdraw()
    for line in start_again(plan.notice.deadline):
        plan.journal.write("startedAgain", note=line[:NOTE_CHARS])
    acknowledgements.discard()


def start_again(deadline: Optional[int] = None) -> List[str]:
    """As in stopped, but never raises: a line for each thing that was stopped."""
    try:
        return stopped.start_again(deadline)
    except (OSError, TimeoutError) as error:
        return [f"nothing more is started again: {error}"]
