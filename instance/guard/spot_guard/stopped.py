"""What a plan has stopped, kept over a reboot, and started again where the machine lives on."""

import os
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, cast

from . import contract, files, lock, runs
from .paths import here
from .run import INTERRUPTION

LOCK_SECONDS = 2.0
START_SECONDS = 60.0
LEFT_SECONDS = 540.0
"""After the record, which is made two minutes before the deadline. The runner does it five after it."""
MOST_TRIES = 20
"""Of the watcher's, half a minute apart: at boot a container engine may take long."""


class Stopped(NamedTuple):
    deadline: int
    """Epoch seconds, of the notice for which it was stopped."""
    units: Tuple[str, ...] = ()
    systemctl: str = ""
    containers: Tuple[str, ...] = ()
    engine: str = ""
    boot: str = ""
    at: float = 0.0
    """CLOCK_BOOTTIME of the record: no step of the wall clock moves it."""
    tries: int = 0


def record(now: Stopped) -> None:
    """Before anything is stopped: who is killed meanwhile has told what to start. Raises OSError.

    What an earlier plan stopped stays: nobody else will start it.
    """
    os.makedirs(here(contract.STATE_FOLDER), mode=0o700, exist_ok=True)
    held = _lock("stopped")
    try:
        before = read() or Stopped(now.deadline)
        merged = Stopped(
            now.deadline,
            tuple(dict.fromkeys(before.units + now.units)),
            now.systemctl or before.systemctl,
            tuple(dict.fromkeys(before.containers + now.containers)),
            now.engine or before.engine,
            boot_id(),
            _now(),
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
            float(fields["at"]),
            int(fields["tries"]),
        )
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return None


def is_left_behind() -> bool:
    """Whether the machine lives on, and no runner starts again what was stopped."""
    known = read()
    if known is None or runs.under_way() or runs.is_interrupted():
        return False
    if known.boot != boot_id() or _now() > known.at + LEFT_SECONDS:
        return True
    return any(
        run.is_spared() and not lock.is_held(run.lock)
        for deadline, run in runs.every()
        if deadline == known.deadline and run.event == INTERRUPTION
    )


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Another after each boot. Empty where the kernel does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def start_again(deadline: Optional[int] = None) -> List[str]:
    """Starts what was recorded. Returns a line for each thing that was to be started.

    What cannot be started stays recorded, for the watcher to try again; so does all, while EC2 is about to
    take the machine. `deadline`: of the notice whose plan asks for it; nothing is done where a later one has
    stopped more since. Raises OSError, TimeoutError where another is at it.
    """
    if read() is None:
        return []
    held = _lock("starting")
    try:
        known = read()
        if known is None or (deadline is not None and known.deadline > deadline):
            return []
        said: List[str] = []
        for name, command in _things(known):
            if runs.is_interrupted():
                return [*said, "nothing more is started again: EC2 has given notice"]
            fault = _call(command)
            if runs.is_interrupted():
                _call((command[0], "stop", *command[2:]))  # it may have come up after the plan stopped it
                return [*said, f"{name} is stopped again: EC2 has given notice"]
            said.append(f"{name} is not started again: {fault}" if fault else f"{name} is started again")
            if not fault:
                _change(known, lambda now, done=name: _without(now, done))
        _change(known, lambda now: now._replace(tries=now.tries + 1))
        return said
    finally:
        os.close(held)


def _things(known: Stopped) -> "List[Tuple[str, Tuple[str, ...]]]":
    units = [(unit, (known.systemctl, "start", "--", unit)) for unit in known.units]
    return units + [(name, (known.engine, "start", name)) for name in known.containers]


def _without(known: Stopped, name: str) -> Stopped:
    return known._replace(
        units=tuple(one for one in known.units if one != name),
        containers=tuple(one for one in known.containers if one != name),
    )


def _change(of: Stopped, change: Callable[[Stopped], Stopped]) -> None:
    """Only while the record is the same: what a plan has stopped meanwhile is not struck off it."""
    held = _lock("stopped")
    try:
        now = read()
        if now is None or now.at != of.at:
            return
        left = change(now)
        if _things(left) and left.tries < MOST_TRIES:
            files.write_json(here(contract.STOPPED_FILE), left._asdict())
        else:
            os.unlink(here(contract.STOPPED_FILE))
    finally:
        os.close(held)


def _lock(name: str) -> int:
    """Beside the record: where there is no room for one, there is nothing to lock."""
    return lock.acquire(here(f"{contract.STATE_FOLDER}/{name}.lock"), LOCK_SECONDS)


def _call(command: Tuple[str, ...]) -> str:
    """Why it failed; empty if it did not."""
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
        return str(error)
    if done.returncode == 0:
        return ""
    last = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
    return f"exit {done.returncode} {ascii(last)[:120]}"
