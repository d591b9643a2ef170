"""Who joins a run in progress: what holds then, and that nothing ever holds later than before."""

import json
import os
import threading
import time
import unittest
from typing import Dict, List, Optional

from on_a_machine import OnAMachine, full_disk, notice
from spot_guard import contract, files, runs, terms
from spot_guard.clock import Clock
from spot_guard.run import Joined, Run

DEADLINE = 1_795_519_420
OF_TAGS = {"workload": "of-the-tags"}
OF_COMMAND = {"workload": "of-the-command"}


def joined(
    own: Optional[Dict[str, str]], *later: "tuple[int, Optional[Dict[str, str]]]"
) -> "tuple[Run, Joined]":
    run, _ = runs.claim(notice(DEADLINE, own))
    for seconds, brought in later:
        runs.claim(notice(DEADLINE + seconds, brought))
    return run, run.joined()


class Join(OnAMachine):
    def test_keeps_the_earliest_deadline_and_never_a_later_one(self) -> None:
        for seconds, holds in (([5, 30], None), ([-3, -7, -2], DEADLINE - 7), ([4, -1], DEADLINE - 1)):
            with self.subTest(seconds=seconds):
                self.setUp()
                self.assertEqual(joined({}, *((one, None) for one in seconds))[1].deadline, holds)

    def test_keeps_the_settings_of_the_first_who_brings_any(self) -> None:
        self.assertEqual(joined(None, (0, None), (1, OF_TAGS), (2, OF_COMMAND))[1].settings, OF_TAGS)

    def test_brings_no_settings_to_a_run_that_has_its_own_however_empty(self) -> None:
        self.assertIsNone(joined({}, (0, OF_TAGS))[1].settings)

    def test_is_not_undone_by_a_full_disk(self) -> None:
        run, _ = joined(None, (0, OF_TAGS))
        with full_disk():
            self.assertEqual(runs.claim(notice(DEADLINE - 9)), (run, False))
        self.assertEqual(run.joined(), Joined(None, OF_TAGS))

    def test_of_sixteen_at_once_leaves_the_earliest_deadline_and_one_of_their_settings(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        gate = threading.Barrier(16)
        found: List[bool] = []

        def join(number: int) -> None:
            gate.wait()
            found.append(runs.claim(notice(DEADLINE - number, {"workload": str(number)})) == (run, False))

        threads = [threading.Thread(target=join, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [True] * 16)
        self.assertEqual(run.joined().deadline, DEADLINE - 15)
        self.assertIn((run.joined().settings or {})["workload"], [str(number) for number in range(16)])

    def test_takes_a_file_of_another_form_for_nobody(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        for text in ("", "[]", '{"other": 1}', "[" * 50_000):
            with self.subTest(text[:3]):
                files.write(run.joined_file, text.encode())
                self.assertEqual(run.joined(), Joined())


class Find(OnAMachine):
    def test_takes_the_nearest_of_its_event(self) -> None:
        early, _ = runs.claim(notice(DEADLINE))
        late, _ = runs.claim(notice(DEADLINE + 300))
        other, _ = runs.claim(notice(DEADLINE + 1, event="rebalance"))
        self.assertEqual(runs.find("interruption", DEADLINE + 149), early)
        self.assertEqual(runs.find("interruption", DEADLINE + 151), late)
        self.assertEqual(runs.find("rebalance", DEADLINE + 100), other)
        self.assertIsNone(runs.find("rehearsal", DEADLINE))

    def test_takes_a_notice_after_a_plan_that_was_spared_for_another_of_a_name_of_its_own(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        files.write(run.withdrawn, b"")
        self.assertEqual(runs.find("interruption", DEADLINE), run)
        os.unlink(run.unfinished)
        # The command's later steps still ask for the plan that was spared.
        self.assertEqual(runs.claim(notice(DEADLINE)), (run, False))
        again, made = runs.claim(notice(DEADLINE), shown=True)
        self.assertEqual((made, again.name), (True, str(DEADLINE + 1)))
        self.assertEqual(runs.find("interruption", DEADLINE), again)

    def test_gives_each_rehearsal_a_run_of_its_own(self) -> None:
        rehearsal = notice(DEADLINE)._replace(event="rehearsal")
        names = [runs.claim(rehearsal)[0].name for _ in range(3)]
        self.assertEqual(names, [f"{DEADLINE + number}-rehearsal" for number in range(3)])

    def test_reads_what_a_guard_of_another_version_wrote(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        path = os.path.join(run.folder, "notice")
        with open(path, encoding="utf-8") as file:
            entry = json.load(file)
        self.put(path[len(self.root) :], {**entry, "colour": "red"})
        self.assertEqual(run.notice().deadline, DEADLINE)
        self.put(run.joined_file[len(self.root) :], {"deadline": DEADLINE - 9, "colour": "red"})
        self.assertEqual(run.joined().deadline, DEADLINE - 9)

    def test_joins_a_run_whose_notice_is_torn_all_the_same(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        self.put(os.path.join(run.folder, "notice")[len(self.root) :], "{")
        self.assertEqual(runs.claim(notice(DEADLINE)), (run, False))

    def test_moves_the_deadline_by_no_more_than_the_paths_differ(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        for deadline, holds in (
            (DEADLINE - 31, None),
            (DEADLINE - 30, DEADLINE - 30),
            (DEADLINE - 60, DEADLINE - 30),
        ):
            runs.claim(notice(deadline))
            self.assertEqual(run.joined().deadline, holds)

    def test_takes_the_skew_of_whoever_measured_one(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        runs.claim(notice(DEADLINE)._replace(skew=-60.0))
        self.assertEqual(run.joined().skew, -60.0)

    def test_brings_its_deadline_and_its_skew_to_all_who_ask_how_long_the_run_has(self) -> None:
        for skew, joined_later, left in ((0.0, 0, 100), (60.0, 0, 160), (-3600.0, -20, -3520)):
            with self.subTest(skew=skew):
                self.setUp()
                run, _ = runs.claim(notice(int(time.time()) + 100))
                runs.claim(notice(run.deadline + joined_later, skew=skew))
                self.assertAlmostEqual(run.seconds_left(), left, delta=2)
                self.assertIs(run in runs.under_way(), left > 0)
                self.assertIs(runs.is_interrupted(), left > 0)

    def test_passes_over_what_is_no_run(self) -> None:
        run, _ = runs.claim(notice(DEADLINE))
        folder = self.root + contract.RUNS_FOLDER
        for name in ("²", "x", "", "1-", "1-other", "-1", f"{DEADLINE}.1a2b3c4d", "9" * 200 + "-x"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        self.assertEqual((runs.find("interruption", DEADLINE), runs.unfinished()), (run, [run]))

    def test_is_quick_among_thousands(self) -> None:
        folder = self.root + contract.RUNS_FOLDER
        os.makedirs(folder)
        for number in range(2_000):
            os.mkdir(os.path.join(folder, str(1_000_000_000 + 200 * number)))
        before = os.times().user + os.times().system
        self.assertIsNone(runs.find("interruption", DEADLINE))
        self.assertEqual(runs.unfinished(), [])
        self.assertLess(os.times().user + os.times().system - before, 1.0)


class Terms(OnAMachine):
    def begin(self, own: Optional[Dict[str, str]] = None) -> terms.Terms:
        clock = Clock()
        self.deadline = int(clock.now()) + 100
        mine = notice(self.deadline, own)
        return terms.Terms(runs.claim(mine)[0], mine, None, clock)

    def join(self, at: terms.Terms, seconds: int, settings: Optional[Dict[str, str]] = None) -> bool:
        runs.claim(notice(self.deadline + seconds, settings))
        at._look_at = 0.0  # pyright: ignore[reportPrivateUsage]
        return at.look()

    def test_with_an_earlier_deadline_have_every_stage_end_earlier(self) -> None:
        at = self.begin({})
        before = dict(at.ends)
        self.assertTrue(self.join(at, -20))
        self.assertAlmostEqual(at.deadline, self.deadline - 20)
        for stage, end in at.ends.items():
            self.assertLess(end, before[stage], stage)
        self.assertAlmostEqual(at.ends["report"], before["report"] - 20)

    def test_with_a_later_deadline_stay_as_they_are(self) -> None:
        at = self.begin({})
        before = (at.deadline, dict(at.ends))
        self.assertFalse(self.join(at, 20))
        self.assertEqual((at.deadline, at.ends), before)

    def test_believe_no_file_that_says_later(self) -> None:
        at = self.begin({})
        run = runs.find("interruption", self.deadline)
        assert run is not None
        before = at.deadline
        files.write_json(run.joined_file, Joined(self.deadline + 15)._asdict())
        self.assertFalse(at.look())
        self.assertEqual(terms.Terms(run, run.notice(), None, Clock()).deadline, before)

    def test_take_late_settings_once(self) -> None:
        at = self.begin(None)
        self.assertFalse(at.known)
        self.assertTrue(self.join(at, 0, {"workload": "late", "drain-until": "60"}))
        self.assertTrue(at.known)
        self.assertEqual((at.settings.workload, at.settings.seconds["drain-until"]), ("late", 60))
        self.assertFalse(self.join(at, 0, {"workload": "later"}))
        self.assertEqual(at.settings.workload, "late")

    def test_look_at_the_disk_four_times_a_second_at_most(self) -> None:
        at = self.begin(None)
        runs.claim(notice(self.deadline, {"workload": "late"}))
        self.assertFalse(at.look())

    def test_begin_with_the_stacks_defaults_under_the_settings(self) -> None:
        self.put(contract.DEFAULTS_FILE, {"drain-until": "70", "save-until": "20", "other": "x", "grace": 9})
        at = self.begin({"save-until": "30"})
        self.assertEqual(
            at.settings.seconds, {**contract.DEFAULT_SECONDS, "drain-until": 70, "save-until": 30}
        )

    def test_do_without_defaults_that_are_not_to_be_relied_on(self) -> None:
        for content, mode in (('{"grace": "9"}', 0o666), ("[1]", 0o600), ("{", 0o600)):
            with self.subTest(content):
                self.put(contract.DEFAULTS_FILE, content, mode)
                self.assertEqual(terms.read_defaults(), {})

    def test_go_by_this_machines_clock_where_it_is_ahead(self) -> None:
        clock = Clock()
        mine = notice(int(clock.now()) - 200, {}, skew=300.0)
        run, _ = runs.claim(mine)
        self.assertAlmostEqual(terms.Terms(run, mine, None, clock).deadline, mine.deadline + 300)


if __name__ == "__main__":
    unittest.main()
