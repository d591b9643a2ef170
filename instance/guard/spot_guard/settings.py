"""What the tags ask for, parsed. Tags are data: a value that is not plainly what it should be is refused."""

import re
from typing import Callable, Dict, List, NamedTuple, Tuple

from . import contract
from .roots import check_folder

UNIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9:_.\\@-]{0,254}")
UNIT_SUFFIXES = ("service", "socket", "timer", "path")
CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
WORKLOAD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
STOPPED = ("start", "leave")
MOMENTS = ("drain-until", "save-until", "clean-until")
SEPARATORS = re.compile(r"[,\s]+")
NEEDED = re.compile(
    r"(amazon-ssm-agent|snap\.amazon-ssm-agent|spot-guard"
    r"|dbus|systemd-|NetworkManager|networking\.|networking$|network\.)"
)
"""Units without which the notice is not handled, not reported, or nothing leaves the machine."""


class Settings(NamedTuple):
    units: Tuple[str, ...]
    containers: Tuple[str, ...]
    state: Tuple[str, ...]
    workload: str
    """Empty where no tag names one."""
    seconds: Dict[str, int]
    """drain-until, save-until, clean-until, grace: whole seconds."""
    start_again: bool
    """What was stopped, where the machine lives on."""
    refused: Tuple[str, ...]
    """Each refused value with the reason, behind the setting's name and a colon; for all but names and
    folders the defaults then hold."""
    unsafe: Tuple[str, ...]
    """Those of them that leave something undone that the user asked for."""


def parse(raw: Dict[str, str]) -> Settings:
    """Total: any map of strings gives settings."""
    unsafe: List[str] = []
    units = _each(raw, "units", _unit, unsafe)
    containers = _each(raw, "containers", _container, unsafe)
    state = _each(raw, "state", check_folder, unsafe)
    workload = _each(raw, "workload", _workload, unsafe)
    if len(workload) > 1:
        unsafe.append("workload: more than one name")
    refused: List[str] = []
    seconds = _seconds(raw, refused)
    stopped = raw.get("stopped", STOPPED[0]).strip()
    rebalance = raw.get(contract.REBALANCE, contract.REBALANCE_SAVE)
    if rebalance != contract.REBALANCE_SAVE:
        refused.append(f"rebalance: {_shown(rebalance)} is not {contract.REBALANCE_SAVE}")
    if stopped not in STOPPED:
        refused.append(f"stopped: {_shown(stopped)} is not one of {', '.join(STOPPED)}")
    return Settings(
        units,
        containers,
        state,
        workload[0] if len(workload) == 1 else "",
        seconds,
        stopped != "leave",
        tuple(unsafe + refused),
        tuple(unsafe),
    )


def _each(raw: Dict[str, str], name: str, check: Callable[[str], str], unsafe: List[str]) -> Tuple[str, ...]:
    found: List[str] = []
    for token in SEPARATORS.split(raw.get(name, "").strip()):
        if not token or token in found:
            continue
        reason = check(token)
        if reason:
            unsafe.append(f"{name}: {_shown(token)}: {reason}")
        else:
            found.append(token)
    return tuple(found)


def _shown(token: str) -> str:
    """Plain ASCII of bounded length: it goes into the journal and the report."""
    return ascii(token[:40])[1:-1]


def _unit(token: str) -> str:
    if not UNIT.fullmatch(token):
        return "not the name of a systemd unit"
    if NEEDED.match(token):
        return "the interruption is handled and reported with it"
    suffix = token.rpartition(".")[2] if "." in token else "service"
    if suffix not in UNIT_SUFFIXES and re.fullmatch(
        r"target|mount|automount|swap|slice|scope|device", suffix
    ):
        return "only a service, socket, timer or path unit can be stopped"
    return ""


def _container(token: str) -> str:
    return "" if CONTAINER.fullmatch(token) else "not the name of a container"


def _workload(token: str) -> str:
    return "" if WORKLOAD.fullmatch(token) else "not a workload: letters, digits, dot, dash and underscore"


def _seconds(raw: Dict[str, str], refused: List[str]) -> Dict[str, int]:
    seconds = dict(contract.DEFAULT_SECONDS)
    for name, (least, most) in contract.SECONDS_RANGE.items():
        if name not in raw:
            continue
        value = raw[name].strip()
        if re.fullmatch(r"[0-9]{1,4}", value) and least <= int(value) <= most:
            seconds[name] = int(value)
        else:
            refused.append(f"{name}: {_shown(value)} is not a number of seconds from {least} to {most}")
    if not seconds["drain-until"] >= seconds["save-until"] >= seconds["clean-until"]:
        refused.append(f"{', '.join(MOMENTS)}: must fall in this order")
        for name in MOMENTS:
            seconds[name] = contract.DEFAULT_SECONDS[name]
    return seconds
