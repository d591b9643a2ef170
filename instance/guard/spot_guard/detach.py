"""Starts the runner so that nothing which ends its caller can end it."""

import os
import shutil
import subprocess
from typing import List

from . import contract
from .paths import guard_command, has_systemd, search_path
from .runs import Run

SYSTEMD_RUN_SECONDS = 3.0


def start_runner(run: Run, again: bool) -> None:
    """A transient unit where there is systemd, else a session of its own. Raises OSError.

    Starting it twice does no harm: a runner that does not get the run's lock leaves. `again`: one was
    started and is not there; where it has not written a line, units are not for us on this machine.
    """
    command = [*guard_command(), "run", run.folder]
    trusted = has_systemd() and (not again or os.path.exists(run.journal))
    if not (trusted and _start_unit(command)):
        _start_session(command, os.path.join(run.folder, "runner.log"))


def _start_unit(command: List[str]) -> bool:
    systemd_run = shutil.which("systemd-run", path=search_path())
    if systemd_run is None:
        return False
    # KillMode=process: a machine that thaws after its deadline must find everything alive, and
    # the runner itself ends what its tasks left behind.
    options = [
        f"--unit={contract.RUN_UNIT}",
        "--collect",
        "--quiet",
        "--property=KillMode=process",
        # By default a task that memory pressure ends takes the runner along, and some hundred tasks are all.
        "--property=OOMPolicy=continue",
        "--property=TasksMax=infinity",
        "--property=StandardOutput=null",
        "--property=StandardError=journal",
        f"--setenv=PATH={search_path()}",
    ]
    root = os.environ.get(contract.ROOT_VARIABLE)
    if root:
        options.append(f"--setenv={contract.ROOT_VARIABLE}={root}")
    try:
        done = subprocess.run(
            [systemd_run, *options, "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SYSTEMD_RUN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False  # no manager answers: a session of its own still does
    return done.returncode == 0


def _start_session(command: List[str], log: str) -> None:
    """What the runner says on stderr, were it to fail, goes to `log`."""
    environment = {"PATH": search_path()}
    root = os.environ.get(contract.ROOT_VARIABLE)
    if root:
        environment[contract.ROOT_VARIABLE] = root
    try:
        stderr = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError:
        stderr = os.open(os.devnull, os.O_WRONLY)  # a full disk loses words, not the run
    try:
        subprocess.Popen(
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    finally:
        os.close(stderr)
