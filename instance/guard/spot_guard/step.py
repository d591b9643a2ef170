"""A step of the SSM document: refuses what came too late, or follows the run until a stage has ended."""

import os
import sys
import time
from typing import Optional

from . import contract, notice, runs
from .journal import ENDS, Follower, Line, clock_of, words_of
from .notice import Notice, Refused
from .run import Run
from .tending import Tending

POLL_SECONDS = 0.05
PAST_DEADLINE_SECONDS = 5.0
OUTPUT_MOST_CHARS = 2000


def run(step: str, encoded: str, reports: str = "") -> int:
    """The step's exit code. Prints at most 2,000 characters. `reports`: the bucket for reports, if any."""
    try:
        mine = notice.decode(encoded, os.environ.get(contract.INSTANCE_ID_VARIABLE, ""))._replace(
            reports=reports
        )
    except Refused as refusal:
        print(f"refused: {refusal}")
        return contract.EXIT_REFUSED if step == "accept" else contract.EXIT_LOST
    if step == "accept":
        return _accept(mine)
    while True:
        try:
            claimed, made = runs.claim(mine)
            break
        except OSError as error:
            if isinstance(error, TimeoutError) and time.time() < mine.deadline:
                continue  # another is at it
            print(f"{step}: the run cannot be recorded in {contract.RUNS_FOLDER}: {error}")
            return contract.EXIT_LOST
    following = _Following(claimed, step)
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


def _start(run_: Run, futile: int) -> None:
    # Imported here: most steps only follow, and need not read it first.
    from . import detach

    detach.start_runner(run_, futile)


class _Following:
    """Reads the journal until `step` has ended, and sees to it that somebody writes it."""

    def __init__(self, run_: Run, step: str) -> None:
        self._run = run_
        self._step = step
        self._printed = 0
        self._tending = Tending(run_, _start)

    def follow(self) -> int:
        follower, tending = Follower(self._run.journal), self._tending
        code: Optional[int] = None
        while True:
            for line in follower.read():
                phase, stage = line["phase"], line.get("stage")
                if phase in ("started", "takenOver", "joined"):
                    tending.deadline = line["deadline"]
                if phase in ("started", "takenOver"):
                    tending.clock = clock_of(line)
                    if self._step not in line["stages"]:
                        self.print(f"{self._step}: not a stage of a {line['event']}'s plan")
                        return contract.EXIT_OK
                if phase in ENDS:
                    return self._over(line, code)
                if stage == self._step != "report" and phase != "taskRuns":
                    self.print(words_of(line))
                if phase == "stageEnded" and stage == self._step:
                    code = int(line["exit"])
                    if self._step != "report":
                        return code
            if tending.clock.now() > tending.deadline + PAST_DEADLINE_SECONDS:
                return self._lost(
                    tending.fault or "the deadline passed before the run had a word on this stage"
                )
            fault = tending.see_to()
            if fault:
                return self._lost(fault)
            time.sleep(POLL_SECONDS)

    def _over(self, line: Line, code: Optional[int]) -> int:
        if self._step == "report" and "report" in line:
            print(line["report"])
            return contract.EXIT_OK if code is None else code
        if line["phase"] == "ended" and line.get("spared"):
            self.print(f"{self._step}: the notice was withdrawn")
            return contract.EXIT_OK
        return self._lost(line.get("note", "the run ended without a word on this stage"))

    def _lost(self, why: str) -> int:
        self.print(f"{self._step}: {why}")
        return contract.EXIT_LOST

    def print(self, text: str) -> None:
        """SSM takes a step's output byte by byte: a few lines are plenty."""
        text = text[: max(0, OUTPUT_MOST_CHARS - self._printed - 1)]
        if text:
            self._printed += len(text) + 1
            print(text)
            sys.stdout.flush()
