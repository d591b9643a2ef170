"""Stops what a tag names, and fails where it had to be killed: that is not what was asked for."""

import subprocess
import time
from typing import Dict, List, Optional

from . import contract, stopped
from .stopped import Stopped

AT_REST = ("inactive", "failed")


def stop_units(deadline: int, systemctl: str, units: List[str]) -> int:
    """Exits as systemctl does. It waits for TimeoutStopSec, then kills, and calls that a success.

    `deadline` is the notice's; 0 where what is stopped must not be started again.
    """
    shown = _shown("ActiveState", systemctl, units)
    # Where systemd does not say, starting what did not run is the lesser harm.
    states = dict.fromkeys(units, "") if shown is None else shown
    running = tuple(unit for unit, state in states.items() if state not in AT_REST)
    _record(Stopped(deadline, units=running, systemctl=systemctl))
    code = subprocess.call([systemctl, "stop", "--", *units])
    if code != 0:
        return code
    results = _shown("Result", systemctl, units)
    if results is None:
        print("systemd does not say whether they stopped or had to be killed")
        return contract.EXIT_FAILED
    # What was at rest before keeps the result of another day.
    killed = [
        unit for unit, result in results.items() if result == "timeout" and states.get(unit) not in AT_REST
    ]
    if killed:
        print(f"did not stop within its TimeoutStopSec and was killed: {', '.join(sorted(killed))}")
        return contract.EXIT_FAILED
    return contract.EXIT_OK


def _shown(name: str, systemctl: str, units: List[str]) -> Optional[Dict[str, str]]:
    """The units' property, by the unit's own name; None where systemd does not say."""
    asked = [systemctl, "show", f"--property=Id,{name}", "--", *units]
    shown = subprocess.run(asked, stdout=subprocess.PIPE, check=False)
    if shown.returncode != 0:
        return None
    found: Dict[str, str] = {}
    for block in shown.stdout.decode("utf-8", "replace").split("\n\n"):
        fields: Dict[str, str] = {}
        for line in block.splitlines():
            key, _, value = line.partition("=")
            fields[key] = value
        if "Id" in fields and name in fields:
            found[fields["Id"]] = fields[name]
    return found


def stop_containers(deadline: int, engine: str, seconds: int, containers: List[str]) -> int:
    """Exits as the engine does. After `seconds` it kills, and calls that a success."""
    started = time.monotonic()
    if deadline:
        running = tuple(name for name in containers if _is_running(engine, name))
        _record(Stopped(deadline, containers=running, engine=engine))
    code = subprocess.call([engine, "stop", "-t", str(seconds), *containers])
    if code == 0 and time.monotonic() - started >= seconds:
        print(f"did not stop within {seconds} s and was killed: one of {', '.join(containers)}")
        return contract.EXIT_FAILED
    return code


def _is_running(engine: str, name: str) -> bool:
    asked = [engine, "inspect", "--format", "{{.State.Running}}", name]
    shown = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return shown.stdout.strip() == b"true"


def _record(now: Stopped) -> None:
    if now.deadline == 0 or not (now.units or now.containers):
        return
    try:
        stopped.record(now)
    except (OSError, TimeoutError) as error:
        # Stopping is what was asked for; the words are the task's last, if it fails.
        print(f"will not be started again, should the machine live on: {error}")
