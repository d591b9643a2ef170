"""Starts the runner so that nothing which ends its caller can end it."""

import os
import signal
import time
from typing import List, Optional

from . import contract
from .paths import guard_command, has_systemd, search_path, which
from .run import Run

SYSTEMD_RUN_SECONDS = 3.0
PASSED_ON = (
    contract.ROOT_VARIABLE,
    contract.METADATA_VARIABLE,
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
)
"""Of the caller's: where the rehearsal has its machine, and what answers in place of AWS."""


def start_runner(run: Run, futile: int = 0) -> None:
    """A transient unit where there is systemd, else a session of its own. Raises OSError.

    Starting it twice does no harm: a runner that does not get the run's lock leaves. `futile`: so many
    starts brought none; where none has written a line either, units are not for us on this machine.
    """
    command = [*guard_command(), "run", run.folder]
    trusted = has_systemd() and (futile == 0 or os.path.exists(run.journal))
    if not (trusted and _start_unit(run, command)):
        spawn(command, stderr=os.path.join(run.folder, "runner.log"))


def _start_unit(run: Run, command: List[str]) -> bool:
    systemd_run = which("systemd-run")
    if systemd_run is None:
        return False
    # KillMode=process: a machine that thaws after its deadline must find everything alive, and
    # the runner itself ends what its tasks left behind.
    options = [
        f"--unit={contract.RUN_UNIT}-{run.name}",
        "--collect",
        "--quiet",
        "--property=KillMode=process",
        # By default a task that memory pressure ends takes the runner along, and some hundred tasks are all.
        "--property=OOMPolicy=continue",
        "--property=TasksMax=infinity",
        "--property=StandardOutput=null",
        "--property=StandardError=journal",
        *(f"--setenv={name}={value}" for name, value in _environment().items()),
    ]
    try:
        pid = spawn([systemd_run, *options, "--", *command], stderr=os.devnull)
    except OSError:
        return False
    return _wait(pid, SYSTEMD_RUN_SECONDS) == 0


def spawn(command: List[str], stderr: str) -> int:
    """In a session of its own; what it says on stderr goes to that file. Returns its pid. Raises OSError.

    Not by subprocess: that module is a third of a watcher's memory, and of the time in which a step starts.
    """
    try:
        return _posix_spawn(command, stderr)
    except OSError:
        return _posix_spawn(command, os.devnull)  # a full disk loses words, not the run


def _posix_spawn(command: List[str], stderr: str) -> int:
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
    ]
    return os.posix_spawn(command[0], command, _environment(), file_actions=actions, setsid=True)


def _environment() -> "dict[str, str]":
    return {"PATH": search_path(), **{name: os.environ[name] for name in PASSED_ON if name in os.environ}}


def _wait(pid: int, seconds: float) -> Optional[int]:
    """Its exit code; None where it does not end in time, and is killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None
