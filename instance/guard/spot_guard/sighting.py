"""What an answer of the metadata service says of a notice. Only a well-formed notice is one."""

import json
import re
import time
from calendar import timegm
from typing import Any, NamedTuple, Optional, Union, cast

from . import contract
from .answer import Answer

INSTANCE_ACTION_PATH = "/latest/meta-data/spot/instance-action"
REBALANCE_PATH = "/latest/meta-data/events/recommendations/rebalance"
SANE_SECONDS = 600
"""A notice speaks of a moment two minutes ahead; one that EC2 does not carry out stays when it has passed."""
LEAST_SKEW_SECONDS = 2.0
"""The service tells its time in whole seconds: less than this is no difference."""
THROTTLED = (429, 503)
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


class Seen(NamedTuple):
    action: str
    """`rebalance` for a recommendation."""
    time: int
    """Epoch seconds by EC2's clock: of the reclaim, or of the recommendation."""
    skew: float
    """Seconds by which this machine's clock is ahead of EC2's."""


class Absent(NamedTuple):
    """The service says that there is no notice."""


class Unknown(NamedTuple):
    """The service said nothing that can be relied on."""

    why: str
    throttled: bool = False


Sighting = Union[Seen, Absent, Unknown]


def of_interruption(answer: Answer, now: float) -> Sighting:
    """`now`: epoch seconds, by this machine's clock."""
    said = _fields(answer)
    if not isinstance(said, dict):
        return said
    action = said.get("action")
    if action not in contract.ACTIONS:
        return Unknown(f"an action that is not known: {ascii(action)[:40]}")
    return _seen(str(action), said.get("time"), answer, now)


def of_rebalance(answer: Answer, now: float) -> Sighting:
    """The same for the recommendation to move."""
    said = _fields(answer)
    return _seen(contract.REBALANCE, said.get("noticeTime"), answer, now) if isinstance(said, dict) else said


def _fields(answer: Answer) -> "Union[dict[str, Any], Absent, Unknown]":
    if answer.status == 404:
        return Absent()
    if answer.status != 200:
        return Unknown(f"HTTP {answer.status}", throttled=answer.status in THROTTLED)
    try:
        said: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Unknown("HTTP 200 without JSON")
    return cast("dict[str, Any]", said) if isinstance(said, dict) else Unknown("JSON that is no map")


def _seen(action: str, text: Any, answer: Answer, now: float) -> Sighting:
    at = _epoch(text)
    if at is None:
        return Unknown(f"a time that is none: {ascii(text)[:40]}")
    # By the clock that it was written by, where the service tells it: this machine's may be wrong.
    theirs = epoch_of_date(answer.date)
    skew = 0.0 if theirs is None else now - theirs
    if abs(skew) < LEAST_SKEW_SECONDS or abs(at - (now - skew)) > SANE_SECONDS:
        skew = 0.0  # none to speak of; or the service's own clock is the one that is wrong
    ahead = at - (now - skew)
    if abs(ahead) > SANE_SECONDS:
        return Unknown(f"a time that is more than {SANE_SECONDS} s away: {text}")
    return Seen(action, at, round(skew, 3))


def _epoch(text: Any) -> Optional[int]:
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    try:
        return timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return None


def epoch_of_date(header: Optional[str]) -> Optional[int]:
    if header is None:
        return None
    try:
        return timegm(time.strptime(header, "%a, %d %b %Y %H:%M:%S GMT"))
    except ValueError:
        return None
