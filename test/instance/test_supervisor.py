"""Who was frozen beyond the deadline ends nothing. Load is no freezing."""

import errno
import os
import signal
import subprocess
import tempfile
import time
import unittest
import warnings
from typing import Any, Callable, List
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import processes
from spot_guard.clock import Clock
from spot_guard.processes import Family
from spot_guard.supervisor import Supervisor, Thawed
from spot_guard.task import Ended, Task

REALLY = time.clock_gettime
NO_PROCESS = BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


class Frozen(unittest.TestCase):
    """By a kernel whose clocks go on by themselves as soon as a task runs."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output = os.path.join(folder.name, "drain")
        self.ahead = dict.fromkeys((time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC), 0.0)
        patch = mock.patch.object(time, "clock_gettime", side_effect=self.clock_gettime)
        patch.start()
        self.addCleanup(patch.stop)
        self.pids: List[int] = []
        # Who is late does not wait for what it has killed.
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.simplefilter("ignore", ResourceWarning)

    def clock_gettime(self, of: int) -> float:
        return REALLY(of) + self.ahead[of]

    def run_a_minute(self, boot: float = 0, monotonic: float = 0, ends_in: float = 1) -> List[Ended]:
        """A task of a minute that must end two seconds before the deadline, and these jumps of the clocks."""
        clock = Clock()
        deadline = clock.now() + ends_in + 2

        def runs(_: Task, pid: int) -> None:
            self.pids.append(pid)
            self.ahead = {time.CLOCK_BOOTTIME: boot, time.CLOCK_MONOTONIC: monotonic}

        family = Family("/run/none", since=clock.anchor[1])
        supervisor = Supervisor(family, clock, deadline, lambda _: None, runs)
        self.addCleanup(end, supervisor)
        task = Task("minute", ("/bin/sleep", "60"), {})
        return supervisor.run([task], lambda: deadline - 2, 0.2, self.output)

    def test_a_machine_that_slept_through_its_deadline_ends_nothing(self) -> None:
        for slept, stood in ((6, 0), (3600, 0), (3600, 3600)):
            with self.subTest(slept=slept, stood=stood):
                self.setUp()
                with self.assertRaises(Thawed):
                    self.run_a_minute(boot=slept, monotonic=stood)
                os.kill(self.pids[-1], 0)

    def test_one_that_slept_and_woke_before_its_deadline_goes_on(self) -> None:
        ended = self.run_a_minute(boot=7, ends_in=8)
        self.assertEqual(ended[0].note, "SIGTERM at the stage's end")

    def test_one_under_a_load_that_takes_seconds_from_it_ends_what_it_has_to(self) -> None:
        ended = self.run_a_minute(boot=8, monotonic=8)
        self.assertTrue(ended[0].overran)

    def test_a_task_is_tried_again_where_the_machine_has_no_process_left(self) -> None:
        for failures, note in ((2, "SIGTERM at the stage's end"), (1_000, "cannot be started: [Errno 11]")):
            with self.subTest(failures=failures):
                self.setUp()
                tries = [NO_PROCESS] * failures
                with mock.patch.object(subprocess, "Popen", side_effect=_after(tries)):
                    self.assertIn(note, str(self.run_a_minute()[0].note))

    def test_what_was_left_behind_is_let_run_as_soon_as_the_machine_is_spared(self) -> None:
        clock = Clock()
        family = Family("/run/none", since=clock.anchor[1])
        supervisor = Supervisor(family, clock, clock.now() + 60, lambda _: None, lambda _, __: None)
        processes.become_subreaper()
        task = Task("leaves", ("/bin/sh", "-c", "sleep 60 & echo $!"), {"PATH": os.environ["PATH"]})
        self.assertEqual(supervisor.run([task], lambda: clock.now() + 9, 1, self.output)[0].exit, 0)
        asked = iter([False] * 3)
        begun = time.monotonic()
        self.assertEqual(supervisor.end_leftovers(clock.now() + 30, 1, lambda: next(asked, True)), 0)
        self.assertLess(time.monotonic() - begun, 15)
        (left,) = supervisor.leftovers(clock.now() + 9)
        os.kill(left, signal.SIGKILL)
        supervisor.let_finish()

    def test_and_no_longer_than_its_stage_lasts_though_that_ends_earlier_than_was_said(self) -> None:
        clock = Clock()
        supervisor = Supervisor(
            Family("/run/none", 0.0), clock, clock.now() + 60, lambda _: None, lambda _, __: None
        )
        told = iter([clock.now() + 30] * 4)
        with mock.patch.object(subprocess, "Popen", side_effect=_after([NO_PROCESS] * 1_000)):
            ended = supervisor.run(
                [Task("none", ("/bin/true",), {})], lambda: next(told, clock.now()), 1, self.output
            )
        self.assertLess(ended[0].seconds, 10)


def _after(failures: List[BlockingIOError]) -> Callable[..., Any]:
    really: Any = subprocess.Popen

    def popen(*argv: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return really(*argv, **more)

    return popen


def end(supervisor: Supervisor) -> None:
    for pid in supervisor._running:  # pyright: ignore[reportPrivateUsage]
        os.kill(pid, signal.SIGKILL)
    supervisor.let_finish()


if __name__ == "__main__":
    unittest.main()
