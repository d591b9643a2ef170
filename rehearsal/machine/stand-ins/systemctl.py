"""systemctl, as far as the guard calls it: stop, start, show, kill, is-active."""

import signal
import sys
from typing import List

import processes

STOP_SECONDS = 90.0
"""systemd's DefaultTimeoutStopSec."""
INACTIVE = 3
NOT_LOADED = 5


def main() -> int:
    processes.log("systemctl")
    verb, options, names = _split(sys.argv[1:])
    units = processes.Registry("units")
    known = [name for name in names if units.pid(name) is not None]
    if verb == "stop" and not options:
        for name in names:
            if name not in known:
                print(f"Failed to stop {name}.service: Unit {name}.service not loaded.", file=sys.stderr)
        for name in known:
            units.kill(name, signal.SIGTERM)
        for name in known:
            units.await_end(name, STOP_SECONDS)
        return 0 if known == names else NOT_LOADED
    if verb == "start" and not options:
        return 0 if all([units.start_again(name) for name in names]) else NOT_LOADED
    if verb == "show" and options == ["--property=Id,Result"]:
        print("\n\n".join(f"Id={name}.service\nResult={units.result(name)}" for name in names))
        return 0
    if verb == "show" and options == ["--property=Id,ActiveState"]:
        states = {name: "active" if units.is_running(name) else "inactive" for name in names}
        print("\n\n".join(f"Id={name}.service\nActiveState={state}" for name, state in states.items()))
        return 0
    if verb == "kill" and all(option.startswith("--signal=") for option in options):
        number = signal.Signals[options[-1].partition("=")[2]] if options else signal.SIGTERM
        for name in known:
            units.kill(name, number)
        return 0 if known == names else 1
    if verb == "is-active" and options in ([], ["--quiet"]):
        active = any(units.is_running(name) for name in known)
        if not options:
            print("active" if active else "inactive")
        return 0 if active else INACTIVE
    return processes.refuse("systemctl", " ".join(sys.argv[1:]))


def _split(arguments: List[str]) -> "tuple[str, List[str], List[str]]":
    """Verb, options, and units without their `.service`."""
    options = [one for one in arguments if one.startswith("-") and one != "--"]
    words = [one.removesuffix(".service") for one in arguments if not one.startswith("-")]
    return (words or [""])[0], options, words[1:]


sys.exit(main())
