"""The watcher: asks the metadata service once a second, and sees to it that a notice gets its plan."""

import os
import signal
import sys
import time
from typing import Optional

from . import contract, detach, files, lock
from .metadata import Metadata
from .paths import here
from .watcher import Watcher

TICK_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
"""With a watcher that was killed a moment ago, and with its own supervisor's haste."""
INTERRUPTED = 130
"""As a shell has it."""
LOCK_FILE = f"{contract.RUN_FOLDER}/watch.lock"
"""Held by a watcher as long as it lives; its pid is in it."""


def run(sandboxed: bool) -> int:
    """Until it is told to end. `sandboxed`: systemd has to start the runner, outside of this sandbox."""
    held = _hold(0.0 if sandboxed else PATIENCE_SECONDS)
    if held is False:
        if not sandboxed:
            ends = f"systemctl stop {contract.WATCH_UNIT} or kill"
            print(f"spot-guard watch: {_other()}: leave it, or end it first with {ends}", file=sys.stderr)
            return contract.EXIT_FAILED
        # systemd's own is never refused: whoever started the other may end it at any time.
        print(f"{_other()}: both watch", flush=True)
    watcher = Watcher(sandboxed, Metadata(), detach.start_runner, detach.spawn)
    for number, code in ((signal.SIGTERM, contract.EXIT_OK), (signal.SIGINT, INTERRUPTED)):
        signal.signal(number, lambda _number, _frame, code=code: sys.exit(code))
    tick = time.monotonic()
    while True:
        watcher.look()
        held = held or _hold(0.0)
        tick += TICK_SECONDS
        left = tick - time.monotonic()
        if left > 0:
            time.sleep(left)
        else:
            tick = (
                time.monotonic()
            )  # a slow answer, or a machine that slept: what was missed is not made up for


def _hold(within_seconds: float) -> Optional[bool]:
    """Whether this process holds the lock from now on; None where it cannot be had for lack of room."""
    try:
        os.makedirs(here(contract.RUN_FOLDER), exist_ok=True)
        held = lock.acquire(here(LOCK_FILE), within_seconds)
    except TimeoutError:
        return False
    except OSError:
        return None
    try:
        os.ftruncate(held, os.pwrite(held, b"%d" % os.getpid(), 0))
    except OSError:
        pass  # no room: whoever is refused is not told by whom
    return True


def _other() -> str:
    try:
        pid = files.read(here(LOCK_FILE)).decode("ascii", "replace")
    except OSError:
        pid = ""
    return f"a watcher lives already (pid {pid})" if pid.isdigit() else "a watcher lives already"
