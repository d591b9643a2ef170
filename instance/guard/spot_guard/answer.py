"""What the instance metadata service answers, and where it is: for whoever asks it, by whatever means."""

import os
from typing import NamedTuple, Optional, Protocol, Tuple

from . import contract

HOST = "169.254.169.254"
PORT = 80
TOKEN_PATH = "/latest/api/token"  # noqa: S105


class NoAnswer(Exception):
    """None came, or not a whole one: says nothing about what was asked."""


class Answer(NamedTuple):
    status: int
    body: str
    date: Optional[str]
    """The service's own clock, as its `Date` header has it."""


class Asked(Protocol):
    def get(self, path: str) -> Answer:
        """Raises NoAnswer."""
        ...


def address() -> Tuple[str, int]:
    """Elsewhere only where AWS's own variable says so: the rehearsal."""
    endpoint = os.environ.get(contract.METADATA_VARIABLE, "")
    host, _, port = endpoint.removeprefix("http://").rstrip("/").partition(":")
    return (host, int(port or PORT)) if host else (HOST, PORT)
