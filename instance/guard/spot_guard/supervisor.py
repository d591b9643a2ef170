"""Runs tasks against the clock: SIGTERM a grace before the end, SIGKILL at it, all descendants included."""

import os
import selectors
import signal
import subprocess
from typing import Callable, Dict, List

from . import contract, descendants
from .child import Child, spawn, start_fault
from .clock import Clock
from .task import Ended, Task

TICK_SECONDS = 0.02
JUMP_SECONDS = 5.0
"""A gap between two looks at the clock that no load explains: the machine was asleep."""
REAP_SECONDS = 1.0


class Thawed(Exception):
    """The clock jumped past the deadline: the machine slept through it and lives on."""


class Supervisor:
    """Starts, watches, ends and reaps. Its process is the subreaper: every orphan comes back to it."""

    def __init__(self, clock: Clock, deadline: float, on_start: Callable[[Task, int], None]) -> None:
        self._clock = clock
        self._deadline = deadline
        self._on_start = on_start
        self._last_now = clock.now()
        self._running: Dict[int, Child] = {}
        self._pipes = selectors.DefaultSelector()

    def run(self, tasks: List[Task], until: float, grace: float, output: str) -> List[Ended]:
        """All at once. Returns when all have ended, at `until` at the latest. Raises Thawed.

        What a task prints goes to the file `output-NAME.log`.
        """
        ended: List[Ended] = []
        for task in tasks:
            self._start(task, until, grace, f"{output}-{task.name}.log", ended)
        while self._running and self._now() < until:
            self._tick(min(TICK_SECONDS, max(0.0, until - self._clock.now())))
            self._collect(ended)
            for child in self._running.values():
                if not child.told and self._now() >= child.term_at:
                    child.told = True
                    self._tell(child)
        if self._running:
            descendants.kill_all(os.getpid())
            late = set(self._running)
            while self._running and self._clock.now() < until + REAP_SECONDS:
                self._tick(TICK_SECONDS)
                self._collect(ended, killed=late)
            ended += [child.ended(self._clock.now(), killed=True) for child in self._running.values()]
            self._running.clear()
        return ended

    def end_leftovers(self, grace: float) -> int:
        """What tasks left behind: SIGTERM, `grace` seconds, SIGKILL. Returns how many there were."""
        left = descendants.descendants(os.getpid())
        descendants.send(left, signal.SIGTERM)
        until = self._clock.now() + grace
        while descendants.descendants(os.getpid()) and self._clock.now() < until:
            self._tick(TICK_SECONDS)
        descendants.kill_all(os.getpid())
        self._reap()
        return len(left)

    def _start(self, task: Task, until: float, grace: float, output: str, ended: List[Ended]) -> None:
        now = self._clock.now()
        if task.refused:
            ended.append(Ended(task, contract.EXIT_FAILED, 0.0, note=task.refused))
            return
        if now >= until:
            ended.append(Ended(task, contract.EXIT_SKIPPED, 0.0, overran=True, note="no time was left"))
            return
        try:
            child = Child(task, now, until, grace, output)
        except (OSError, ValueError) as error:
            ended.append(Ended(task, contract.EXIT_FAILED, 0.0, note=start_fault(error)))
            return
        self._running[child.process.pid] = child
        self._pipes.register(child.process.stdout or -1, selectors.EVENT_READ, child)
        self._on_start(task, child.process.pid)

    def _tell(self, child: Child) -> None:
        if child.task.last_call:
            spawn(child.task, child.task.last_call, subprocess.DEVNULL)
        else:
            descendants.send_group(child.process.pid, signal.SIGTERM)

    def let_finish(self) -> None:
        """After a thaw: what runs may go on for as long as it likes, with somebody to read its output."""
        while self._running:
            self._drain_pipes(JUMP_SECONDS)
            self._reap()
            self._collect([])

    def _now(self) -> float:
        """Asked before anything is ended: a gap since the last time shows that the machine slept."""
        now = self._clock.now()
        if now - self._last_now > JUMP_SECONDS and now > self._deadline:
            raise Thawed
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

    def _collect(self, ended: List[Ended], killed: "set[int] | frozenset[int]" = frozenset()) -> None:
        for pid in [pid for pid, child in self._running.items() if child.status is not None]:
            child = self._running.pop(pid)
            self._drain_pipes(0)  # its last words
            ended.append(child.ended(self._clock.now(), killed=pid in killed))
