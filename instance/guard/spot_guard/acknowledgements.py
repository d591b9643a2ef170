"""/run/spot-guard/acknowledged: the folder in which any workload may say that it has done what it had to."""

import itertools
import os
from typing import List

from . import contract
from .paths import here

SHOWN_MOST = 50
LOOKED_AT_MOST = 20_000
CLOSED = "closed."
"""Begins the name, among the runs, of a folder whose notice is gone."""


def begin(forget: bool) -> None:
    """A folder in which anybody may create a file, and none another's remove. Raises OSError.

    `forget`: what is in it was left by an earlier notice and says nothing about this one.
    """
    folder = here(contract.ACKNOWLEDGED_FOLDER)
    os.makedirs(folder, exist_ok=True)
    if forget:
        os.chmod(folder, 0o700)  # nobody adds to it meanwhile
    faults = _unlink_files(folder) if forget else []
    os.chmod(folder, 0o1777)  # noqa: S103
    if faults:
        raise faults[0]


def names() -> List[str]:
    """Of regular files there, as printable ASCII, at most 50."""
    found: List[str] = []
    try:
        with os.scandir(here(contract.ACKNOWLEDGED_FOLDER)) as entries:
            # Anybody may fill the folder: no more is looked at than a plan has time for.
            for entry in itertools.islice(entries, LOOKED_AT_MOST):
                if entry.is_file(follow_symlinks=False):
                    found.append(ascii(entry.name[:60])[1:-1])
                    if len(found) == SHOWN_MOST:
                        break
    except OSError:
        return []
    return sorted(found)


def close() -> None:
    """Out of everybody's reach, at once, however much is in it: who stands in it can add nothing."""
    folder = here(contract.ACKNOWLEDGED_FOLDER)
    try:
        os.chmod(folder, 0o700)
        os.rename(folder, here(f"{contract.RUNS_FOLDER}/{CLOSED}{os.urandom(4).hex()}"))
    except OSError:
        pass  # nobody was told


def discard(whole: bool) -> None:
    """What was closed; it may take long. `whole`: folders too, which may lie on any user's disk, and hang."""
    runs = here(contract.RUNS_FOLDER)
    try:
        closed = [os.path.join(runs, name) for name in os.listdir(runs) if name.startswith(CLOSED)]
        for folder in closed:
            if whole:
                # Imported here: the watcher has no use for it.
                import shutil

                shutil.rmtree(folder, ignore_errors=True)
            else:
                _unlink_files(folder)
    except OSError:
        pass  # gone meanwhile


def _unlink_files(folder: str) -> List[OSError]:
    """Returns why one stays."""
    faults: List[OSError] = []
    for name in os.listdir(folder):
        try:
            os.unlink(os.path.join(folder, name))
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            pass  # what is not a file is no acknowledgement
        except OSError as error:
            faults.append(error)
    return faults
