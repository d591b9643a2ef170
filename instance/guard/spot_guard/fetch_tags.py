"""Asks EC2 for this instance's tags with the role's credentials, and keeps them for the watcher."""

import os
import time
import xml.etree.ElementTree as ElementTree
from typing import Any, Dict
from urllib.parse import urlencode

from . import aws, contract, files, sources
from .aws import Failed
from .notice import INSTANCE_ID
from .paths import here

API_VERSION = "2016-11-15"
TIMEOUT_SECONDS = 10.0
BELIEVED_AT = 3
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def fetch() -> int:
    """How many tags of SpotGuard's there are. Raises Failed, OSError where they cannot be kept."""
    try:
        service = aws.Service("ec2")
    except aws.NoRole as why:
        raise aws.NoRole(f"{why}, so that EC2 cannot be asked for its tags") from why
    instance_id = service.told("meta-data/instance-id", INSTANCE_ID)
    form = {
        "Action": "DescribeTags",
        "Version": API_VERSION,
        "Filter.1.Name": "resource-id",
        "Filter.1.Value.1": instance_id,
        "Filter.2.Name": "key",
        "Filter.2.Value.1": contract.GUARD_TAG,
        "Filter.2.Value.2": f"{contract.SETTING_TAG_PREFIX}*",
    }
    tags = parse(service.ask("POST", "/", FORM, urlencode(form).encode(), TIMEOUT_SECONDS))
    remember(instance_id, tags)
    return len(tags)


def remember(instance_id: str, tags: Dict[str, str]) -> None:
    """Raises Failed where they are not believed yet, OSError.

    EC2's answers become consistent only in the end: just after a launch they may lack what is there.
    """
    missing = 0 if contract.GUARD_TAG in tags else 1 + _missing_before(instance_id)
    believed = missing == 0 or missing >= BELIEVED_AT
    _keep(instance_id, tags if believed else _known(instance_id), missing)
    if not believed:
        raise Failed(
            f"EC2 tells no tag {contract.GUARD_TAG} of {instance_id} (time {missing} of {BELIEVED_AT})"
        )


def _keep(instance_id: str, tags: Dict[str, str], missing: int) -> None:
    os.makedirs(here(contract.STATE_FOLDER), mode=0o700, exist_ok=True)
    known = {"instanceId": instance_id, "fetched": round(time.time()), "missing": missing, "tags": tags}
    files.write_json(here(contract.TAGS_FILE), known)


def _known(instance_id: str) -> Dict[str, str]:
    try:
        return sources.cached(instance_id)
    except (OSError, ValueError):
        return {}


def _missing_before(instance_id: str) -> int:
    """How often in a row EC2 has not told the guard's tag."""
    try:
        said: Any = files.read_json(here(contract.TAGS_FILE))
        return int(said["missing"]) if said["instanceId"] == instance_id else 0
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return 0


def parse(xml: bytes) -> Dict[str, str]:
    """Of DescribeTags' answer. Raises Failed."""
    try:
        # In another encoding it could say more than is looked for here; UTF-16 has NULs.
        text = xml.decode("utf-8")
        if "<!" in text or "\0" in text:
            raise Failed("EC2's answer declares a document type, as none of EC2's does")
        root = ElementTree.fromstring(text)  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        raise Failed(f"EC2's answer is not XML: {error}") from error
    if not root.tag.endswith("DescribeTagsResponse") or root.find("{*}tagSet") is None:
        raise Failed(f"EC2's answer is no list of tags, but {ascii(root.tag)[:60]}")
    tags: Dict[str, str] = {}
    for item in root.iterfind(".//{*}tagSet/{*}item"):
        tags[item.findtext("{*}key", "")] = item.findtext("{*}value", "")
    return tags
