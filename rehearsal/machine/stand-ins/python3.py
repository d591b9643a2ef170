"""Run in front of every Python program of the sandbox: no socket may reach a host that is not loopback.

And the time of day may be behind this machine's, where many sandboxes take turns on it.

An audit hook cannot be taken out again, and a fork keeps it; a child process passes here again, because
`sys.executable` and PATH both name the stand-in. Then the program runs as if called directly.
"""

import json
import os
import sys
import time
import types
from typing import Callable, cast

VIOLATIONS, STAND_IN = sys.argv[1:3]


def _is_loopback(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    return name in ("", "None", "localhost", "::1") or name.startswith(("127.", "::ffff:127."))


def _audit(event: str, arguments: "tuple[object, ...]") -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = cast("tuple[object, ...] | str | None", arguments[1])
        # A path is a Unix socket; None, for a datagram, goes where the socket is connected to.
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if host is None or _is_loopback(host):
        return
    line = json.dumps({"host": str(host), "by": " ".join(sys.argv)[:200]})
    with open(VIOLATIONS, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    raise OSError(101, f"the rehearsal refuses a connection to {host}: not loopback")


def _run(arguments: "list[str]") -> None:
    import runpy

    here = sys.path[0] if not sys.flags.isolated else None
    if here is not None:
        del sys.path[0]
    if not arguments or arguments[0] == "-":
        sys.argv = arguments or [""]
        _execute(sys.stdin.read(), "<stdin>")
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        _execute(arguments[1], "<string>")
    elif arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        if here is not None and os.path.isfile(arguments[0]):
            sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
        runpy.run_path(arguments[0], run_name="__main__")


def _execute(source: str, name: str) -> None:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    # It is the program that the caller gave to the interpreter.
    exec(compile(source, name, "exec"), vars(module))  # noqa: S102


def _behind(seconds: float, now: "Callable[[], float]") -> "Callable[[], float]":
    return lambda: now() - seconds


sys.executable = STAND_IN
sys.addaudithook(_audit)
if "REHEARSAL_BEHIND" in os.environ:
    time.time = _behind(float(os.environ["REHEARSAL_BEHIND"]), time.time)
_run(sys.argv[3:])
