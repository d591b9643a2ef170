"""Once: which run a notice belongs to. Two paths that bring the same notice find the same run."""

import os
from typing import List, Optional, Tuple

from . import contract, files, lock
from .clock import Clock
from .journal import RESERVED_BYTES, reserve
from .notice import Notice
from .paths import here
from .run import INTERRUPTION, REHEARSAL, Run

SAME_NOTICE_SECONDS = 180
"""The event and the metadata differ by seconds; two notices in one boot lie further apart."""
CLAIM_SECONDS = 2.0
NOTICE_BYTES = 32768
"""Ten settings of 256 characters fit, of which JSON makes up to 12 bytes each."""


def hold(seconds: float = CLAIM_SECONDS) -> int:
    """Until it is closed, no run is recorded and no notice file changes. Raises OSError, TimeoutError."""
    runs = here(contract.RUNS_FOLDER)
    os.makedirs(runs, mode=0o700, exist_ok=True)
    return lock.acquire(os.path.join(runs, "claim"), seconds)


def claim(wanted: Notice, shown: bool = False) -> "Tuple[Run, bool]":
    """The run of this notice, and whether this call made it. Raises OSError (no room), TimeoutError.

    `shown`: EC2 shows it at this moment. A plan that was spared meanwhile is then not the last word.
    """
    claiming = hold()
    runs = here(contract.RUNS_FOLDER)
    try:
        # A rehearsal is called for, not brought by two paths: each has a run of its own.
        found = None if wanted.event == REHEARSAL else find(wanted.event, wanted.deadline)
        if shown and found is not None and found.is_spared():
            found = None
        if found is not None:
            try:
                found.join(wanted)
            except (OSError, ValueError, TypeError, LookupError):
                pass  # no room, or nothing to be read: the run goes on with what it has
            return found, False
        suffix = "" if wanted.event == INTERRUPTION else f"-{wanted.event}"
        while os.path.exists(os.path.join(runs, f"{wanted.deadline}{suffix}")):
            wanted = wanted._replace(deadline=wanted.deadline + 1)
        made = Run(os.path.join(runs, f"{wanted.deadline}{suffix}"))
        # The notice is in place before the name is, so that no other sees a run without one.
        ready = _make_ready(runs)
        # The token: who cannot read this file cannot pass for a process of the run.
        own = {"token": os.urandom(16).hex(), "clock": Clock().anchor}
        files.fill(ready.notice_file, files.as_json({**wanted._asdict(), **own}))
        os.rename(ready.folder, made.folder)
        return made, True
    finally:
        os.close(claiming)


def make_ready() -> None:
    """Takes the room of the next run now: what fills /run later keeps no notice from its plan.

    Raises OSError (no room), TimeoutError.
    """
    claiming = hold()
    try:
        ready = _make_ready(here(contract.RUNS_FOLDER))
        reserve(ready.notice_file, NOTICE_BYTES)
        reserve(ready.joined_room, NOTICE_BYTES)
        reserve(ready.room, RESERVED_BYTES)
    finally:
        os.close(claiming)


def _make_ready(runs: str) -> Run:
    """Also what is left of a call that was killed or had no room. Raises OSError."""
    ready = Run(os.path.join(runs, "next"))
    os.makedirs(ready.folder, mode=0o700, exist_ok=True)
    os.makedirs(ready.acknowledged, mode=0o700, exist_ok=True)
    for path in (ready.unfinished, ready.lock, ready.request):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return ready


def find(event: str, deadline: int) -> Optional[Run]:
    """The run of a notice with this deadline or one near it; a spared one only where there is no other."""
    near = [
        (run.is_spared(), abs(of - deadline), run)
        for of, run in every()
        if run.event == event and abs(of - deadline) <= SAME_NOTICE_SECONDS
    ]
    return min(near)[2] if near else None


def unfinished() -> List[Run]:
    """Those whose plan is not over, the latest deadline first."""
    return [run for _, run in sorted(every(), reverse=True) if os.path.exists(run.unfinished)]


def under_way() -> List[Run]:
    """Those of them that have a runner, or may yet get one: nobody takes over after the deadline."""

    def may_end(run: Run) -> bool:
        try:
            return lock.is_held(run.lock) or run.seconds_left() > 0
        except OSError:
            return True  # it cannot be looked at now

    return [run for run in unfinished() if may_end(run)]


def is_interrupted() -> bool:
    """Whether an interruption's plan is under way, or its deadline lies ahead and it was not withdrawn."""
    if any(run.event == INTERRUPTION for run in under_way()):
        return True
    ahead = (run for _, run in every() if run.event == INTERRUPTION and not run.is_spared())
    return any(run.seconds_left() > 0 for run in ahead)


def alive() -> List[Run]:
    """Also those whose plan is over, and whose runner stays in case that the machine lives on."""
    coming = under_way()
    return [run for _, run in every() if run in coming or lock.is_held(run.lock)]


def every() -> "List[Tuple[int, Run]]":
    """Of this boot, each with its deadline."""
    runs = here(contract.RUNS_FOLDER)
    try:
        names = os.listdir(runs)
    except FileNotFoundError:
        return []
    found: List[Tuple[int, Run]] = []
    for name in names:
        deadline, dash, event = name.partition("-")
        if deadline.isascii() and deadline.isdigit() and (not dash or event in contract.EVENTS):
            found.append((int(deadline), Run(os.path.join(runs, name))))
    return found
