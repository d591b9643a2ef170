"""Asks what may never answer, such as a file on a server that is gone, for a bounded time."""

import threading
import time
from typing import Callable, Dict, List, Optional, TypeVar

Item = TypeVar("Item")
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

    thread = _begin(run)
    if thread is not None:
        thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"does not answer within {seconds} s")
    return answers[0]


def each(
    items: List[Item], ask: Callable[[Item], Answer], seconds: float, in_all: float
) -> Dict[Item, Optional[Answer]]:
    """Asks one after the other. None where one does not answer within `seconds`, at most twice as long.

    Who comes too late to be asked is not in it. One thread does for all as long as none hangs: thousands
    would take longer to start than to ask. `ask` must not raise.
    """
    answers: Dict[Item, Optional[Answer]] = {}
    left = items[::-1]
    until = time.monotonic() + in_all

    def run(given_up: threading.Event) -> None:
        while left and not given_up.is_set() and time.monotonic() < until:
            item = left.pop()
            answers[item] = None
            answers[item] = ask(item)

    while left and time.monotonic() < until:
        given_up = threading.Event()
        thread = _begin(lambda mine=given_up: run(mine))
        while thread is not None and thread.is_alive():
            before = len(left)
            thread.join(seconds)
            if thread.is_alive() and len(left) == before:
                given_up.set()
                break
    return dict(answers)


def _begin(run: Callable[[], None]) -> Optional[threading.Thread]:
    """None where the machine has no thread left: it was run at once, for late is better than never."""
    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        run()
        return None
    return thread
