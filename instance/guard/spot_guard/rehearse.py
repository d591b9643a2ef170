"""`run --rehearse`: the plan without a notice. Hooks are told so, and what it stops is started again."""

import json
import sys
import time
from typing import List

from . import contract, detach, lock, runs, sources
from .identity import Unidentified, instance_id_of
from .journal import ENDS, Follower, Line, words_of
from .metadata import Metadata
from .notice import Notice
from .run import Run
from .tending import Tending

POLL_SECONDS = 0.05
AFTERWARDS_SECONDS = 90.0
"""At most, for what was stopped to be started again."""
INTERRUPTED = 130
"""As a shell has it."""
SILENT = ("taskRuns", "stageStarted")


def run(window: int) -> int:
    """Exit code 0 for a graceful end."""
    under_way = [one.shown for one in runs.under_way()]
    if under_way or runs.is_interrupted():
        which = ", ".join(under_way) or "a notice's, whose deadline lies ahead"
        print(f"spot-guard run: a plan is under way: {which}. Wait for its end", file=sys.stderr)
        return contract.EXIT_FAILED
    metadata = Metadata()
    try:
        instance_id = instance_id_of(metadata)
    except Unidentified as why:
        print(f"spot-guard run: {why}", file=sys.stderr)
        return contract.EXIT_FAILED
    source = sources.find(metadata, instance_id)
    print(f"rehearses on {instance_id} with {window} s, settings from: {source.name}")
    if source.settings is None:
        print(f"no settings, as a notice would have none here: {source.why}")
    if source.guarded is False:
        print(f"the instance is {source.words_on_tag}. No notice would be acted on here")
    deadline = int(time.time()) + window
    notice = Notice(instance_id, "terminate", deadline, source.settings or {}, "rehearsal")
    claimed, _ = runs.claim(notice)
    try:
        return _follow(claimed)
    except KeyboardInterrupt:
        print(f"spot-guard run: the rehearsal goes on by itself, see {claimed.journal}", file=sys.stderr)
        return INTERRUPTED


def _follow(claimed: Run) -> int:
    follower, tending = Follower(claimed.journal), Tending(claimed, detach.start_runner)
    while True:
        lines = follower.read()
        for number, line in enumerate(lines, start=1):
            if line["phase"] == "ended":
                return _tell(claimed, follower, line["report"], lines[number:])
            if line["phase"] in ENDS:
                print(words_of(line))
                return contract.EXIT_FAILED
            if line["phase"] not in SILENT:
                print(words_of(line), flush=True)
        fault = tending.see_to()
        if fault:
            print(f"spot-guard run: {fault}", file=sys.stderr)
            return contract.EXIT_FAILED
        time.sleep(POLL_SECONDS)


def _tell(claimed: Run, follower: Follower, report: str, after: List[Line]) -> int:
    """`after`: what was read with it already, of what is done after the plan."""
    until = time.monotonic() + AFTERWARDS_SECONDS
    while lock.is_held(claimed.lock) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    for line in after + follower.read():
        print(words_of(line))
    said = json.loads(report)
    print(f"{said['result']}, {said['secondsToSpare']} s to spare; journal: {claimed.journal}")
    return contract.EXIT_OK if said["result"] == "graceful" else contract.EXIT_FAILED
