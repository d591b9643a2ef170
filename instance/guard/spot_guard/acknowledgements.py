"""/run/spot-guard/acknowledged: the folder in which any workload may say that it has done what it had to.

Anybody may fill it: nothing here takes longer for what is in it, and nothing is deleted while a notice waits.
"""

import itertools
import os
from typing import List

from . import contract, detach
from .paths import here, which

SHOWN_MOST = 50
LOOKED_AT_MOST = 20_000
CLOSED = "closed."
"""Begins the name, among the runs, of a folder whose notice is gone."""


def begin(ready: str, forget: bool) -> None:
    """Anybody may now create a file there, and none another's remove. Raises OSError.

    `ready`: a folder that was made for it ahead. `forget`: what is there was left by an earlier notice and
    says nothing about this one.
    """
    folder = here(contract.ACKNOWLEDGED_FOLDER)
    if forget:
        close()
    try:
        os.rename(ready, folder)
    except OSError:
        os.makedirs(folder, exist_ok=True)  # taken already, or a guard of another version made the run
    os.chmod(folder, 0o1777)  # noqa: S103


def names() -> List[str]:
    """Of regular files there, as printable ASCII, at most 50."""
    found: List[str] = []
    try:
        with os.scandir(here(contract.ACKNOWLEDGED_FOLDER)) as entries:
            for entry in itertools.islice(entries, LOOKED_AT_MOST):
                if entry.is_file(follow_symlinks=False):
                    found.append(ascii(entry.name[:60])[1:-1])
                    if len(found) == SHOWN_MOST:
                        break
    except OSError:
        return []
    return sorted(found)


def close() -> bool:
    """Puts it out of everybody's reach. Whether there was one."""
    folder = here(contract.ACKNOWLEDGED_FOLDER)
    try:
        os.chmod(folder, 0o700)
        os.rename(folder, here(f"{contract.RUNS_FOLDER}/{CLOSED}{os.urandom(4).hex()}"))
        return True
    except OSError:
        return False  # nobody was told


def discard() -> None:
    """Has what was closed deleted by another process: it may be deep, large, or on a disk that hangs."""
    runs, remove = here(contract.RUNS_FOLDER), which("rm")
    try:
        closed = [os.path.join(runs, name) for name in os.listdir(runs) if name.startswith(CLOSED)]
        if closed and remove is not None:
            detach.spawn([remove, "-rf", "--", *closed], os.devnull)
    except OSError:
        pass  # nothing was recorded; or no process can be made: whoever closes the next tries again
