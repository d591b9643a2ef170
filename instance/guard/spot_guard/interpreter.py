"""Whether the Python that systemd is to run as root is root's alone: who else can change it, is root."""

import os
import stat
import sys
from typing import List, Optional

from . import contract, way


def fault() -> Optional[str]:
    """Why units must not run this Python, in words for the user. None where they may.

    In the rehearsal's sandbox nothing need be root's, and nothing is judged.
    """
    if os.environ.get(contract.ROOT_VARIABLE):
        return None
    if not sys.executable.startswith("/"):
        return (
            f"Python tells {sys.executable!r} as its own path, not a whole one: start it as /usr/bin/python3"
        )
    # Its library too: a Python that was copied still loads that from where it came from.
    others = of_others(sys.executable, os.__file__)
    if not others:
        return None
    return (
        f"systemd would run {sys.executable} as root, and others than root may change {', '.join(others)}. "
        "Allowed is a Python of which each file and folder up to / is root's, and writable by nobody else: "
        "call install with one, such as /usr/bin/python3"
    )


def of_others(*files: str) -> List[str]:
    """What is not root's alone, of these and of what is passed on the way to them."""
    found: List[str] = []
    for path, at in dict(passed for file in files for passed in way.to(file)).items():
        if at.st_uid != 0:
            found.append(f"{path} (of the user {at.st_uid})")
        elif at.st_mode & 0o022 and not stat.S_ISLNK(at.st_mode):
            found.append(f"{path} (mode {stat.S_IMODE(at.st_mode):o})")
    return found
