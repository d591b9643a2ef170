"""Which guard this is, in the words that `install`, `status` and `--version` share."""

import hashlib

import spot_guard

from .paths import guard_file


def read() -> bytes:
    """This guard's own file. Raises OSError."""
    with open(guard_file(), "rb") as file:
        return file.read()


def digest(guard: bytes) -> str:
    """Lower-case hex, as the file's name on the machine has it."""
    return hashlib.sha256(guard).hexdigest()


def named(guard: bytes) -> str:
    return f"{spot_guard.VERSION} ({digest(guard)[:12]})"
