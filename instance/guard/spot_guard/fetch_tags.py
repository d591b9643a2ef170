"""Asks EC2 for this instance's tags with the role's credentials, and keeps them for the watcher."""

import http.client
import os
import re
import time
import xml.etree.ElementTree as ElementTree
from typing import Any, Dict
from urllib.parse import urlencode, urlsplit

from . import contract, files, role, sigv4, sources
from .metadata import Metadata, NoAnswer
from .paths import here

API_VERSION = "2016-11-15"
TIMEOUT_SECONDS = 10.0
ANSWER_BYTES = 1_000_000
BELIEVED_AT = 3
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
DOMAIN = re.compile(r"[a-z0-9.-]+")


class Failed(Exception):
    """Why there is no new copy, in words for the user."""


class NoRole(Failed):
    """Nothing is wrong: settings must come from another source."""


def fetch() -> int:
    """How many tags of SpotGuard's there are. Raises Failed, OSError where they cannot be kept."""
    metadata = Metadata()
    try:
        instance_id = role.text(metadata, "/latest/meta-data/instance-id")
        region = role.text(metadata, "/latest/meta-data/placement/region")
        domain = role.text(metadata, "/latest/meta-data/services/domain")
    except (NoAnswer, LookupError) as error:
        raise Failed(f"the metadata service: {error}") from error
    try:
        credentials = role.credentials(metadata)
    except LookupError as error:
        raise NoRole("the instance has no role, so that EC2 cannot be asked for its tags") from error
    except (NoAnswer, ValueError) as error:
        raise Failed(f"the metadata service: {error}") from error
    if not REGION.fullmatch(region) or not DOMAIN.fullmatch(domain):
        raise Failed(
            f"the metadata service: got {region[:40]!a} and {domain[:40]!a}, not a Region and a domain"
        )
    form = {
        "Action": "DescribeTags",
        "Version": API_VERSION,
        "Filter.1.Name": "resource-id",
        "Filter.1.Value.1": instance_id,
        "Filter.2.Name": "key",
        "Filter.2.Value.1": contract.GUARD_TAG,
        "Filter.2.Value.2": f"{contract.SETTING_TAG_PREFIX}*",
    }
    tags = parse(_post(f"https://ec2.{region}.{domain}", region, credentials, urlencode(form).encode()))
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


def _post(endpoint: str, region: str, credentials: sigv4.Credentials, body: bytes) -> bytes:
    for name in ENDPOINT_VARIABLES:
        endpoint = os.environ.get(name) or endpoint
    url = urlsplit(endpoint)
    secure = url.scheme == "https"
    open_ = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    connection = open_(url.netloc, timeout=TIMEOUT_SECONDS)
    try:
        signed = sigv4.sign(credentials, region, "ec2", url.netloc, headers, body, at)
        connection.request("POST", "/", body, signed)
        answer = connection.getresponse()
        status, said = answer.status, answer.read(ANSWER_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"EC2 at {url.netloc} does not answer: {error}") from error
    finally:
        connection.close()
    if len(said) > ANSWER_BYTES:
        raise Failed(f"EC2's answer has more than {ANSWER_BYTES} bytes")
    if status != 200:
        raise Failed(f"EC2 answers HTTP {status}: {_error(said)}")
    return said


def _error(said: bytes) -> str:
    match = re.search(rb"<Code>([A-Za-z.]{1,64})</Code>", said)
    code = match[1].decode() if match else "no error code"
    hint = "; attach the stack's instance policy to the instance's role" if "Unauthorized" in code else ""
    return code + hint
