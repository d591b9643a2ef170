"""Where settings come from when no command does: metadata tags, else EC2's tags as cached, else a file."""

import re
import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple, cast

from . import contract, files
from .answer import NoAnswer
from .metadata import Metadata
from .notice import known_settings
from .paths import here

TAGS_PATH = "/latest/meta-data/tags/instance"
READ_SECONDS = 1.0
"""For all tags together. Each takes a millisecond; where they take longer, another source must do."""
KNOWN = (*contract.SETTINGS, *contract.FLEET_ACTIONS)
"""What tags name; of those the guard itself reads only the settings."""
CONF_LINE = re.compile(r"([a-z][a-z-]*)[ \t]*=[ \t]*(.*?)[ \t]*")


class Source(NamedTuple):
    name: str
    settings: Optional[Dict[str, str]]
    """None: there is no source."""
    guarded: Optional[bool]
    """Whether the instance is tagged `spot-guard=enabled`; None where no tag can be read."""
    why: str = ""
    """Why a better source is not used, in words for the user."""
    unknown: Tuple[str, ...] = ()
    """Tags that begin as settings do and are none: the first few, in plain ASCII."""
    got: str = ""
    """Of the tag `spot-guard`, in words for the user: its value, in plain ASCII and cut."""

    @property
    def words_on_tag(self) -> str:
        """For the user, of an instance that is not guarded."""
        return f"not tagged spot-guard=enabled, to the letter: got {self.got}"

    @property
    def words_on_unknown(self) -> str:
        """For the user; empty where there are none."""
        if not self.unknown:
            return ""
        known = ", ".join(KNOWN)
        return (
            f"unknown tags: {', '.join(self.unknown)}; after {contract.SETTING_TAG_PREFIX} there are {known}"
        )

    @property
    def asks_for_rebalance(self) -> bool:
        return (self.settings or {}).get(contract.REBALANCE) == contract.REBALANCE_SAVE


def find(metadata: Metadata, instance_id: str) -> Source:
    """The best there is. Never raises."""
    whys: List[str] = []
    for name, ask in (
        ("metadata tags", lambda: _of_metadata(metadata)),
        ("cached tags", lambda: cached(instance_id)),
    ):
        try:
            tags = ask()
            settings = {name[len(contract.SETTING_TAG_PREFIX) :]: value for name, value in tags.items()}
            value = tags.get(contract.GUARD_TAG)
            guarded = value == contract.GUARD_TAG_VALUE
            got = "no such tag" if value is None else ascii(value[: contract.UNKNOWN_TAG_CHARS])
            return Source(name, known_settings(settings), guarded, "; ".join(whys), _unknown(tags), got)
        except (OSError, ValueError, NoAnswer) as error:
            whys.append(f"{name}: {_words(error)}")
    try:
        return Source("file", of_file(), None, "; ".join(whys))
    except (OSError, ValueError) as error:
        whys.append(f"file: {_words(error)}")
        return Source("none", None, None, "; ".join(whys))


def _words(error: Exception) -> str:
    return "not there" if isinstance(error, FileNotFoundError) else str(error)


def _unknown(keys: Iterable[str]) -> Tuple[str, ...]:
    prefix = contract.SETTING_TAG_PREFIX
    names = sorted(key for key in keys if key.startswith(prefix) and key[len(prefix) :] not in KNOWN)
    return tuple(
        "".join(char if " " <= char <= "~" else "?" for char in name[: contract.UNKNOWN_TAG_CHARS])
        for name in names[: contract.UNKNOWN_TAGS_MAX]
    )


def _of_metadata(metadata: Metadata) -> Dict[str, str]:
    """Without the values of those that nobody reads. Raises NoAnswer, ValueError."""
    until = time.monotonic() + READ_SECONDS
    listing = metadata.get(TAGS_PATH)
    if listing.status == 404:
        raise ValueError("not enabled for this instance")
    if listing.status != 200:
        raise ValueError(f"HTTP {listing.status}")
    known = {contract.GUARD_TAG, *(contract.SETTING_TAG_PREFIX + name for name in contract.SETTINGS)}
    keys = listing.body.splitlines()
    tags = {key: "" for key in keys if key.startswith(contract.SETTING_TAG_PREFIX)}
    for key in known.intersection(keys):
        if time.monotonic() > until:
            raise ValueError(f"not all within {READ_SECONDS} s")
        answer = metadata.get(f"{TAGS_PATH}/{key}")
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status} for {key}")
        tags[key] = answer.body
    return tags


def cached(instance_id: str) -> Dict[str, str]:
    """Of this instance: an image may have been made of one that had a cache. Raises OSError, ValueError."""
    said: Any = files.read_json(here(contract.TAGS_FILE))
    fields = cast("Dict[str, Any]", said) if isinstance(said, dict) else {}
    tags = fields.get("tags")
    if fields.get("instanceId") != instance_id or not isinstance(tags, dict):
        raise ValueError("of another instance")
    if not tags and fields.get("missing", 0) in (1, 2):
        raise ValueError("not known yet")
    return {key: value for key, value in cast("Dict[str, Any]", tags).items() if isinstance(value, str)}


def of_file() -> Dict[str, str]:
    """/etc/spot-guard/spot-guard.conf. Raises OSError, ValueError that names each line at fault."""
    names = ", ".join(contract.SETTINGS)
    settings: Dict[str, str] = {}
    faults: List[str] = []
    text = files.read(here(contract.CONF_FILE)).decode("utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = CONF_LINE.fullmatch(line.strip())
        if match is None or match[1] not in contract.SETTINGS:
            faults.append(f"line {number}: got {ascii(line.strip()[:40])}, allowed NAME = VALUE of {names}")
        elif match[1] in settings:
            faults.append(f"line {number}: got {match[1]} again, allowed is one line for each")
        elif "#" in match[2]:
            faults.append(f"line {number}: got a comment behind {match[1]}, allowed on a line of its own")
        else:
            settings[match[1]] = match[2]
    if faults:
        raise ValueError("; ".join(faults))
    return settings
