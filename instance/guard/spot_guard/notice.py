"""A notice, as the document's one parameter carries it. Strict: what is not understood is refused."""

import base64
import binascii
import json
import re
from typing import Any, Dict, NamedTuple, cast

from . import contract

INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class Refused(Exception):
    """Why a notice is not acted on, in words for the user."""


class Notice(NamedTuple):
    instance_id: str
    action: str
    deadline: int
    """Epoch seconds."""
    settings: Dict[str, str]
    """Raw tag values by setting."""


def decode(encoded: str, instance_id: str) -> Notice:
    """This instance's own entry of `Notices`. Raises Refused."""
    if not INSTANCE_ID.fullmatch(instance_id):
        raise Refused(
            f"{contract.INSTANCE_ID_VARIABLE} is {instance_id[:40]!r}, not an instance id: "
            "the step must be run by the SSM agent"
        )
    try:
        padded = encoded.encode("ascii") + b"=" * (-len(encoded) % 4)
        entries = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode("utf-8"))
    except (ValueError, binascii.Error, RecursionError) as error:
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
    if action not in contract.ACTIONS:
        raise Refused(f"action is {str(action)[:40]!r}, not one of {', '.join(contract.ACTIONS)}")
    if not isinstance(settings, dict):
        raise Refused("settings is not a map")
    known = {
        name: value
        for name, value in cast("Dict[str, Any]", settings).items()
        if name in contract.SETTINGS and isinstance(value, str)
    }
    return Notice(instance_id, action, deadline, known)
