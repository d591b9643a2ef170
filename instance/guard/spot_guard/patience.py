"""Asks what may never answer, such as a file on a server that is gone, for a bounded time."""

import threading
from typing import Callable, List, TypeVar

Answer = TypeVar("Answer")


def within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """Raises TimeoutError, or OSError as `ask` does. What hangs stays behind in a thread of its own."""
    answers: List[Answer] = []
    errors: List[OSError] = []

    def run() -> None:
        try:
            answers.append(ask())
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"does not answer within {seconds} s")
    return answers[0]
