"""A notice, as the document's one parameter carries it. Strict: what is not understood is refused."""

import json
import re
from typing import Any, Dict, NamedTuple, Optional, cast

from . import contract

INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class Refused(Exception):
    """Why a notice is not acted on, in words for the user."""


class Notice(NamedTuple):
    instance_id: str
    action: str
    """What EC2 will do; `rebalance` where it only recommends to move."""
    deadline: int
    """Epoch seconds, by EC2's clock. It names the notice: whoever brings it says nearly the same."""
    settings: Optional[Dict[str, str]]
    """Raw tag values by setting. None: who brings the notice could read no tags."""
    event: str
    """Why the plan runs."""
    skew: float = 0.0
    """Seconds by which this machine's clock is ahead of EC2's, where that is known."""
    by: str = ""
    """Who brought it: the command or the watcher. Empty for a rehearsal."""
    reports: str = ""
    """The bucket where the report may be left, if the command told one."""


def decode(encoded: str, instance_id: str) -> Notice:
    """This instance's own entry of `Notices`. Raises Refused."""
    # Imported here: the watcher has no use for it.
    import base64

    if not INSTANCE_ID.fullmatch(instance_id):
        raise Refused(
            f"{contract.INSTANCE_ID_VARIABLE} is {instance_id[:40]!r}, not an instance id: "
            "the step must be run by the SSM agent"
        )
    try:
        padded = encoded.encode("ascii") + b"=" * (-len(encoded) % 4)
        entries = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"Notices is not base64url of JSON: {type(error).__name__}") from error
    if not isinstance(entries, dict):
        raise Refused("Notices is not a map of instance ids")
    if instance_id not in entries:
        raise Refused(f"Notices has no entry for {instance_id}: the command was meant for others")
    return check(instance_id, cast("Dict[str, Any]", entries)[instance_id])


def check(instance_id: str, entry: Any) -> Notice:
    """The entry as a Notice. Raises Refused."""
    if not isinstance(entry, dict):
        raise Refused("the entry in Notices is not a map")
    fields = cast("Dict[str, Any]", entry)
    deadline, action, settings = (fields.get(key) for key in ("deadline", "action", "settings"))
    if type(deadline) is not int or not 10**9 <= deadline < 10**11:
        raise Refused(f"deadline is {str(deadline)[:40]!r}, not epoch seconds")
    known = (*contract.ACTIONS, contract.REBALANCE)
    if action not in known:
        raise Refused(f"action is {str(action)[:40]!r}, not one of {', '.join(known)}")
    if not isinstance(settings, dict):
        raise Refused("settings is not a map")
    event = "rebalance" if action == contract.REBALANCE else "interruption"
    known_ones = known_settings(cast("Dict[str, Any]", settings))
    return Notice(instance_id, action, deadline, known_ones, event, by=contract.BY_COMMAND)


def known_settings(given: Dict[str, Any]) -> Dict[str, str]:
    """Those that there are, as far as they are text."""
    return {
        name: value for name, value in given.items() if name in contract.SETTINGS and isinstance(value, str)
    }
