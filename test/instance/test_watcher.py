"""The watcher's ticks, one by one: when it acts, when it does not, what it says, and that nothing ends it."""

import builtins
import contextlib
import io
import json
import os
import resource
import time
import unittest
from email.utils import formatdate
from typing import Any, List, Tuple
from unittest import mock

from on_a_machine import INSTANCE_ID, OnAMachine, Told, full_disk, notice
from spot_guard import contract, files, identity, runs, sighting, sources
from spot_guard.answer import Answer, NoAnswer
from spot_guard.clock import rfc3339
from spot_guard.pace import Pace
from spot_guard.run import Run
from spot_guard.stopped import Stopped
from spot_guard.telling import Telling
from spot_guard.watcher import Watcher

ACTION = sighting.INSTANCE_ACTION_PATH
TAGS = {sources.TAGS_PATH: "spot-guard", f"{sources.TAGS_PATH}/spot-guard": "enabled"}
OPTED_IN = {
    **TAGS,
    sources.TAGS_PATH: "spot-guard\nspot-guard:rebalance",
    f"{sources.TAGS_PATH}/spot-guard:rebalance": "save",
}


class BackOff(unittest.TestCase):
    def test_doubles_from_two_seconds_to_eight_and_ends_with_the_first_other_answer(self) -> None:
        pace, now = Pace(), 100.0
        with mock.patch.object(time, "monotonic", side_effect=lambda: now):
            for seconds in (2, 4, 8, 8):
                self.assertTrue(pace.is_due())
                pace.answered(throttled=True)
                now += seconds - 1
                self.assertFalse(pace.is_due())
                now += 1
            pace.answered(throttled=False)
            self.assertTrue(pace.is_due())


class Ticks(OnAMachine):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(self.root + contract.RUN_FOLDER)
        self.started: List[str] = []
        self.service = Told({identity.PATH: INSTANCE_ID, **TAGS})
        self.out = io.StringIO()
        redirected = contextlib.redirect_stdout(self.out)
        redirected.__enter__()
        self.addCleanup(redirected.__exit__, None, None, None)

    def start_runner(self, run: Run, futile: int) -> None:
        self.started.append(f"{run.name} again" if futile else run.name)

    def spawn(self, command: List[str], stderr: str) -> None:
        self.assertEqual(stderr, os.devnull)
        self.started.append(command[-1])

    def watch(self, sandboxed: bool = False) -> Watcher:
        return Watcher(sandboxed, self.service, self.start_runner, self.spawn)

    def announce(self, seconds: int, action: str = "terminate") -> int:
        deadline = int(time.time()) + seconds
        self.service.said[ACTION] = json.dumps({"action": action, "time": rfc3339(deadline)})
        return deadline

    def test_start_the_plan_of_a_notice_once(self) -> None:
        watching, deadline = self.watch(), self.announce(100)
        for _ in range(5):
            watching.look()
        self.assertEqual(self.started, [str(deadline)])
        self.assertNotIn("joins", self.out.getvalue())

    def test_start_nothing_at_any_other_answer(self) -> None:
        watching = self.watch()
        answers: Tuple[Any, ...] = (
            Answer(404, "", None),
            Answer(500, "", None),
            Answer(401, "", None),
            "<html>",
            "{}",
            NoAnswer("reset"),
            json.dumps({"action": "terminate", "time": rfc3339(time.time() - 30)}),
        )
        for answer in answers:
            with self.subTest(answer=answer):
                self.service.said[ACTION] = answer
                watching.look()
        self.assertEqual((self.started, runs.every()), ([], []))

    def test_ask_less_often_where_they_are_throttled_and_nowhere_else(self) -> None:
        self.service.said.update(OPTED_IN)
        watching = self.watch()
        watching.look()
        for throttled, asked in ((sighting.REBALANCE_PATH, (5, 1)), (ACTION, (1, 0))):
            with self.subTest(throttled=throttled):
                self.service.said[throttled] = Answer(429, "", None)
                self.service.asked.clear()
                for _ in range(5):
                    watching.look()
                counts = tuple(self.service.asked.count(path) for path in (ACTION, sighting.REBALANCE_PATH))
                self.assertEqual(counts, asked)

    def acted(self) -> Tuple[Watcher, Run]:
        """A watcher that has acted on a notice, and the run."""
        watching, deadline = self.watch(), self.announce(100)
        watching.look()
        run = runs.find("interruption", deadline)
        assert run is not None
        return watching, run

    def test_leave_a_tag_that_cannot_be_read_for_the_next_tick_and_the_notice_unharmed(self) -> None:
        self.service.said[f"{sources.TAGS_PATH}/spot-guard"] = Answer(429, "", None)
        watching, deadline = self.watch(), self.announce(100)
        watching.look()
        self.assertEqual(self.started, [str(deadline)])

    def test_leave_an_untagged_instance_alone(self) -> None:
        self.service.said[f"{sources.TAGS_PATH}/spot-guard"] = "remove"
        watching = self.watch()
        self.announce(100)
        watching.look()
        self.assertEqual((self.started, runs.every()), ([], []))
        self.assertIn("not tagged spot-guard=enabled", self.out.getvalue())

    def test_take_a_notice_for_withdrawn_after_ten_answers_and_tell_it_though_the_disk_was_full(
        self,
    ) -> None:
        watching, run = self.acted()
        del self.service.said[ACTION]
        for _ in range(9):
            watching.look()
        self.assertFalse(os.path.exists(run.withdrawn))
        with mock.patch.object(os, "open", side_effect=OSError("no room")):
            watching.look()
        self.assertIn("was withdrawn, but: no room", self.out.getvalue())
        watching.look()
        self.assertTrue(os.path.exists(run.withdrawn))

    def test_take_it_for_withdrawn_though_another_watcher_had_seen_it(self) -> None:
        deadline = self.announce(100)
        command, _ = runs.claim(notice(deadline + 4, {}))
        self.watch().look()
        del self.service.said[ACTION]
        watching = self.watch()
        for _ in range(10):
            watching.look()
        self.assertTrue(os.path.exists(command.withdrawn))

    def test_take_no_notice_for_withdrawn_that_a_command_alone_has_brought(self) -> None:
        command, _ = runs.claim(notice(int(time.time()) + 100, {}))
        watching = self.watch()
        for _ in range(12):
            watching.look()
        self.assertFalse(os.path.exists(command.withdrawn))

    def test_count_anew_when_the_notice_is_back(self) -> None:
        watching, run = self.acted()
        shown = self.service.said[ACTION]
        for _ in range(2):
            del self.service.said[ACTION]
            for _ in range(9):
                watching.look()
            self.service.said[ACTION] = shown
            watching.look()
        self.assertFalse(os.path.exists(run.withdrawn))

    def test_go_on_with_a_plan_whose_notice_is_shown_again_after_a_slip(self) -> None:
        watching, run = self.acted()
        shown = self.service.said.pop(ACTION)
        for _ in range(10):
            watching.look()
        self.assertTrue(os.path.exists(run.withdrawn))
        self.service.said[ACTION] = shown
        watching.look()
        self.assertFalse(os.path.exists(run.withdrawn))
        self.assertEqual(runs.find("interruption", run.deadline), run)

    def test_run_the_plan_anew_where_it_was_over_when_the_notice_is_shown_again(self) -> None:
        watching, run = self.acted()
        shown = self.service.said.pop(ACTION)
        for _ in range(10):
            watching.look()
        os.unlink(run.unfinished)
        self.service.said[ACTION] = shown
        for _ in range(3):
            watching.look()
        self.assertEqual([one.name for one in runs.unfinished()], [str(run.deadline + 1)])

    def test_have_a_run_of_its_own_made_for_a_notice_that_is_shown_again_when_its_runner_has_spared_it(
        self,
    ) -> None:
        watching, run = self.acted()
        shown = self.service.said.pop(ACTION)
        for _ in range(10):
            watching.look()
        self.assertTrue(run.spare())
        self.service.said[ACTION] = shown
        for _ in range(3):
            watching.look()
        self.assertTrue(run.spare(), "what a runner has begun to leave out, it leaves out")
        self.assertEqual({one.name for one in runs.unfinished()}, {run.name, str(run.deadline + 1)})

    def test_forget_no_notice_for_a_tag_that_comes_late_or_a_clock_that_is_set(self) -> None:
        watching, deadline = self.watch(), self.announce(100)
        del self.service.said[f"{sources.TAGS_PATH}/spot-guard"]
        self.service.said[sources.TAGS_PATH] = "Name"
        watching.look()
        self.service.said.update(TAGS)
        text = str(self.service.said[ACTION])
        self.service.said[ACTION] = Answer(200, text, formatdate(time.time() + 200, usegmt=True))
        watching.look()
        self.assertEqual(runs.unfinished(), [])
        self.service.said[ACTION] = Answer(200, text, formatdate(time.time(), usegmt=True))
        watching.look()
        self.assertEqual([one.name for one in runs.unfinished()], [str(deadline)])

    def test_do_not_count_failures_as_answers_that_there_is_none(self) -> None:
        watching, run = self.acted()
        for _ in range(3):
            self.service.said[ACTION] = NoAnswer("reset")
            watching.look()
            del self.service.said[ACTION]
            for _ in range(6):
                watching.look()
        self.assertFalse(os.path.exists(run.withdrawn))

    def test_go_on_where_nothing_can_be_written_started_or_said(self) -> None:
        self.put(contract.STOPPED_FILE, Stopped(1, ("a",), boot="another")._asdict())
        self.announce(100)
        with full_disk(), contextlib.ExitStack() as stack:
            for owner, name in ((self, "spawn"), (builtins, "print")):
                stack.enter_context(mock.patch.object(owner, name, side_effect=OSError("no room")))
            watching = self.watch()
            watching.look()
        self.assertEqual(self.started, [])
        watching.look()
        self.assertEqual(len(self.started), 1)

    def test_go_on_whatever_a_tick_dies_of(self) -> None:
        watching = self.watch()
        with mock.patch.object(time, "time", side_effect=RecursionError("maximum recursion depth exceeded")):
            watching.look()
        self.assertIn("a tick failed: maximum recursion depth exceeded", self.out.getvalue())
        self.announce(100)
        watching.look()
        self.assertEqual(len(self.started), 1)

    def test_leave_the_notice_file_of_a_plan_that_was_over_early_however_the_clock_is_set(self) -> None:
        run, _ = runs.claim(notice(int(time.time()) + 100))
        os.unlink(run.unfinished)
        self.put(contract.NOTICE_FILE, {"deadline": run.deadline})
        with mock.patch.object(time, "time", return_value=time.time() + 3600):
            self.watch().look()
        self.assertTrue(os.path.exists(self.root + contract.NOTICE_FILE))

    def test_go_on_where_no_file_can_be_opened(self) -> None:
        watching = self.watch()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
        try:
            watching.look()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        self.assertIn("a tick failed: [Errno 24] Too many open files", self.out.getvalue())
        watching.look()
        self.assertTrue(self.out.getvalue().endswith("watching\n"))

    def test_take_the_next_runs_room_at_once(self) -> None:
        self.watch().look()
        self.assertTrue(os.path.exists(f"{self.root}{contract.RUNS_FOLDER}/next/journal.jsonl.room"))
        self.assertIn("room for the next run: taken", self.out.getvalue())

    def test_take_away_a_notice_file_that_a_killed_runner_left_and_no_other(self) -> None:
        for age, there in ((0, True), (400, True), (500, False)):
            with self.subTest(age=age):
                self.put(contract.NOTICE_FILE, {"deadline": int(time.time()) - age})
                self.watch().look()
                self.assertIs(os.path.exists(self.root + contract.NOTICE_FILE), there)

    def test_pass_over_a_run_that_is_none(self) -> None:
        folder = f"{contract.RUNS_FOLDER}/{int(time.time()) + 100}"
        self.put(f"{folder}/unfinished", "")
        for content in ("{}", "[]", "null", '{"token": "x"}', "{"):
            with self.subTest(content):
                self.put(f"{folder}/notice", content)
                self.watch().look()
        self.assertEqual(self.started, [])

    def test_ask_systemd_twice_and_then_start_the_runner_themselves(self) -> None:
        run, _ = runs.claim(notice(int(time.time()) + 100, {}))
        watching = self.watch(sandboxed=True)
        start: Any = watching._start  # pyright: ignore[reportPrivateUsage]
        self.assertTrue(os.path.exists(self.root + contract.WANTED_FILE))
        start(run, 1)
        self.assertEqual(self.started, [])
        start(run, 2)
        self.assertEqual(self.started, [f"{run.name} again"])

    def test_say_each_thing_once_in_plain_words_of_bounded_length(self) -> None:
        watching = self.watch()
        evil = "\x1b[2J\x07é\r\n" * 20_000
        for answer in (evil, json.dumps({"action": evil}), json.dumps({"action": "stop", "time": evil})):
            self.service.said[ACTION] = answer
            watching.look()
            watching.look()
        del self.service.said[ACTION]
        self.service.said[identity.PATH] = evil
        self.watch().look()
        Telling().say("x", evil)
        lines = self.out.getvalue().split("\n")
        self.assertGreater(len(lines), 4)
        self.assertFalse([one for one, next_ in zip(lines, lines[1:]) if one == next_])
        for line in lines:
            self.assertRegex(line, r"\A[ -~]{0,300}\Z")

    def test_write_what_status_shows_and_touch_it_with_each_poll(self) -> None:
        watching = self.watch()
        watching.look()
        path = self.root + contract.WATCH_FILE
        said = files.read_json(path)
        self.assertEqual((said["pid"], said["said"]["notice"]), (os.getpid(), "notice: none"))
        os.utime(path, (1, 1))
        watching.look()
        self.assertGreater(os.stat(path).st_mtime, 1_000)


if __name__ == "__main__":
    unittest.main()
