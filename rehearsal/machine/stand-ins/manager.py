"""What systemd does for one active unit: keeps a service, watches for a path, waits as a timer."""

import os
import signal
import subprocess
import sys
import time
from typing import Optional

import processes
import units
from units import Unit

LOOK_SECONDS = 0.02


class Stopping:
    """Whether the unit is being stopped. The signal goes to all of the session: to the service as well."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True


def keep(unit: Unit) -> None:
    """Restarts it as often as it ends."""
    stopping = Stopping()
    again = unit.one("Restart", "no") == "always"
    pause = units.seconds(unit.one("RestartSec", "100ms")) if again else 0.0
    while not stopping.asked:
        service = subprocess.Popen(unit.command(), cwd="/", env=unit.environment(), stdin=subprocess.DEVNULL)
        if stopping.asked:
            service.terminate()  # it may have come too late for the signal
        service.wait()
        if not again:
            return
        time.sleep(pause)


def watch(unit: Unit) -> None:
    """Starts its service while the file is there, also where it is there when the service has ended."""
    path = processes.ROOT + unit.one("PathExists").removeprefix(processes.ROOT)
    service = _named(unit, ".path")
    while True:
        if os.path.exists(path):
            units.start(service)
        time.sleep(LOOK_SECONDS)


def fire(unit: Unit) -> None:
    """Never: no hour passes here. It stays active, as a timer does."""
    _named(unit, ".timer")
    while True:
        signal.pause()


def _named(unit: Unit, suffix: str) -> Unit:
    name = unit.one("Unit", unit.name.removesuffix(suffix) + ".service")
    service: Optional[Unit] = units.read(name)
    if service is None:
        raise units.Unsupported(f"{unit.name}: {name} is not installed")
    return service


KINDS = {"service": keep, "path": watch, "timer": fire}


def main() -> None:
    unit = units.read(sys.argv[1])
    if unit is None:
        raise units.Unsupported(f"{sys.argv[1]} is not installed")
    KINDS[unit.name.rpartition(".")[2]](unit)


main()
