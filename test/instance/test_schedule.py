"""When stages end: the arithmetic of moments."""

import random
import unittest

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract, schedule

DEFAULTS = contract.DEFAULT_SECONDS


class StageEnds(unittest.TestCase):
    def test_the_full_window_gives_the_moments_of_the_settings(self) -> None:
        ends = schedule.stage_ends(1120, 1000, DEFAULTS)
        self.assertEqual(ends, {"drain": 1075.0, "save": 1110.0, "clean": 1115.0, "report": 1120.0})

    def test_a_shorter_window_shrinks_the_moments_in_proportion(self) -> None:
        ends = schedule.stage_ends(1060, 1000, DEFAULTS)
        self.assertAlmostEqual(ends["clean"], 1060 - 4)
        self.assertAlmostEqual(ends["save"], 1060 - 4 - 5 * 56 / 115)
        self.assertAlmostEqual(ends["drain"], 1060 - 4 - 40 * 56 / 115)

    def test_a_clock_that_is_slow_does_not_make_the_window_longer(self) -> None:
        ends = schedule.stage_ends(1400, 1000, DEFAULTS)
        self.assertEqual(ends["report"], 1120.0)
        self.assertEqual(schedule.effective_deadline(1400, 1000), 1120)

    def test_every_stage_has_time_while_any_is_left_and_the_report_has_two_seconds(self) -> None:
        dice = random.Random(20261124)
        for _ in range(20_000):
            moments = sorted((dice.randint(4, 60) for _ in range(3)), reverse=True)
            seconds = dict(zip(("drain-until", "save-until", "clean-until"), moments), grace=5)
            left = dice.uniform(0.1, 130)
            ends = schedule.stage_ends(1000 + left, 1000, seconds)
            with self.subTest(seconds=seconds, left=left):
                self.assertLess(1000, ends["drain"])
                self.assertLessEqual(ends["drain"], ends["save"])
                self.assertLessEqual(ends["save"], ends["clean"])
                self.assertLess(ends["clean"], ends["report"])
                self.assertGreaterEqual(ends["report"] - ends["clean"], min(4, 0.6 * left, 72) - 1e-6)

    def test_a_deadline_that_has_passed_leaves_no_time(self) -> None:
        self.assertEqual(set(schedule.stage_ends(900, 1000, DEFAULTS).values()), {1000.0})


class TermMoment(unittest.TestCase):
    def test_sigterm_goes_out_the_grace_before_the_end(self) -> None:
        self.assertEqual(schedule.term_moment(1000, 1060, 5), 1055)

    def test_sigterm_leaves_two_thirds_of_a_short_stage(self) -> None:
        self.assertEqual(schedule.term_moment(1000, 1003, 5), 1002)


if __name__ == "__main__":
    unittest.main()
