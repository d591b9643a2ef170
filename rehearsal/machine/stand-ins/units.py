"""Installed unit files, as far as the guard's own need it: what they say, and what systemd then runs."""

import os
import re
import shlex
import shutil
import sys
import time
from typing import Dict, List, NamedTuple, Optional

import processes

FOLDER = os.path.join(processes.ROOT, "etc/systemd/system")
LOADED = os.path.join(processes.STATE, "loaded")
"""Unit files as systemd has read them: what is changed on disk holds from daemon-reload on."""
SAID = os.path.join(processes.STATE, "said")
ACTED_ON = re.compile(
    r"Type|ExecStart|Environment|Restart|RestartSec|StartLimitIntervalSec|RuntimeDirectory"
    r"|RuntimeDirectoryPreserve|StateDirectory|KillMode|PathExists|Unit|OnUnitInactiveSec|WantedBy"
)
WITHOUT_EFFECT = re.compile(
    r"Description|After|Wants|StartLimitBurst|RuntimeMaxSec|RuntimeDirectoryMode|StateDirectoryMode"
    r"|OOMScoreAdjust|RandomizedDelaySec|ExecStopPost"
    r"|CapabilityBoundingSet|NoNewPrivileges|ReadWritePaths|MemoryDenyWriteExecute"
    r"|LockPersonality|(Protect|Private|Restrict|SystemCall|IPAddress)[A-Za-z]+"
)
"""Nothing of them can be seen here: nobody is confined, no hour passes, all is started at once, and what
the guard's unit does after a start that failed is for a real systemd (`npm run systemd`)."""


class Unsupported(Exception):
    """What the stand-in cannot do as systemd would."""


class Unit(NamedTuple):
    name: str
    """With its suffix."""
    said: Dict[str, List[str]]
    """Each directive's values, in their order."""

    def one(self, directive: str, otherwise: str = "") -> str:
        return self.said.get(directive, [otherwise])[-1]

    def command(self) -> List[str]:
        return shlex.split(self.one("ExecStart"))

    def environment(self) -> Dict[str, str]:
        env = processes.manager_environment()
        for line in self.said.get("Environment", []):
            for pair in shlex.split(line):
                name, _, value = pair.partition("=")
                env[name] = value
        return env


def full(name: str) -> str:
    return name if name.rpartition(".")[2] in ("service", "path", "timer") else f"{name}.service"


def known_as(name: str) -> str:
    """In the registry, where a service has no suffix."""
    return name.removesuffix(".service")


def is_installed(name: str) -> bool:
    return os.path.isfile(os.path.join(FOLDER, full(name)))


def forget_loaded() -> None:
    shutil.rmtree(LOADED, ignore_errors=True)


def read(name: str) -> Optional[Unit]:
    """None where no such unit is installed. Raises Unsupported."""
    loaded = os.path.join(LOADED, full(name))
    if not os.path.exists(loaded):
        if not is_installed(name):
            return None
        os.makedirs(LOADED, exist_ok=True)
        shutil.copyfile(os.path.join(FOLDER, full(name)), loaded)
    said: Dict[str, List[str]] = {}
    with open(loaded, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line and not line.startswith(("#", "[")):
                directive, _, value = line.partition("=")
                said.setdefault(directive, []).append(value)
    return _checked(Unit(full(name), said))


def _checked(unit: Unit) -> Unit:
    for directive in unit.said:
        if not ACTED_ON.fullmatch(directive) and not WITHOUT_EFFECT.fullmatch(directive):
            raise Unsupported(f"{unit.name}: {directive}")
    restarts = unit.one("Restart", "no")
    if restarts not in ("no", "always", "on-failure"):
        raise Unsupported(f"{unit.name}: Restart={restarts}")
    if restarts == "always" and unit.one("StartLimitIntervalSec") != "0":
        raise Unsupported(f"{unit.name}: a limit of its starts")
    if "RuntimeDirectory" in unit.said and unit.one("RuntimeDirectoryPreserve") != "yes":
        raise Unsupported(f"{unit.name}: a RuntimeDirectory that goes with the unit")
    if restarts == "on-failure" and unit.one("RestartSec") != "1min":
        raise Unsupported(f"{unit.name}: a service that is started again while the rehearsal lasts")
    if unit.name.endswith(".timer") and unit.one("OnUnitInactiveSec") != "1h":
        raise Unsupported(f"{unit.name}: OnUnitInactiveSec={unit.one('OnUnitInactiveSec')}")
    return unit


def seconds(text: str) -> float:
    """Of `100ms` and `1s`. Raises Unsupported."""
    for suffix, factor in (("ms", 0.001), ("s", 1.0)):
        number = text.removesuffix(suffix)
        if number != text and number.isdigit():
            return int(number) * factor
    raise Unsupported(f"the time span {text}")


def start(unit: Unit) -> None:
    """A oneshot is over when this returns; of all others a process of the manager's takes care."""
    for directive, folder in (("RuntimeDirectory", "run"), ("StateDirectory", "var/lib")):
        for name in unit.said.get(directive, []):
            os.makedirs(os.path.join(processes.ROOT, folder, name), exist_ok=True)
    os.makedirs(SAID, exist_ok=True)
    registry = processes.Registry("units")
    name, said = known_as(unit.name), os.path.join(SAID, f"{known_as(unit.name)}.log")
    if unit.one("Type") == "oneshot":
        registry.start(name, unit.command(), unit.environment(), said)
        while registry.is_running(name):
            time.sleep(processes.POLL_SECONDS)
        return
    manager = os.path.join(os.path.dirname(os.path.abspath(__file__)), "manager.py")
    env = {**processes.manager_environment(), "REHEARSAL_ROOT": processes.ROOT}
    registry.start(name, [sys.executable, "-E", "-S", "-B", manager, unit.name], env, said)
