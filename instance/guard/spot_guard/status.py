"""`status`: what this guard knows, where it knows it from, and what it did last."""

import json
import os
import time
from typing import Any, Dict, List, Optional, cast

from . import contract, files, runs, sources, stopped, terms, version
from .clock import rfc3339
from .identity import Unidentified, instance_id_of
from .journal import ENDS, Follower
from .metadata import Metadata
from .paths import guard_file, here


def show() -> int:
    for name, words in (
        ("guard", _guard()),
        ("watcher", _watcher()),
        *_settings(),
        ("last run", _last_run()),
        ("stopped", _stopped()),
    ):
        print(f"{name:<10}  {words}")
    return contract.EXIT_OK


def _guard() -> str:
    return f"{version.named(version.read())}, {guard_file()}"


def _watcher() -> str:
    path = here(contract.WATCH_FILE)
    try:
        said: Any = files.read_json(path)
        ago = time.time() - os.stat(path).st_mtime
        if not os.path.exists(f"/proc/{int(said['pid'])}"):
            return f"is gone, last poll {ago:.0f} s ago: systemctl status {contract.WATCH_UNIT}"
        words = [f"since {rfc3339(said['since'])}", f"last poll {ago:.1f} s ago"]
        known = cast("Dict[str, str]", said["said"])
        return "; ".join(
            words + [known[about] for about in ("notice", "recommendation", "act") if about in known]
        )
    except (OSError, ValueError, LookupError, TypeError):
        return "is not running"


def _settings() -> "List[tuple[str, str]]":
    metadata = Metadata()
    try:
        instance_id = instance_id_of(metadata)
    except Unidentified as why:
        return [("instance", str(why))]
    source = sources.find(metadata, instance_id)
    guarded = {
        True: "guarded",
        False: "not guarded: no tag spot-guard=enabled",
        None: "guarded: no tag can be read",
    }
    lines = [("instance", f"{instance_id}, {guarded[source.guarded]}")]
    values = [f"{name}={ascii(value)[1:-1]}" for name, value in sorted((source.settings or {}).items())]
    lines.append(("settings", f"from {source.name}: {', '.join(values) or 'none'}"))
    if source.words_on_unknown:
        lines.append(("", source.words_on_unknown))
    if source.why:
        lines.append(("", f"not from {source.why}"))
    defaults = [f"{name}={value}" for name, value in sorted(terms.read_defaults().items())]
    return [*lines, ("defaults", ", ".join(defaults) or "built in")]


def _last_run() -> str:
    last = runs.latest()
    if last is None:
        return "none since the machine was started"
    lines = Follower(last.journal).read()
    ends = [line for line in lines if line["phase"] in ENDS]
    by = next(
        (line["by"] for line in lines if line.get("by") in (contract.BY_COMMAND, contract.BY_WATCHER)), ""
    )
    words = f"{last.event}, deadline {rfc3339(last.deadline)}" + (f", brought by the {by}" if by else "")
    if not ends:
        return f"{words}, under way" if last in runs.under_way() else f"{words}, its end is not known"
    return f"{words}, {_how(ends[-1])}; {last.journal}"


def _how(end: Dict[str, Any]) -> str:
    if "report" not in end:
        return f"{end['phase']}: {end.get('note', '')}"
    report = json.loads(end["report"])
    return f"{report['result']}, {report['secondsToSpare']} s to spare"


def _stopped() -> str:
    known: Optional[stopped.Stopped] = stopped.read()
    return "nothing" if known is None else ", ".join(known.units + known.containers)
