"""Starts the runner so that nothing which ends its caller can end it."""

import os
import shutil
import subprocess
from typing import List

from . import contract
from .builtin import has_systemd
from .paths import guard_command, search_path
from .runs import Run

SYSTEMD_RUN_SECONDS = 3.0


def start_runner(run: Run) -> None:
    """A transient unit where there is systemd, else a session of its own. Raises OSError.

    Starting it twice does no harm: a runner that does not get the run's lock leaves.
    """
    command = [*guard_command(), "run", run.folder]
    if not (has_systemd() and _start_unit(command)):
        _start_session(command)


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


def _start_session(command: List[str]) -> None:
    environment = {"PATH": search_path()}
    root = os.environ.get(contract.ROOT_VARIABLE)
    if root:
        environment[contract.ROOT_VARIABLE] = root
    subprocess.Popen(
        command,
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
