"""The report: what the guard can claim of a run, in one line of JSON of bounded length."""

import json
from typing import Any, Dict, List

from . import contract
from .journal import Line
from .task import FINE

CUT_IN_TURN = ("tasks", "refused", "acknowledged")


def build(
    *,
    instance_id: str,
    action: str,
    deadline: int,
    now: float,
    effective_deadline: float,
    skew: float,
    spared: bool,
    attempt: int,
    stages: List[Line],
    tasks: List[Line],
    acknowledged: List[str],
    refused: List[str],
    warnings: int,
    leftovers: int,
) -> Dict[str, Any]:
    """`stages` and `tasks` are the journal's lines on their ends, by a clock `skew` ahead of EC2's."""
    failed = any(line["exit"] != contract.EXIT_OK for line in stages)
    saved = [line["saved"] for line in tasks if "saved" in line]
    worked = any(line.get("counts", True) for line in tasks) or bool(acknowledged)
    return {
        "version": contract.REPORT_VERSION,
        "instanceId": instance_id,
        "action": action,
        "deadline": deadline,
        "result": "spared" if spared else "failed" if failed else "graceful" if worked else "empty",
        "secondsToSpare": round(effective_deadline - now, 3),
        "attempt": attempt,
        "stages": [
            {
                "name": line["stage"],
                "started": round(line["started"] - skew, 3),
                "ended": round(line["t"] - skew, 3),
                "until": round(line["until"] - skew, 3),
                "exit": line["exit"],
            }
            for line in stages
        ],
        "tasks": [
            {
                "stage": line["stage"],
                "name": line["task"],
                "exit": line["exit"],
                "seconds": line["seconds"],
                **({"note": line["note"]} if "note" in line else {}),
            }
            for line in tasks
        ],
        "acknowledged": acknowledged,
        "refused": refused,
        "warnings": warnings,
        "leftovers": leftovers,
        **({"bytesSaved": sum(saved)} if saved else {}),
    }


def render(report: Dict[str, Any]) -> str:
    """One line of ASCII, at most 2,000 characters: what is cut is counted, failures go last."""
    shown = dict(report)
    shown["tasks"] = sorted(report["tasks"], key=lambda task: task["exit"] in FINE and "note" not in task)
    cut = 0
    while True:
        text = json.dumps(shown, separators=(",", ":"))
        if len(text) <= contract.REPORT_MAX_CHARS:
            return text
        longest = next((name for name in CUT_IN_TURN if len(shown[name]) > (name == "tasks")), "tasks")
        shown[longest] = shown[longest][:-1]
        cut += 1
        shown["cut"] = cut
