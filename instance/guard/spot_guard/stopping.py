"""Stops what a tag names, and fails where it had to be killed: that is not what was asked for."""

import subprocess
import time
from typing import List

from . import contract


def stop_units(systemctl: str, units: List[str]) -> int:
    """Exits as systemctl does. It waits for TimeoutStopSec, then kills, and calls that a success."""
    code = subprocess.call([systemctl, "stop", "--", *units])
    if code != 0:
        return code
    shown = subprocess.run(
        [systemctl, "show", "--property=Id,Result", "--", *units], stdout=subprocess.PIPE, check=False
    )
    if shown.returncode != 0:
        return shown.returncode
    killed: List[str] = []
    for block in shown.stdout.decode("utf-8", "replace").split("\n\n"):
        lines = block.splitlines()
        if "Result=timeout" in lines:
            killed += [line[len("Id=") :] for line in lines if line.startswith("Id=")]
    if killed:
        print(f"did not stop within its TimeoutStopSec and was killed: {', '.join(killed)}")
        return contract.EXIT_FAILED
    return contract.EXIT_OK


def stop_containers(engine: str, seconds: int, containers: List[str]) -> int:
    """Exits as the engine does. After `seconds` it kills, and calls that a success."""
    started = time.monotonic()
    code = subprocess.call([engine, "stop", "-t", str(seconds), *containers])
    if code == 0 and time.monotonic() - started >= seconds:
        print(f"did not stop within {seconds} s and was killed: one of {', '.join(containers)}")
        return contract.EXIT_FAILED
    return code
