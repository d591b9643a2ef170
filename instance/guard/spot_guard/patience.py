"""Asks what may never answer, such as a file on a server that is gone, for a bounded time."""

import threading
from typing import Callable, List, TypeVar

Answer = TypeVar("Answer")
ANSWER_SECONDS = 0.5
"""For a file. State and hooks often lie on a file server, and that may be gone: the plan goes on without."""


def within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """Raises TimeoutError, or what `ask` raises. What hangs stays behind in a thread of its own."""
    answers: List[Answer] = []
    errors: List[Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # noqa: BLE001 (it is handed on)
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"does not answer within {seconds} s")
    return answers[0]
