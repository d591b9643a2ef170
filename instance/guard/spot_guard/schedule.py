"""When each stage ends. Pure arithmetic on epoch seconds."""

from typing import Dict

from . import contract

LEAST_RESERVE_SECONDS = 4.0
"""Kept for the report, so that it is written 2 s before the deadline though a task had to be killed."""
SETTINGS_SECONDS = 15.0


def effective_deadline(deadline: float, now: float) -> float:
    """Never more than the window ahead: a machine whose clock is slow must not believe it has longer."""
    return min(deadline, now + contract.WINDOW_SECONDS)


def stage_ends(deadline: float, now: float, seconds: Dict[str, int]) -> Dict[str, float]:
    """The moment at which each stage ends, for a run that starts `now`.

    With the full window the moments are those of the settings. With less they shrink in proportion,
    but the reserve for the report does not shrink below 4 s, or three fifths of what is left.
    """
    left = max(0.0, min(deadline - now, contract.WINDOW_SECONDS))
    clean = seconds["clean-until"]
    reserve = min(max(clean * left / contract.WINDOW_SECONDS, LEAST_RESERVE_SECONDS), 0.6 * left)
    scale = (left - reserve) / (contract.WINDOW_SECONDS - clean)
    end = now + left
    ends = {
        stage: end - (reserve + (seconds[f"{stage}-until"] - clean) * scale)
        for stage in ("drain", "save", "clean")
    }
    ends["report"] = end
    return ends


def settings_until(started: float, drain_ends: float) -> float:
    """How long a drain without settings waits for a caller that brings some."""
    return started + min(SETTINGS_SECONDS, max(0.0, drain_ends - started) / 2)


def term_moment(start: float, until: float, grace: float) -> float:
    """When SIGTERM goes out: `grace` before the end, at most a third of the time there is."""
    return until - min(grace, max(0.0, until - start) / 3)
