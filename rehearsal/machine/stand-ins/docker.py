"""docker, as far as the guard calls it: stop, start, inspect, kill, ps; `run` is the scenarios' own."""

import os
import signal
import sys
from typing import Callable, List

import processes

DEFAULT_STOP_SECONDS = 10.0


def main() -> int:
    processes.log("docker")
    containers = processes.Registry("containers")
    verb, arguments = (sys.argv[1:] or [""])[0], sys.argv[2:]
    if verb == "run" and arguments[:2] == ["--detach", "--name"] and len(arguments) > 3:
        return 0 if containers.start(arguments[2], arguments[3:], {"PATH": os.environ["PATH"]}) else 125
    if verb == "ps" and not arguments:
        for name in containers.names():
            if containers.is_running(name):
                print(name)
        return 0
    if verb == "inspect" and arguments[:2] == ["--format", "{{.State.Running}}"] and len(arguments) == 3:
        if containers.pid(arguments[2]) is None:
            return 1
        print("true" if containers.is_running(arguments[2]) else "false")
        return 0
    if verb == "start" and len(arguments) == 1:
        return 0 if containers.start_again(arguments[0]) else 1
    if verb == "stop":
        seconds = DEFAULT_STOP_SECONDS
        if arguments[:1] in (["-t"], ["--time"], ["--timeout"]):
            seconds = float(arguments[1])
            arguments = arguments[2:]
        _each(containers, arguments, lambda name: containers.kill(name, signal.SIGTERM))
        return _each(containers, arguments, lambda name: containers.await_end(name, seconds))
    if verb == "kill" and not any(name.startswith("-") for name in arguments):
        return _each(containers, arguments, lambda name: containers.kill(name, signal.SIGKILL))
    return processes.refuse("docker", " ".join(sys.argv[1:]))


def _each(containers: processes.Registry, names: List[str], act: Callable[[str], object]) -> int:
    missing = [name for name in names if containers.pid(name) is None]
    for name in names:
        if name not in missing:
            act(name)
    for name in missing:
        print(f"Error response from daemon: No such container: {name}", file=sys.stderr)
    return 1 if missing else 0


sys.exit(main())
