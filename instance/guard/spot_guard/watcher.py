"""What the watcher does in one tick: polls, acts on a notice, and tends the runs that there are."""

import os
import time
from typing import Callable, Dict, List, Tuple

from . import contract, files, noticefile, runs, sighting, sources, stopped
from .clock import rfc3339
from .identity import Unidentified, instance_id_of
from .metadata import Answer, Metadata, NoAnswer
from .notice import Notice
from .paths import guard_command, here
from .runs import Run
from .sighting import Absent, Seen, Sighting, Unknown
from .sources import Source
from .tending import Tending

SOURCE_SECONDS = 60.0
NO_SOURCE_SECONDS = 5.0
"""At boot the tags are fetched a moment after the watcher starts."""
LEFT_BEHIND_SECONDS = 30.0
LEAST_BACK_OFF_SECONDS = 2.0
MOST_BACK_OFF_SECONDS = 8.0
"""Between two polls where the service throttles; nothing else slows them down."""
WITHDRAWN_POLLS = 10
"""So many answers in a row that there is no notice: one might be a slip, and would stop a save."""
SAID_CHARS = 300
SANDBOXED_STARTS = 2
"""Then systemd does not do as it is asked: a runner in the watcher's sandbox is better than none."""


class Watcher:
    def __init__(
        self,
        sandboxed: bool,
        metadata: Metadata,
        start_runner: Callable[[Run, bool], None],
        spawn: Callable[[List[str], str], object],
    ) -> None:
        """`start_runner` and `spawn` as in detach."""
        self._metadata = metadata
        self._sandboxed = sandboxed
        self._start_runner = start_runner
        self._spawn = spawn
        self._instance_id = ""
        self._source = Source("none", None, None, "not read yet")
        self._source_at = 0.0
        self._left_at = 0.0
        self._acted: Dict[Tuple[str, int], Run] = {}
        """By event and deadline, as the service shows them."""
        self._absent = 0
        self._tended: Dict[str, Tending] = {}
        """By the run's folder."""
        self._starts: Dict[str, int] = {}
        self._said: Dict[str, str] = {}
        self._written = ""
        self._back_off = 0.0
        self._since = time.time()
        self._tend(first=True)

    def look(self) -> float:
        """One tick. Returns the seconds that the service asks us to leave it alone; 0 where it does not."""
        throttled = self._poll("notice", sighting.INSTANCE_ACTION_PATH, sighting.of_interruption)
        if self._source.asks_for_rebalance and not throttled:
            throttled = self._poll("recommendation", sighting.REBALANCE_PATH, sighting.of_rebalance)
        self._tend()
        if not throttled and time.monotonic() >= self._source_at:
            self._read_source()
        self._start_left_behind()
        self._write()
        _reap()
        doubled = min(MOST_BACK_OFF_SECONDS, max(LEAST_BACK_OFF_SECONDS, 2 * self._back_off))
        self._back_off = doubled if throttled else 0.0
        return self._back_off

    def _poll(self, what: str, path: str, read: Callable[[Answer, float], Sighting]) -> bool:
        """Asks, and acts on what it says. Returns whether the service throttles."""
        try:
            seen = read(self._metadata.get(path), time.time())
        except NoAnswer as error:
            seen = Unknown(str(error))
        if isinstance(seen, Unknown):
            self._say(what, f"{what}: not known, {seen.why}")
            if what == "notice":
                self._absent = 0
            return seen.throttled
        if isinstance(seen, Absent):
            self._say(what, f"{what}: none")
            if what == "notice":
                self._see_none()
            return False
        self._say(what, f"{what}: {seen.action} at {rfc3339(seen.time)}")
        self._act(seen)
        return False

    def _act(self, seen: Seen) -> None:
        """Tried again at the next tick where the run cannot be made."""
        rebalance = seen.action == contract.REBALANCE
        event = "rebalance" if rebalance else runs.INTERRUPTION
        deadline = seen.time + (contract.REBALANCE_SECONDS if rebalance else 0)
        if not rebalance:
            self._absent = 0
        acted = self._acted.get((event, deadline))
        if acted is not None and not os.path.exists(acted.withdrawn):
            return
        # Neither of these verdicts is for good: the clock may be set, and a tag may come.
        if deadline + seen.skew <= time.time():
            self._say("act", f"{event}: left alone, its deadline has passed")
            return
        self._read_source()
        if not self._instance_id:
            return
        settings = self._source.settings
        notice = Notice(
            self._instance_id, seen.action, deadline, settings, event, seen.skew, contract.BY_WATCHER
        )
        if self._source.guarded is False:
            self._say("act", f"{event}: left alone, the instance is not tagged spot-guard=enabled")
        else:
            self._claim(notice, (event, deadline))

    def _claim(self, notice: Notice, key: Tuple[str, int]) -> None:
        try:
            run, made = runs.claim(notice, shown=True)
        except (OSError, TimeoutError) as error:
            self._say("act", f"{notice.event}: the run cannot be recorded: {error}")
            return
        if os.path.exists(run.withdrawn):
            self._say("act", f"the notice of the run {run.shown} is there again")
            os.unlink(run.withdrawn)
        self._say("act", f"{notice.event}: {'starts' if made else 'joins'} the run {run.shown}")
        self._acted[key] = run

    def _see_none(self) -> None:
        """A notice that was there and is not any more, was withdrawn."""
        self._absent += 1
        if self._absent < WITHDRAWN_POLLS:
            return
        for run in self._acted.values():
            if run.event == runs.INTERRUPTION and not os.path.exists(run.withdrawn):
                self._create(run.withdrawn, f"the notice of the run {run.shown} was withdrawn")

    def _tend(self, first: bool = False) -> None:
        """Also the runs that a command has started: their runner may be killed, and the step with it."""
        for run in runs.unfinished():
            if run.folder not in self._tended:
                try:
                    deadline = run.notice().local_deadline
                except (OSError, ValueError, TypeError, LookupError):
                    continue  # gone meanwhile
                self._tended[run.folder] = Tending(run, deadline, self._start)
                if first:
                    self._say("act", f"the watcher starts in the middle of the run {run.shown}")
        for folder, tending in list(self._tended.items()):
            if tending.see_to() is not None:
                del self._tended[folder]

    def _start(self, run: Run, again: bool) -> None:
        starts = self._starts.get(run.folder, 0)
        self._starts[run.folder] = starts + 1
        if self._sandboxed and starts < SANDBOXED_STARTS:
            _create(here(contract.WANTED_FILE))
        else:
            self._start_runner(run, again)

    def _start_left_behind(self) -> None:
        """What a plan stopped, where its machine lives on and its runner does not."""
        now = time.monotonic()
        if now < self._left_at:
            return
        self._left_at = now + LEFT_BEHIND_SECONDS
        if runs.unfinished():
            return
        noticefile.clear_left_behind(time.time())
        if not stopped.is_left_behind():
            return
        if self._sandboxed:
            self._create(here(contract.WANTED_FILE), "what was stopped is to be started again")
            return
        try:
            self._spawn([*guard_command(), "start-again"], os.devnull)
        except OSError as error:
            self._say("act", f"what was stopped cannot be started again: {error}")

    def _read_source(self) -> None:
        self._source_at = time.monotonic() + SOURCE_SECONDS
        try:
            self._instance_id = self._instance_id or instance_id_of(self._metadata)
        except Unidentified as why:
            self._source_at = 0.0
            self._say("source", f"settings: not known yet, {why}")
            return
        self._source = sources.find(self._metadata, self._instance_id)
        if self._source.settings is None:
            self._source_at = time.monotonic() + NO_SOURCE_SECONDS
        guarded = {True: "guarded", False: "not guarded", None: "guarded, for no tag can be read"}
        self._say("source", f"settings: {self._source.name}, {guarded[self._source.guarded]}")

    def _create(self, path: str, why: str) -> None:
        """The watch goes on where it cannot be: the next tick tries again."""
        try:
            _create(path)
        except OSError as error:
            why = f"{why}, but: {error}"
        self._say("act", why)

    def _say(self, about: str, words: str) -> None:
        """To the journal of systemd, once until it changes."""
        words = "".join(char if " " <= char <= "~" else "?" for char in words[:SAID_CHARS])
        if self._said.get(about) != words:
            self._said[about] = words
            try:
                print(words, flush=True)
            except OSError:
                pass  # nobody reads it: the watch goes on

    def _write(self) -> None:
        """For `status`. The file's time is that of this poll."""
        path = here(contract.WATCH_FILE)
        state = {
            "pid": os.getpid(),
            "since": round(self._since),
            "instanceId": self._instance_id,
            "source": self._source._asdict(),
            "said": self._said,
        }
        text = repr(state)
        try:
            if text == self._written:
                os.utime(path)
            else:
                os.makedirs(here(contract.RUN_FOLDER), exist_ok=True)
                files.write_json(path, state, 0o600)
                self._written = text
        except OSError:
            self._written = ""  # a full disk: it is only for `status`


def _create(path: str) -> None:
    """Raises OSError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _reap() -> None:
    """What the watcher has spawned and has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass  # it has none
