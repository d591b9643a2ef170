"""Files that the guard trusts: read with care, written whole or not at all."""

import errno
import json
import os
import stat
from typing import Any

MOST_BYTES = 65536


class Distrusted(OSError):
    """Why a file is not read."""


def read(path: str) -> bytes:
    """Of a plain file that root owns and nobody else may change. Raises OSError, Distrusted included.

    The guard's own user counts as root, for the rehearsal has none.
    """
    # O_NONBLOCK: whoever puts a named pipe there would have us wait for ever.
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise Distrusted(f"{path} is not a file")
        if found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o022:
            raise Distrusted(f"{path} is not root's alone: chown root, chmod go-w")
        if found.st_size > MOST_BYTES:
            raise Distrusted(f"{path} has {found.st_size} bytes, at most {MOST_BYTES} are read")
        return os.read(fd, MOST_BYTES)
    finally:
        os.close(fd)


def read_json(path: str) -> Any:
    """Raises OSError, ValueError."""
    try:
        return json.loads(read(path).decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def write(path: str, data: bytes, mode: int = 0o600) -> None:
    """Whole or not at all, also if the machine dies meanwhile. Raises OSError."""
    fresh = f"{path}.{os.urandom(4).hex()}"
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fchmod(fd, mode)
        os.fsync(fd)
        os.rename(fresh, path)
    except OSError:
        os.unlink(fresh)
        raise
    finally:
        os.close(fd)


def fill(path: str, data: bytes) -> None:
    """Into the room that the file has. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.pwrite(fd, data, 0) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        os.ftruncate(fd, len(data))
    finally:
        os.close(fd)


def write_json(path: str, value: Any, mode: int = 0o600) -> None:
    write(path, as_json(value), mode)


def as_json(value: Any) -> bytes:
    return (json.dumps(value) + "\n").encode()
