"""What the kernel passes on its way to a file: who may change one of these, may change the file."""

import os
import stat
from typing import Iterator, Tuple


def to(path: str) -> "Iterator[Tuple[str, os.stat_result]]":
    """Each folder and each link, those behind links too; then the file. Raises OSError.

    What a link itself is, not what it leads to. Its mode says nothing: a link cannot be written.
    """
    at, ahead = "/", path.split("/")[::-1]
    yield at, os.lstat(at)
    while ahead:
        name = ahead.pop()
        if name == "..":
            at = os.path.dirname(at)
        elif name not in ("", "."):
            passed = os.path.join(at, name)
            found = os.lstat(passed)
            yield passed, found
            if stat.S_ISLNK(found.st_mode):
                target = os.readlink(passed)
                ahead += target.split("/")[::-1]
                at = "/" if target.startswith("/") else at
            else:
                at = passed
