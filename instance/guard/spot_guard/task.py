"""What a stage is made of: a program to run, and how it ended."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import contract

NOTE_CHARS = 160
FINE = (contract.EXIT_OK, contract.HOOK_NOTHING_TO_SAVE)
"""75 says that there was nothing consistent to save: that is the hook's word, not a failure."""


class Task(NamedTuple):
    name: str
    argv: Tuple[str, ...]
    env: Dict[str, str]
    last_call: Tuple[str, ...] = ()
    """Run at the SIGTERM moment instead of a SIGTERM, where the program only asks another to stop."""
    refused: str = ""
    """Why the program must not run; the task then fails with these words."""
    counts: bool = True
    """False where the user did not ask for it: it does not make an empty plan a graceful one."""


class Ended(NamedTuple):
    task: Task
    exit: int
    """The program's own, or 128 + signal."""
    seconds: float
    overran: bool = False
    note: Optional[str] = None

    @property
    def succeeded(self) -> bool:
        return not self.overran and self.exit in FINE


def stage_exit(ended: List[Dict[str, Any]]) -> int:
    """Of a stage with these taskEnded lines."""
    overran = [line for line in ended if line.get("overran")]
    if overran:
        skipped = all(line["exit"] == contract.EXIT_SKIPPED for line in overran)
        return contract.EXIT_SKIPPED if skipped else contract.EXIT_OVERRAN
    return contract.EXIT_OK if all(line["exit"] in FINE for line in ended) else contract.EXIT_FAILED
