"""systemctl, as far as the guard calls it: a table of verbs, on transient units and on installed ones."""

import os
import signal
import sys
from typing import Callable, Dict, List

import processes
import units

STOP_SECONDS = 90.0
"""systemd's DefaultTimeoutStopSec."""
INACTIVE = 3
NOT_LOADED = 5
REGISTRY = processes.Registry("units")
Options = List[str]
Names = List[str]


def _known(names: Names) -> Names:
    """Those that have been started."""
    return [name for name in names if REGISTRY.pid(name) is not None]


def _end(names: Names) -> None:
    for name in names:
        REGISTRY.kill(name, signal.SIGTERM)
    for name in names:
        REGISTRY.await_end(name, STOP_SECONDS)


def stop(_options: Options, names: Names) -> int:
    unknown = [name for name in names if name not in _known(names) and not units.is_installed(name)]
    for name in unknown:
        print(f"Failed to stop {name}.service: Unit {name}.service not loaded.", file=sys.stderr)
    _end(_known(names))
    return NOT_LOADED if unknown else 0


def start(_options: Options, names: Names) -> int:
    started = [_start(name) for name in names]
    return 0 if all(started) else NOT_LOADED


def _start(name: str) -> bool:
    unit = units.read(name)
    if unit is None:
        return REGISTRY.start_again(name)
    if not REGISTRY.is_running(name):
        units.start(unit)
    return True


def restart(options: Options, names: Names) -> int:
    _end(_known(names))
    return start(options, names)


def enable(_options: Options, names: Names) -> int:
    for name in names:
        unit = units.read(name)
        if unit is None or "WantedBy" not in unit.said:
            print(f"Failed to enable unit: Unit file {units.full(name)} does not exist.", file=sys.stderr)
            return 1
        link = _link(unit.name, unit.one("WantedBy"))
        os.makedirs(os.path.dirname(link), exist_ok=True)
        if not os.path.islink(link):
            os.symlink(os.path.join(units.FOLDER, unit.name), link)
    return 0


def disable(options: Options, names: Names) -> int:
    if "--now" in options:
        _end(_known(names))
    for name in names:
        unit = units.read(name)
        link = _link(units.full(name), unit.one("WantedBy") if unit else "")
        if os.path.islink(link):
            os.unlink(link)
    return 0


def _link(name: str, target: str) -> str:
    return os.path.join(units.FOLDER, f"{target}.wants", name)


def daemon_reload(_options: Options, _names: Names) -> int:
    units.forget_loaded()
    return 0


def show(options: Options, names: Names) -> int:
    asked = options[-1].rpartition(",")[2]
    tell = REGISTRY.result if asked == "Result" else _state
    print("\n\n".join(f"Id={units.full(name)}\n{asked}={tell(name)}" for name in names))
    return 0


def _state(name: str) -> str:
    return "active" if REGISTRY.is_running(name) else "inactive"


def kill(options: Options, names: Names) -> int:
    number = signal.Signals[options[-1].partition("=")[2]] if options else signal.SIGTERM
    for name in _known(names):
        REGISTRY.kill(name, number)
    return 0 if _known(names) == names else 1


def is_active(options: Options, names: Names) -> int:
    states = [_state(name) for name in names]
    if not options:
        print("\n".join(states))
    return 0 if "active" in states else INACTIVE


VERBS: Dict[str, Callable[[Options, Names], int]] = {
    "stop": stop,
    "start": start,
    "restart": restart,
    "enable": enable,
    "disable": disable,
    "daemon-reload": daemon_reload,
    "show": show,
    "kill": kill,
    "is-active": is_active,
}
OPTIONS: Dict[str, List[Options]] = {
    "enable": [[], ["--quiet"]],
    "disable": [[], ["--quiet"], ["--now"], ["--quiet", "--now"]],
    "show": [["--property=Id,Result"], ["--property=Id,ActiveState"]],
    "kill": [[], *([f"--signal={number.name}"] for number in signal.Signals)],
    "is-active": [[], ["--quiet"]],
}
"""What each verb may have beside its units; of the others, nothing."""


def main() -> int:
    processes.log("systemctl")
    arguments = sys.argv[1:]
    options = [one for one in arguments if one.startswith("-") and one != "--"]
    words = [units.known_as(one) for one in arguments if not one.startswith("-")]
    verb = (words or [""])[0]
    if verb not in VERBS or options not in OPTIONS.get(verb, [[]]):
        return processes.refuse("systemctl", " ".join(arguments))
    try:
        return VERBS[verb](options, words[1:])
    except units.Unsupported as what:
        return processes.refuse("systemctl", str(what))


sys.exit(main())
