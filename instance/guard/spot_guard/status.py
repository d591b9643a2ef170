"""`status`: what this guard knows, where it knows it from, and what it did last."""

import json
import os
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple, cast

from . import contract, files, runs, settings, sources, stopped, terms, version
from .clock import rfc3339
from .identity import Unidentified, instance_id_of
from .journal import ENDS, Follower, Line
from .metadata import Metadata
from .paths import guard_file, here
from .run import Run
from .task import FINE

FAILED_MOST = 3
NOTE_CHARS = 80


def show() -> int:
    for name, words in (
        ("guard", _guard()),
        ("watcher", _watcher()),
        *_settings(),
        *_last_runs(),
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


def _settings() -> List[Tuple[str, str]]:
    metadata = Metadata()
    try:
        known = instance_id = instance_id_of(metadata)
    except Unidentified as why:
        known, instance_id = str(why), ""
    source = sources.find(metadata, instance_id)
    guarded = {
        True: "guarded",
        False: f"not guarded: {source.words_on_tag}",
        None: "guarded: no tag can be read",
    }
    lines = [("instance", f"{known}, {guarded[source.guarded]}")]
    raw = source.settings or {}
    parsed = settings.parse({**terms.read_defaults(), **raw})
    values = [f"{name}={ascii(value)[1:-1]}" for name, value in sorted(_in_force(raw, parsed).items())]
    lines.append(("settings", f"from {source.name}: {', '.join(values) or 'none'}"))
    for why in parsed.refused:
        left = "left out, and drain would fail" if why in parsed.unsafe else "the built-in default holds"
        lines.append(("refused", f"{why}; {left}"))
    if source.words_on_unknown:
        lines.append(("", source.words_on_unknown))
    if source.why:
        lines.append(("", f"not from {source.why}"))
    defaults = [f"{name}={value}" for name, value in sorted(terms.read_defaults().items())]
    return [*lines, ("defaults", ", ".join(defaults) or "built in")]


def _in_force(raw: Dict[str, str], parsed: settings.Settings) -> Dict[str, str]:
    held = dict(raw)
    for name in {name for why in parsed.refused for name in why.partition(":")[0].split(", ")} & raw.keys():
        rest: Any = getattr(parsed, name, "")  # of names and folders, those that are no fault
        held[name] = rest if isinstance(rest, str) else " ".join(rest)
        if not held[name]:
            del held[name]
    return held


def _last_runs() -> Iterator[Tuple[str, str]]:
    """Of each event the one that began last: a rehearsal does not hide what became of a notice."""
    last = {run.event: run for run in sorted((run for _, run in runs.every()), key=_began)}
    for event in contract.EVENTS:
        if event in last:
            yield ("last run", _told(last[event]))
    if not last:
        yield ("last run", "none since the machine was started")


def _began(run: Run) -> float:
    try:
        return os.stat(run.notice_file).st_mtime
    except OSError:
        return 0.0  # gone meanwhile


def _told(last: Run) -> str:
    lines = Follower(last.journal).read()
    ends = [line for line in lines if line["phase"] in ENDS]
    by = next(
        (line["by"] for line in lines if line.get("by") in (contract.BY_COMMAND, contract.BY_WATCHER)), ""
    )
    words = f"{last.event}, deadline {rfc3339(last.deadline)}" + (f", brought by the {by}" if by else "")
    if not ends:
        return f"{words}, under way" if last in runs.under_way() else f"{words}, its end is not known"
    return f"{words}, {_how(ends[-1])}{_failed(lines)}; {last.journal}"


def _how(end: Line) -> str:
    if "report" not in end:
        return f"{end['phase']}: {end.get('note', '')}"
    report = json.loads(end["report"])
    return f"{report['result']}, {report['secondsToSpare']} s to spare"


def _failed(lines: List[Line]) -> str:
    failed = [line for line in lines if line["phase"] == "taskEnded"]
    failed = [line for line in failed if line["exit"] not in FINE or line.get("overran")]
    words = [
        f"{line['stage']}/{line['task']} (exit {line['exit']}) {line.get('note', '')[:NOTE_CHARS]}".rstrip()
        for line in failed[:FAILED_MOST]
    ]
    more = len(failed) - len(words)
    return f"; failed: {', '.join(words)}{f' and {more} more' if more else ''}" if words else ""


def _stopped() -> str:
    known: Optional[stopped.Stopped] = stopped.read()
    return "nothing" if known is None else ", ".join(known.units + known.containers)
