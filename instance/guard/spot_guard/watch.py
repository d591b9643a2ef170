"""The watcher: asks the metadata service once a second, and sees to it that a notice gets its plan."""

import signal
import sys
import time

from . import contract, detach
from .metadata import Metadata
from .watcher import Watcher

TICK_SECONDS = 1.0


def run(sandboxed: bool) -> int:
    """Until it is told to end. `sandboxed`: systemd has to start the runner, outside of this sandbox."""
    watcher = Watcher(sandboxed, Metadata(), detach.start_runner, detach.spawn)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(contract.EXIT_OK))
    tick = time.monotonic()
    while True:
        watcher.look()
        tick += TICK_SECONDS
        left = tick - time.monotonic()
        if left > 0:
            time.sleep(left)
        else:
            tick = (
                time.monotonic()
            )  # a slow answer, or a machine that slept: what was missed is not made up for
