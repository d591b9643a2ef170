"""What the watcher does in one tick: polls, acts on a notice, and tends the runs that there are."""

import os
import time
from typing import Callable, Dict, List, Tuple

from . import contract, files, noticefile, runs, sighting, sources, stopped
from .answer import Answer, NoAnswer
from .clock import rfc3339
from .identity import Unidentified, instance_id_of
from .metadata import Metadata
from .notice import Notice
from .pace import Pace
from .paths import guard_command, here
from .run import INTERRUPTION, Run
from .sighting import Absent, Seen, Sighting, Unknown
from .sources import Source
from .telling import Telling
from .tending import Tending

SOURCE_SECONDS = 60.0
NO_SOURCE_SECONDS = 5.0
"""At boot the tags are fetched a moment after the watcher starts."""
LOOK_AFTER_SECONDS = 30.0
WITHDRAWN_POLLS = 10
"""So many answers in a row that there is no notice: one might be a slip, and would stop a save."""
SANDBOXED_STARTS = 2
"""Then systemd does not do as it is asked: a runner in the watcher's sandbox is better than none."""


class Watcher:
    def __init__(
        self,
        sandboxed: bool,
        metadata: Metadata,
        start_runner: Callable[[Run, int], None],
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
        self._look_after_at = 0.0
        self._paces = (Pace(), Pace())
        """Of the notice and of the recommendation."""
        self._acted: Dict[Tuple[str, int], Run] = {}
        """By event and deadline, as the service shows them."""
        self._absent = 0
        self._tended: Dict[str, Tending] = {}
        """By the run's folder."""
        self._tell = Telling()
        self._go_on()

    def _go_on(self) -> None:
        """With what an earlier watcher has acted on: it may be withdrawn."""
        for run in runs.alive():
            seen = run.seen()
            if seen is not None:
                self._acted[(run.event, seen)] = run
        self._tend(first=True)

    def look(self) -> None:
        """One tick. Whatever became of it: the next must see the notice."""
        try:
            self._tick()
            self._tell.say("tick", "watching")
        except Exception as error:  # noqa: BLE001 (it is told, and nothing may end the watch)
            self._tell.say("tick", f"a tick failed: {error or type(error).__name__}")

    def _tick(self) -> None:
        notice, recommendation = self._paces
        self._poll(notice, "notice", sighting.INSTANCE_ACTION_PATH, sighting.of_interruption)
        if self._source.asks_for_rebalance and not notice.seconds:
            self._poll(recommendation, "recommendation", sighting.REBALANCE_PATH, sighting.of_rebalance)
        self._tend()
        if not (notice.seconds or recommendation.seconds) and time.monotonic() >= self._source_at:
            self._read_source()
        self._look_after()
        self._tell.write({"instanceId": self._instance_id, "source": self._source._asdict()})
        _reap()

    def _poll(self, pace: Pace, what: str, path: str, read: Callable[[Answer, float], Sighting]) -> None:
        """Asks, and acts on what it says."""
        if not pace.is_due():
            return
        try:
            seen = read(self._metadata.get(path), time.time())
        except NoAnswer as error:
            seen = Unknown(str(error))
        pace.answered(isinstance(seen, Unknown) and seen.throttled)
        if isinstance(seen, Unknown):
            self._tell.say(what, f"{what}: not known, {seen.why}")
            if what == "notice":
                self._absent = 0
            return
        if isinstance(seen, Absent):
            self._tell.say(what, f"{what}: none")
            if what == "notice":
                self._see_none()
            return
        self._tell.say(what, f"{what}: {seen.action} at {rfc3339(seen.time)}")
        self._act(seen)

    def _act(self, seen: Seen) -> None:
        """Tried again at the next tick where the run cannot be made."""
        rebalance = seen.action == contract.REBALANCE
        event = "rebalance" if rebalance else INTERRUPTION
        deadline = seen.time + (contract.REBALANCE_SECONDS if rebalance else 0)
        if not rebalance:
            self._absent = 0
        acted = self._acted.get((event, deadline))
        if acted is not None and not (acted.is_spared() or os.path.exists(acted.withdrawn)):
            return
        # Neither of these verdicts is for good: the clock may be set, and a tag may come.
        if deadline + seen.skew <= time.time():
            self._tell.say("act", f"{event}: left alone, its deadline has passed")
            return
        self._read_source()
        if not self._instance_id:
            return
        settings = self._source.settings
        notice = Notice(
            self._instance_id, seen.action, deadline, settings, event, seen.skew, contract.BY_WATCHER
        )
        if self._source.guarded is False:
            self._tell.say("act", f"{event}: left alone, the instance is {self._source.words_on_tag}")
        else:
            self._claim(notice, (event, deadline))

    def _claim(self, notice: Notice, key: Tuple[str, int]) -> None:
        try:
            run, made = runs.claim(notice, shown=True)
        except (OSError, TimeoutError) as error:
            self._tell.say("act", f"{notice.event}: the run cannot be recorded: {error}")
            return
        try:
            os.unlink(run.withdrawn)
            self._tell.say("act", f"the notice of the run {run.shown} is there again")
        except FileNotFoundError:
            pass  # never withdrawn; or its runner has just spared it, and the next tick makes another
        self._tell.say("act", f"{notice.event}: {'starts' if made else 'joins'} the run {run.shown}")
        self._acted[key] = run
        try:
            files.write(run.seen_file, b"%d" % key[1])
        except OSError:
            pass  # no room: a watcher that follows this one would not notice that it was withdrawn

    def _see_none(self) -> None:
        """A notice that was there and is not any more, was withdrawn."""
        self._absent += 1
        if self._absent < WITHDRAWN_POLLS:
            return
        for run in self._acted.values():
            withdrawn = run.is_spared() or os.path.exists(run.withdrawn)
            if run.event == INTERRUPTION and not withdrawn:
                self._create(run.withdrawn, f"the notice of the run {run.shown} was withdrawn")

    def _tend(self, first: bool = False) -> None:
        """Also the runs that a command has started: their runner may be killed, and the step with it."""
        for run in runs.under_way():
            if run.folder not in self._tended:
                try:
                    run.notice()
                except (OSError, ValueError, TypeError, LookupError):
                    continue  # gone meanwhile, or none
                self._tended[run.folder] = Tending(run, self._start)
                if first:
                    self._tell.say("act", f"the watcher starts in the middle of the run {run.shown}")
        for folder, tending in list(self._tended.items()):
            if tending.see_to() is not None:
                del self._tended[folder]

    def _start(self, run: Run, futile: int) -> None:
        if not self._sandboxed or futile >= SANDBOXED_STARTS:
            self._start_runner(run, futile)
            return
        wanted = here(contract.WANTED_FILE)
        try:
            os.rename(run.request, wanted)
        except FileNotFoundError:
            _create(wanted)

    def _look_after(self) -> None:
        """Room for the next run, and what a plan left behind whose runner does not come back."""
        now = time.monotonic()
        if now < self._look_after_at:
            return
        self._look_after_at = now + LOOK_AFTER_SECONDS
        try:
            runs.make_ready()
            self._tell.say("room", "room for the next run: taken")
        except (OSError, TimeoutError) as error:
            self._tell.say("room", f"room for the next run: none, {error}")
        if runs.under_way() or runs.is_interrupted():
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
            self._tell.say("act", f"what was stopped cannot be started again: {error}")

    def _read_source(self) -> None:
        self._source_at = time.monotonic() + SOURCE_SECONDS
        try:
            self._instance_id = self._instance_id or instance_id_of(self._metadata)
        except Unidentified as why:
            self._source_at = 0.0
            self._tell.say("source", f"settings: not known yet, {why}")
            return
        self._source = sources.find(self._metadata, self._instance_id)
        if self._source.settings is None:
            self._source_at = time.monotonic() + NO_SOURCE_SECONDS
        guarded = {True: "guarded", False: "not guarded", None: "guarded, for no tag can be read"}
        self._tell.say("source", f"settings: {self._source.name}, {guarded[self._source.guarded]}")

    def _create(self, path: str, why: str) -> None:
        """The watch goes on where it cannot be: the next tick tries again."""
        try:
            _create(path)
        except OSError as error:
            why = f"{why}, but: {error}"
        self._tell.say("act", why)


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
