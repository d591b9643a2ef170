"""Stops what a tag names, and fails where it had to be killed: that is not what was asked for."""

import subprocess
import time
from typing import List, Optional, Set

from . import contract


def stop_units(systemctl: str, units: List[str]) -> int:
    """Exits as systemctl does. It waits for TimeoutStopSec, then kills, and calls that a success."""
    at_rest = _units_with("ActiveState", ("inactive", "failed"), systemctl, units) or set()
    code = subprocess.call([systemctl, "stop", "--", *units])
    if code != 0:
        return code
    timed_out = _units_with("Result", ("timeout",), systemctl, units)
    if timed_out is None:
        print("systemd does not say whether they stopped or had to be killed")
        return contract.EXIT_FAILED
    # What was at rest before keeps the result of another day.
    killed = sorted(timed_out - at_rest)
    if killed:
        print(f"did not stop within its TimeoutStopSec and was killed: {', '.join(killed)}")
        return contract.EXIT_FAILED
    return contract.EXIT_OK


def _units_with(name: str, values: "tuple[str, ...]", systemctl: str, units: List[str]) -> Optional[Set[str]]:
    """Those of the units whose property has one of the values; None where systemd does not say."""
    asked = [systemctl, "show", f"--property=Id,{name}", "--", *units]
    shown = subprocess.run(asked, stdout=subprocess.PIPE, check=False)
    if shown.returncode != 0:
        return None
    found: Set[str] = set()
    for block in shown.stdout.decode("utf-8", "replace").split("\n\n"):
        lines = block.splitlines()
        if any(f"{name}={value}" in lines for value in values):
            found.update(line[len("Id=") :] for line in lines if line.startswith("Id="))
    return found


def stop_containers(engine: str, seconds: int, containers: List[str]) -> int:
    """Exits as the engine does. After `seconds` it kills, and calls that a success."""
    started = time.monotonic()
    code = subprocess.call([engine, "stop", "-t", str(seconds), *containers])
    if code == 0 and time.monotonic() - started >= seconds:
        print(f"did not stop within {seconds} s and was killed: one of {', '.join(containers)}")
        return contract.EXIT_FAILED
    return code
