"""Runs tasks against the clock: SIGTERM a grace before the end, SIGKILL at it, all descendants included."""

import os
import selectors
import signal
import subprocess
from typing import AbstractSet, Callable, Dict, List

from . import contract, processes
from .child import Child, spawn
from .clock import Clock, slept
from .processes import Family, Processes
from .task import NOTE_CHARS, Ended, Task

TICK_SECONDS = 0.02
IDLE_SECONDS = 0.2
SLEEP_SECONDS = 5.0
STANDSTILL_SECONDS = 10.0
"""Between two looks at the clock. Load does not explain it: whoever froze this process lives on."""
FINISH_SECONDS = 5.0
REAP_SECONDS = 1.0
LOOK_SECONDS = 0.1
"""Between two walks of /proc, or five times as long as one takes."""


Moment = Callable[[], float]
"""Epoch seconds; asked again and again, because a moment may move closer."""


class Thawed(Exception):
    """The machine slept through the deadline, or stood still, and lives on."""


class Supervisor:
    """Starts, watches, ends and reaps. Its process is the subreaper: every orphan comes back to it."""

    def __init__(
        self,
        family: Family,
        clock: Clock,
        deadline: float,
        on_start: Callable[[Task], None],
        on_run: Callable[[Task, int], None],
    ) -> None:
        self._family = family
        self._clock = clock
        self._deadline = deadline
        self._on_start = on_start
        self._on_run = on_run
        self._last_now = clock.now()
        self._slept = slept()
        self._running: Dict[int, Child] = {}
        self._pipes = selectors.DefaultSelector()

    def run(self, tasks: List[Task], until: Moment, grace: float, output: str) -> List[Ended]:
        """All at once. Returns when all have ended, at `until` at the latest. Raises Thawed.

        What a task prints goes to the file `output-NAME.log`.
        """
        ended: List[Ended] = []
        for task in tasks:
            self._start(task, until, grace, f"{output}-{task.name}.log", ended)
        while self._running and self._now() < until():
            self._tick(min(TICK_SECONDS, max(0.0, until() - self._clock.now())))
            self._collect(ended, until())
            for child in self._running.values():
                if not child.told and self._now() >= child.term_at(until()):
                    child.told = True
                    self._tell(child)
        if self._running:
            self._kill(ended, until())
        return ended

    def leftovers(self, until: float) -> Processes:
        """What tasks left behind, while none is running; looked for once at least, and not beyond `until`."""
        for _ in range(processes.QUIET_WALKS):
            found = self._family.members()
            if found or self._clock.now() >= until:
                return found
        return {}

    def end_leftovers(self, until: float, grace: float, spared: Callable[[], bool]) -> int:
        """They may run until `grace` before `until`: then SIGTERM, at `until` SIGKILL.

        `spared`: they may run on. Returns how many had to be told. Raises Thawed.
        """
        self._await_leftovers(until - grace, spared)
        left = {} if spared() else self.leftovers(until)
        if left:
            processes.send(left, signal.SIGTERM)
            self._await_leftovers(until, lambda: False)
            processes.kill_all(self._family.members)
            self._reap()
        return len(left)

    def _await_leftovers(self, moment: float, over: Callable[[], bool]) -> None:
        while self._now() < moment and not over() and self.leftovers(moment):
            until = min(moment, self._clock.now() + self._look_seconds())
            while self._now() < until:
                self._tick(max(0.0, until - self._clock.now()))

    def _look_seconds(self) -> float:
        return max(LOOK_SECONDS, 5 * self._family.walk_seconds)

    def _kill(self, ended: List[Ended], until: float) -> None:
        """What is still running, and whatever hides whose it is."""
        late = {child.pid: child.mark for child in self._running.values()}

        def theirs() -> Processes:
            found = self._family.members(late.keys())
            return {
                **processes.of_tasks(found, set(late.values()), late.keys()),
                **processes.unmarked(found),
            }

        processes.kill_all(theirs, {pid for pid, child in self._running.items() if child.status is None})
        while self._running and self._clock.now() < until + REAP_SECONDS:
            self._tick(TICK_SECONDS)
            self._collect(ended, until, killed=late.keys())
        ended += [child.ended(self._clock.now(), killed=True) for child in self._running.values()]
        self._running.clear()

    def _start(self, task: Task, until: Moment, grace: float, output: str, ended: List[Ended]) -> None:
        now = self._clock.now()
        if task.refused:
            ended.append(Ended(task, contract.EXIT_FAILED, 0.0, note=task.refused))
            return
        if now >= until():
            ended.append(Ended(task, contract.EXIT_SKIPPED, 0.0, overran=True, note="no time was left"))
            return
        # Before it is: a runner that is killed in between must not start it again as if for the first time.
        self._on_start(task)
        try:
            child = self._spawn(task, now, grace, output, until)
        except (OSError, ValueError) as error:
            note = f"cannot be started: {error}"[:NOTE_CHARS]
            ended.append(Ended(task, contract.EXIT_FAILED, round(self._clock.now() - now, 3), note=note))
            return
        self._on_run(task, child.pid)
        self._running[child.pid] = child
        self._pipes.register(child.process.stdout or -1, selectors.EVENT_READ, child)

    def _spawn(self, task: Task, now: float, grace: float, output: str, until: Moment) -> Child:
        """Tries again where the machine has no process left: others may end. Raises as Child, and Thawed."""
        while True:
            try:
                return Child(task, now, grace, output)
            except BlockingIOError:  # EAGAIN
                if self._now() >= until() - grace:
                    raise
                self._tick(IDLE_SECONDS)

    def _tell(self, child: Child) -> None:
        if child.task.last_call:
            try:
                spawn(child.task, child.task.last_call, subprocess.DEVNULL)
                return
            except OSError:
                pass  # no process can be made: what runs is told in the common way
        # Once to each: a second SIGTERM makes some programs give up.
        own = processes.of_tasks(self._family.members({child.pid}), {child.mark}, {child.pid})
        processes.send_group(child.pid, signal.SIGTERM)
        processes.send([pid for pid, one in own.items() if one.group != child.pid], signal.SIGTERM)

    def idle(self, until: Moment, over: Callable[[], bool]) -> None:
        """Waits for `over`, at most until then. Raises Thawed."""
        while not over() and self._now() < until():
            self._tick(min(IDLE_SECONDS, max(0.0, until() - self._clock.now())))

    def let_finish(self) -> None:
        """Stays while something that may live on can write to us: a pipe that nobody reads would kill it."""
        while self._running or self._pipes.get_map():
            self._tick(FINISH_SECONDS)
            self._collect([], self._deadline)

    def _now(self) -> float:
        """Asked before anything is ended. Raises Thawed."""
        now = self._clock.now()
        asleep = slept() - self._slept > SLEEP_SECONDS
        if now > self._deadline and (asleep or now - self._last_now > STANDSTILL_SECONDS):
            raise Thawed
        self._slept = slept()
        self._last_now = now
        return now

    def _tick(self, seconds: float) -> None:
        self._drain_pipes(seconds)
        self._reap()

    def _drain_pipes(self, seconds: float) -> None:
        for key, _ in self._pipes.select(seconds):
            try:
                data = os.read(key.fd, 65536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                key.data.take(data)
            else:
                self._pipes.unregister(key.fileobj)
                key.data.close_output()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._running:
                child = self._running[pid]
                child.status = status
                child.process.returncode = os.waitstatus_to_exitcode(status)

    def _collect(self, ended: List[Ended], until: float, killed: AbstractSet[int] = frozenset()) -> None:
        for pid, child in list(self._running.items()):
            if child.status is None or not (pid in killed or self._is_over(child, until)):
                continue
            del self._running[pid]
            self._drain_pipes(0)  # its last words
            ended.append(child.ended(self._clock.now(), killed=pid in killed))

    def _is_over(self, child: Child, until: float) -> bool:
        """What ends by itself may leave others behind. What was told to end must end with all of them."""
        if not child.told or child.task.last_call:
            return True
        now = self._clock.now()
        if now < child.look_at or now + self._family.walk_seconds > until:
            return False
        members = self._family.members({child.pid})
        child.look_at = self._clock.now() + self._look_seconds()
        return not processes.of_tasks(members, {child.mark}, {child.pid})
