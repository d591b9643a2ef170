"""What a plan has stopped, kept over a reboot, and started again where the machine lives on."""

import os
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, cast

from . import contract, files, lock
from .paths import here

LOCK_SECONDS = 2.0
START_SECONDS = 60.0
LEFT_SECONDS = 420.0
"""After the deadline. The runner does it five minutes after it, unless it was killed."""


class Stopped(NamedTuple):
    deadline: int
    """Epoch seconds, of the notice for which it was stopped."""
    units: Tuple[str, ...] = ()
    systemctl: str = ""
    containers: Tuple[str, ...] = ()
    engine: str = ""
    boot: str = ""


def record(now: Stopped) -> None:
    """Before anything is stopped: who is killed meanwhile has told what to start. Raises OSError.

    What an earlier plan stopped stays: nobody else will start it.
    """
    os.makedirs(here(contract.STATE_FOLDER), mode=0o700, exist_ok=True)
    held = _lock()
    try:
        before = read() or Stopped(now.deadline)
        merged = Stopped(
            now.deadline,
            tuple(dict.fromkeys(before.units + now.units)),
            now.systemctl or before.systemctl,
            tuple(dict.fromkeys(before.containers + now.containers)),
            now.engine or before.engine,
            boot_id(),
        )
        files.write_json(here(contract.STOPPED_FILE), merged._asdict())
    finally:
        os.close(held)


def read() -> Optional[Stopped]:
    """None where nothing was stopped, or nothing that can be relied on."""
    try:
        said: Any = files.read_json(here(contract.STOPPED_FILE))
        fields = cast("Dict[str, Any]", said)
        return Stopped(
            int(fields["deadline"]),
            tuple(str(name) for name in fields["units"]),
            str(fields["systemctl"]),
            tuple(str(name) for name in fields["containers"]),
            str(fields["engine"]),
            str(fields["boot"]),
        )
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return None


def is_left_behind() -> bool:
    """Whether the machine lives on, and the runner that stopped it does not start it again."""
    known = read()
    return known is not None and (known.boot != boot_id() or time.time() > known.deadline + LEFT_SECONDS)


def boot_id() -> str:
    """Another after each boot. Empty where the kernel does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def start_again() -> List[str]:
    """Starts what was recorded and forgets it. Returns a line for each thing that was to be started."""
    held = _lock()
    try:
        known = read()
        if known is None:
            return []
        said = [_start((known.systemctl, "start", "--", unit), unit) for unit in known.units]
        said += [_start((known.engine, "start", name), name) for name in known.containers]
        os.unlink(here(contract.STOPPED_FILE))
        return said
    finally:
        os.close(held)


def _lock() -> int:
    return lock.acquire(here(f"{contract.RUN_FOLDER}/stopped.lock"), LOCK_SECONDS)


def _start(command: Tuple[str, ...], name: str) -> str:
    # Imported here: the watcher has no use for it.
    import subprocess

    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} is not started again: {error}"
    if done.returncode != 0:
        last = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
        return f"{name} is not started again: exit {done.returncode} {ascii(last)[:120]}"
    return f"{name} is started again"
