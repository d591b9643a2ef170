"""Whoever is killed while a run is recorded, at whatever line: the next caller finds one whole run."""

import os
import sys
import time
import unittest
from types import FrameType
from typing import Any, Dict, Optional

from on_a_machine import OnAMachine, notice
from spot_guard import runs

KILLED = 9


class Killed(OnAMachine):
    def setUp(self) -> None:
        super().setUp()
        self.deadline = int(time.time()) + 100

    def claim(self, seconds: int = 0, settings: Optional[Dict[str, str]] = None) -> "tuple[runs.Run, bool]":
        return runs.claim(notice(self.deadline + seconds, settings), shown=True)

    def record(self) -> None:
        """All that is done to a run beside its plan."""
        runs.make_ready()
        run, _ = self.claim()
        self.claim(-7, {"units": "x"})
        runs.make_ready()
        with open(run.withdrawn, "w", encoding="ascii"):
            pass
        run.spare()
        self.claim()

    def is_killed_at(self, line: int) -> bool:
        """A process of its own, that records and is gone when it comes to its line of that number."""
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
        seen = 0

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal seen
            if event == "line":
                seen += 1
                if seen == line:
                    os._exit(KILLED)
            return trace if "spot_guard" in frame.f_code.co_filename else None

        sys.settrace(trace)
        try:
            self.record()
        finally:
            os._exit(0)

    def test_at_any_line_it_leaves_one_run_that_the_next_finds_and_may_join(self) -> None:
        line = 1
        while self.is_killed_at(line):
            with self.subTest(line=line):
                run, _ = self.claim(settings={"units": "y"})
                self.assertEqual(self.claim(-9, {"units": "z"}), (run, False))
                self.assertLessEqual(abs(run.notice().deadline - self.deadline), 1)
                self.assertEqual(run.joined().deadline, self.deadline - 9)
                self.assertIsNotNone(run.notice().settings or run.joined().settings)
                self.assertEqual([one for one in runs.unfinished() if not one.is_spared()], [run])
                self.assertTrue(os.path.exists(run.lock))
            line += 1
            self.setUp()
        self.assertGreater(line, 100)


if __name__ == "__main__":
    unittest.main()
