"""Started by systemd when the watcher asks for it: outside of the watcher's sandbox."""

import os

from . import contract, detach, lock, runs, stopped
from .paths import guard_command, here


def start() -> int:
    """A runner for each run that has none. Returns an exit code."""
    try:
        os.unlink(here(contract.WANTED_FILE))  # first: what is asked for from here on is another request
    except FileNotFoundError:
        pass  # called by hand
    code = contract.EXIT_OK
    for run in runs.under_way():
        try:
            if not lock.is_held(run.lock):
                detach.start_runner(run)
        except OSError as error:
            print(f"the runner of {run.shown} cannot be started: {error}")
            code = contract.EXIT_FAILED
    if stopped.is_left_behind():
        detach.spawn([*guard_command(), "start-again"], os.devnull)
    return code
