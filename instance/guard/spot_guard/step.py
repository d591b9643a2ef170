"""A step of the SSM document: refuses what came too late, or follows the run until a stage has ended."""

import os
import sys
import time
from typing import Optional

from . import contract, lock, notice, runs
from .clock import Clock
from .journal import Follower, Line, clock_of
from .notice import Notice, Refused
from .runs import Run

POLL_SECONDS = 0.05
RUNNER_CHECK_SECONDS = 0.25
RUNNER_START_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Before a runner that has not come, or was killed again, is followed by another: up to the deadline."""
PAST_DEADLINE_SECONDS = 5.0
OUTPUT_MOST_CHARS = 2000


def run(step: str, encoded: str) -> int:
    """The step's exit code. Prints at most 2,000 characters."""
    try:
        mine = notice.decode(encoded, os.environ.get(contract.INSTANCE_ID_VARIABLE, ""))
    except Refused as refusal:
        print(f"refused: {refusal}")
        return contract.EXIT_REFUSED if step == "accept" else contract.EXIT_LOST
    if step == "accept":
        return _accept(mine)
    try:
        claimed, made = runs.claim(mine)
    except (OSError, TimeoutError) as error:
        print(f"{step}: the run cannot be recorded in {contract.RUNS_FOLDER}: {error}")
        return contract.EXIT_LOST
    following = _Following(claimed, mine, step)
    if step == "drain" and not made:
        following.print("joined the run in progress")
    return following.follow()


def _accept(mine: Notice) -> int:
    left = mine.deadline - time.time()
    if left <= 0:
        print(f"refused: the deadline passed {-left:.0f} s ago: a queued command that ran late")
        return contract.EXIT_REFUSED
    print(f"accepted: {mine.action} of {mine.instance_id}, {left:.0f} s left")
    return contract.EXIT_OK


class _Following:
    """Reads the journal until `step` has ended, and sees to it that somebody writes it."""

    def __init__(self, run_: Run, mine: Notice, step: str) -> None:
        self._run = run_
        self._step = step
        self._printed = 0
        self._starts = 0
        self._check_at = 0.0
        self._over_seen = False
        self._fault = ""
        self._clock = Clock()
        self._deadline = float(mine.deadline)

    def follow(self) -> int:
        follower = Follower(self._run.journal)
        code: Optional[int] = None
        while True:
            for line in follower.read():
                if line["phase"] in ("started", "takenOver"):
                    self._clock, self._deadline = clock_of(line), line["deadline"]
                if line["phase"] in ("ended", "thawed"):
                    return self._over(line, code)
                if line.get("stage") == self._step != "report" and line["phase"] != "taskRuns":
                    self._relay(line)
                if line["phase"] == "stageEnded" and line.get("stage") == self._step:
                    code = int(line["exit"])
                    if self._step != "report":
                        return code
            if self._clock.now() > self._deadline + PAST_DEADLINE_SECONDS:
                why = self._fault or "the deadline passed before the run had a word on this stage"
                return self._lost(why)
            fault = self._see_to_runner()
            if fault:
                return self._lost(fault)
            time.sleep(POLL_SECONDS)

    def _over(self, line: Line, code: Optional[int]) -> int:
        if self._step == "report" and line["phase"] == "ended":
            print(line["report"])
            return contract.EXIT_OK if code is None else code
        return self._lost(line.get("note", "the run ended without a word on this stage"))

    def _see_to_runner(self) -> str:
        """Starts a runner where none lives: the first, or one that takes over. Returns what is wrong."""
        now = time.monotonic()
        if now < self._check_at:
            return ""
        self._check_at = now + RUNNER_CHECK_SECONDS
        try:
            if lock.is_held(self._run.lock):
                return ""
            if not os.path.exists(self._run.unfinished):
                if self._over_seen:
                    return "the run is over, but its journal could not be written: is the disk full?"
                self._over_seen = True  # its last lines may have come since the last look
                self._check_at = now
                return ""
            if self._clock.now() >= self._deadline:
                return self._fault or "the deadline passed and no runner lives"
            # Imported here: most steps only follow, and need not read it first.
            from . import detach

            detach.start_runner(self._run, again=self._starts > 0)
        except OSError as error:
            self._fault = f"the runner cannot be started: {error}"
        self._check_at = now + RUNNER_START_SECONDS[min(self._starts, len(RUNNER_START_SECONDS) - 1)]
        self._starts += 1
        return ""

    def _lost(self, why: str) -> int:
        self.print(f"{self._step}: {why}")
        return contract.EXIT_LOST

    def _relay(self, line: Line) -> None:
        words = [f"T-{line['secondsLeft']:.1f}s", line["phase"], str(line.get("task", ""))]
        words += [f"{name} {line[name]}" for name in ("exit", "seconds", "note") if name in line]
        self.print(" ".join(word for word in words if word))

    def print(self, text: str) -> None:
        """SSM takes a step's output byte by byte: a few lines are plenty."""
        text = text[: max(0, OUTPUT_MOST_CHARS - self._printed - 1)]
        if text:
            self._printed += len(text) + 1
            print(text)
            sys.stdout.flush()
