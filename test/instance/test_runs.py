"""Which run a notice belongs to, however many ask at once; and how a step follows one."""

import base64
import contextlib
import fcntl
import io
import json
import os
import threading
import time
import unittest
from typing import Any, Dict, List
from unittest import mock

from on_a_machine import OnAMachine, notice
from spot_guard import contract, lock, runs, step, task, terms
from spot_guard.clock import Clock
from spot_guard.journal import Journal, clock_of


class Claim(OnAMachine):
    def test_many_that_ask_at_once_get_one_run(self) -> None:
        made: List[bool] = []
        gate = threading.Barrier(16)

        def ask(number: int) -> None:
            gate.wait()
            made.append(runs.claim(notice(1_795_519_420 + number))[1])

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(made), [False] * 15 + [True])

    def test_a_notice_three_minutes_away_is_the_same_and_one_further_away_another(self) -> None:
        first, _ = runs.claim(notice(1_795_519_420))
        for deadline, same in ((1_795_519_600, True), (1_795_519_240, True), (1_795_519_601, False)):
            with self.subTest(deadline=deadline):
                self.assertEqual(runs.claim(notice(deadline)) == (first, False), same)


class Following(OnAMachine):
    def follow(self, runner: Clock, deadline: float) -> "tuple[int, str]":
        """Within 10 s: a step that follows a run whose runner lives and whose clock is this."""
        mine = notice(int(deadline))
        run, _ = runs.claim(mine)
        held = lock.acquire(run.lock, 0)
        journal = Journal(run.journal, runner, deadline)
        journal.write(
            "started",
            deadline=deadline,
            clock=list(runner.anchor),
            stages=list(contract.STAGES),
            event="interruption",
        )
        codes: List[int] = []
        with contextlib.redirect_stdout(io.StringIO()) as out:
            following: Any = step._Following(run, "drain")  # pyright: ignore[reportPrivateUsage]
            thread = threading.Thread(target=lambda: codes.append(following.follow()), daemon=True)
            thread.start()
            thread.join(10)
        os.close(held)
        self.assertFalse(thread.is_alive(), "the step still waits")
        return codes[0], out.getvalue()

    def test_a_step_goes_by_the_clock_of_the_runner(self) -> None:
        wall, boot = Clock().anchor
        code, said = self.follow(Clock((wall + 100, boot)), wall + 90)
        self.assertEqual(code, contract.EXIT_LOST)
        self.assertIn("the deadline passed before the run had a word", said)


class Frozen(OnAMachine):
    def test_caller_in_the_middle_of_a_claim_keeps_no_step_from_its_run_for_good(self) -> None:
        mine = notice(int(time.time()) + 100, {})
        entry: Dict[str, Any] = {"deadline": mine.deadline, "action": mine.action, "settings": {}}
        encoded = base64.urlsafe_b64encode(json.dumps({mine.instance_id: entry}).encode()).decode()
        held = runs.hold()
        freed = threading.Timer(2.1, os.close, (held,))
        freed.start()
        out = io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(
                mock.patch.dict(os.environ, {contract.INSTANCE_ID_VARIABLE: mine.instance_id})
            )
            stack.enter_context(mock.patch.object(step, "_Following", side_effect=KeyboardInterrupt))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(self.assertRaises(KeyboardInterrupt))
            step.run("drain", encoded)
        freed.join()
        self.assertEqual((len(runs.every()), out.getvalue()), (1, ""))

    def test_lock_is_held_by_nobody_who_only_asks(self) -> None:
        run, _ = runs.claim(notice(int(time.time()) + 100))
        asking = os.open(run.lock, os.O_RDONLY)
        self.addCleanup(os.close, asking)
        fcntl.flock(asking, fcntl.LOCK_SH)
        self.assertFalse(lock.is_held(run.lock))


class ClockThatIsSet(OnAMachine):
    def test_moves_no_deadline(self) -> None:
        for skew in (0.0, 300.0):
            for seconds in (-3600, 5, 3600):
                with self.subTest(seconds=seconds, skew=skew):
                    self.setUp()
                    mine = notice(int(time.time() - skew) + 100, {}, skew=skew)
                    run, _ = runs.claim(mine)
                    then = time.time() + seconds
                    with mock.patch.object(time, "time", return_value=then):
                        clock = Clock()
                        self.assertEqual(runs.under_way(), [run])
                        self.assertTrue(runs.is_interrupted())
                        self.assertAlmostEqual(run.seconds_left(), 100, delta=2)
                        at = terms.Terms(run, mine, None, clock)
                        self.assertAlmostEqual(at.deadline - clock.now(), 100, delta=2)
                        # EC2's own time of it, which the report tells.
                        self.assertAlmostEqual(at.deadline - at.skew, mine.deadline, delta=0.01)


class Told(unittest.TestCase):
    def test_a_clock_told_by_another_tells_the_same_time(self) -> None:
        wall, boot = Clock().anchor
        ahead = clock_of({"clock": [wall + 3600, boot]})
        self.assertAlmostEqual(ahead.now() - time.time(), 3600, delta=1)

    def test_time_goes_on_while_the_machine_sleeps(self) -> None:
        asked: List[int] = []
        patch = mock.patch.object(time, "clock_gettime", side_effect=lambda which: asked.append(which) or 0.0)  # type: ignore[func-returns-value]
        with patch:
            Clock().now()
        self.assertEqual(set(asked), {time.CLOCK_BOOTTIME})


class StageExit(unittest.TestCase):
    def test_is_that_of_the_worst_task(self) -> None:
        good, nothing, bad = {"exit": 0}, {"exit": 75}, {"exit": 3}
        late = {"exit": 0, "overran": True}
        skipped = {"exit": contract.EXIT_SKIPPED, "overran": True}
        for lines, code in (
            ([], contract.EXIT_OK),
            ([good, nothing], contract.EXIT_OK),
            ([good, bad], contract.EXIT_FAILED),
            ([good, skipped], contract.EXIT_SKIPPED),
            ([late, skipped, bad], contract.EXIT_OVERRAN),
        ):
            with self.subTest(lines=lines):
                self.assertEqual(task.stage_exit(lines), code)


if __name__ == "__main__":
    unittest.main()
