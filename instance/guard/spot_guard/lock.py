"""File locks. The kernel frees them when the holder dies, however it dies."""

import fcntl
import os
import time


def acquire(path: str, within_seconds: float) -> int:
    """The descriptor that holds the lock until it is closed. Raises TimeoutError, OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + within_seconds
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(fd)
                raise TimeoutError(f"{path} is held by another") from None
            time.sleep(0.01)


def is_held(path: str) -> bool:
    """Whether another process holds it now. Needs no room. Raises OSError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)  # two who ask at once do not see each other
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
