"""The runner: the process in which a plan runs, detached from all callers."""

import os

from . import afterwards, contract, history, leaving, lock
from .journal import Follower
from .plan import Plan
from .run import Run

LOCK_SECONDS = 1.0
MOST_FDS = 1024


def run(folder: str) -> int:
    """Runs the plan, or what an earlier runner left of it. Returns an exit code."""
    os.chdir("/")
    os.closerange(3, MOST_FDS)  # a pipe of the caller's would keep the agent waiting for its step
    this = Run(folder)
    try:
        lock.acquire(this.lock, LOCK_SECONDS)  # until this process ends
    except TimeoutError:
        return contract.EXIT_OK  # another runs it
    if not os.path.exists(this.unfinished):
        return contract.EXIT_OK
    plan = Plan(this, this.notice(), history.read(Follower(this.journal).read()))
    plan.run()
    try:
        os.unlink(this.unfinished)
    except FileNotFoundError:
        pass  # an interruption's plan has ended this one
    leaving.leave(plan)
    plan.journal.give_back()
    afterwards.live_on(plan)
    plan.supervisor.let_finish()
    return contract.EXIT_OK
