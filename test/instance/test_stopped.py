"""What a plan stopped is on record before it stops, outlives the runner, and is started again once."""

import contextlib
import io
import os
import threading
import time
import unittest
from typing import Any, Dict, Optional, Tuple

from on_a_machine import OnAMachine, notice
from spot_guard import contract, lock, runs, stopped, stopping
from spot_guard.stopped import Stopped

DEADLINE = 1_795_519_420


class Record(OnAMachine):
    def test_adds_to_what_an_earlier_plan_stopped(self) -> None:
        os.makedirs(self.root + contract.RUN_FOLDER)
        stopped.record(Stopped(DEADLINE, units=("a", "b"), systemctl="/bin/systemctl"))
        stopped.record(Stopped(DEADLINE + 300, containers=("c",), engine="/bin/docker"))
        stopped.record(Stopped(DEADLINE + 300, units=("b", "d"), systemctl="/usr/bin/systemctl"))
        whole = Stopped(
            DEADLINE + 300, ("a", "b", "d"), "/usr/bin/systemctl", ("c",), "/bin/docker", stopped.boot_id()
        )
        known = stopped.read()
        assert known is not None
        self.assertEqual(known._replace(at=0.0), whole)
        self.assertAlmostEqual(known.at, time.clock_gettime(time.CLOCK_BOOTTIME), delta=5)

    def test_is_nothing_where_it_cannot_be_relied_on(self) -> None:
        good: Dict[str, Any] = {**Stopped(DEADLINE)._asdict(), "units": ["a"], "containers": []}
        self.put(contract.STOPPED_FILE, good)
        self.assertEqual(stopped.read(), Stopped(DEADLINE, ("a",)))
        contents: Tuple[Tuple[str, Any], ...] = (
            ("not JSON", "{"),
            ("nested deep", "[" * 50_000),
            ("a list", []),
            ("no deadline", {**good, "deadline": None}),
            ("an endless deadline", '{"deadline": Infinity, "units": [], "containers": []}'),
            ("units that are a number", {**good, "units": 7}),
            ("a part too few", {"deadline": DEADLINE}),
        )
        for name, content in contents:
            with self.subTest(name):
                self.put(contract.STOPPED_FILE, content)
                self.assertIsNone(stopped.read())
                self.assertFalse(stopped.is_left_behind())

    def test_that_is_a_link_or_open_to_others_is_nothing(self) -> None:
        path = self.put(contract.STOPPED_FILE, {**Stopped(DEADLINE)._asdict(), "units": ["a"]}, mode=0o666)
        self.assertIsNone(stopped.read())
        os.chmod(path, 0o600)
        self.assertIsNotNone(stopped.read())
        os.rename(path, path + "-elsewhere")
        os.symlink(path + "-elsewhere", path)
        self.assertIsNone(stopped.read())

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_of_another_user_is_nothing(self) -> None:
        path = self.put(contract.STOPPED_FILE, Stopped(DEADLINE)._asdict())
        os.chown(path, 65534, -1)
        self.assertIsNone(stopped.read())


class LeftBehind(OnAMachine):
    def test_is_what_another_boot_stopped_or_a_runner_that_does_not_come_back(self) -> None:
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        for ago, boot, left in (
            (0, stopped.boot_id(), False),
            (500, stopped.boot_id(), False),
            (560, stopped.boot_id(), True),
            (0, "another", True),
        ):
            with self.subTest(ago=ago, boot=boot):
                # Whatever the wall clock says: it may be minutes off EC2's.
                self.put(contract.STOPPED_FILE, Stopped(1, ("a",), boot=boot, at=now - ago)._asdict())
                self.assertIs(stopped.is_left_behind(), left)

    def test_is_what_a_spared_plan_stopped_whose_runner_was_killed(self) -> None:
        deadline = int(time.time()) + 100
        run, _ = runs.claim(notice(deadline))
        stopped.record(Stopped(deadline, ("a",)))
        held = lock.acquire(run.lock, 0)
        os.unlink(run.unfinished)
        open(run.withdrawn, "w").close()
        self.assertFalse(stopped.is_left_behind())
        os.close(held)
        self.assertTrue(stopped.is_left_behind())
        os.unlink(run.withdrawn)
        self.assertFalse(stopped.is_left_behind())

    def test_is_not_held_back_by_a_plan_that_was_killed_and_whose_deadline_has_passed(self) -> None:
        self.put(contract.STOPPED_FILE, Stopped(1, ("a",), boot="another")._asdict())
        deadline = int(time.time())
        for ahead, left in ((-5, True), (400, False)):
            with self.subTest(ahead=ahead):
                self.assertTrue(runs.claim(notice(deadline + ahead))[1])
                self.assertIs(stopped.is_left_behind(), left)


class Interrupted(OnAMachine):
    def test_is_the_machine_as_long_as_the_runner_is_at_it(self) -> None:
        run, _ = runs.claim(notice(int(time.time()) - 5))
        self.assertFalse(runs.is_interrupted())
        held = lock.acquire(run.lock, 0)
        self.assertTrue(runs.is_interrupted())
        os.close(held)

    def test_is_the_machine_up_to_the_deadline_though_the_plan_is_over_unless_it_was_spared(self) -> None:
        run, _ = runs.claim(notice(int(time.time()) + 100))
        os.unlink(run.unfinished)
        self.put(contract.STOPPED_FILE, Stopped(1, ("a",), "/bin/true", boot="another")._asdict())
        self.assertTrue(runs.is_interrupted())
        self.assertFalse(stopped.is_left_behind())
        self.assertEqual(stopped.start_again(), ["nothing more is started again: EC2 has given notice"])
        open(run.withdrawn, "w").close()
        self.assertFalse(runs.is_interrupted())
        self.assertEqual(stopped.start_again(), ["a is started again"])


class StartAgain(OnAMachine):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(self.root + contract.RUN_FOLDER)

    def test_starts_each_and_keeps_what_could_not_be_started_for_another_try(self) -> None:
        tool = self.put(
            "/tool",
            '#!/bin/sh\nfor last; do :; done\n[ "$last" = bad ] || exit 0\nprintf "\\033[2Jno\\n"\nexit 5\n',
            0o755,
        )
        stopped.record(Stopped(DEADLINE, ("good", "bad"), tool, ("box",), self.root + "/none"))
        said = stopped.start_again()
        self.assertEqual(said[0], "good is started again")
        self.assertRegex(said[1], r"\Abad is not started again: exit 5 [ -~]*\Z")
        self.assertIn("box is not started again: ", said[2])
        known = stopped.read()
        assert known is not None
        self.assertEqual((known.units, known.containers, known.tries), (("bad",), ("box",), 1))
        for _ in range(stopped.MOST_TRIES):
            stopped.start_again()
        self.assertIsNone(stopped.read())

    def test_leaves_to_a_later_notice_what_that_has_stopped(self) -> None:
        stopped.record(Stopped(DEADLINE + 200, ("good",), "/bin/true"))
        self.assertEqual(stopped.start_again(DEADLINE), [])
        self.assertEqual(stopped.start_again(DEADLINE + 200), ["good is started again"])

    def tool(self, also: str) -> str:
        """Starts what it is told to, and does this when it starts `a`."""
        lines = (
            "for last; do :; done",
            f'echo "$1 $last" >> {self.root}/calls',
            f'[ "$last" != a ] || {also}',
        )
        return self.put("/tool", "\n".join(("#!/bin/sh", *lines, "")), 0o755)

    def test_stops_again_what_was_being_started_when_a_notice_came_and_starts_no_more(self) -> None:
        folder = f"{self.root}{contract.RUNS_FOLDER}/{int(time.time()) + 100}"
        tool = self.tool(f"{{ mkdir -p {folder}; touch {folder}/unfinished; }}")
        stopped.record(Stopped(DEADLINE, ("a", "b"), tool))
        said = stopped.start_again()
        self.assertEqual(said, ["a is stopped again: EC2 has given notice"])
        with open(f"{self.root}/calls", encoding="utf-8") as calls:
            self.assertEqual(calls.read(), "start a\nstop a\n")
        known = stopped.read()
        assert known is not None
        self.assertEqual((known.units, known.tries), (("a", "b"), 0))

    def test_strikes_nothing_off_that_a_plan_has_recorded_meanwhile(self) -> None:
        stopped.record(Stopped(DEADLINE + 300, ("a",), "/none"))
        path = self.root + contract.STOPPED_FILE
        os.rename(path, f"{path}.later")
        tool = self.tool(f"mv {path}.later {path}")
        stopped.record(Stopped(DEADLINE, ("a",), tool))
        self.assertEqual(stopped.start_again(), ["a is started again"])
        known = stopped.read()
        assert known is not None
        self.assertEqual((known.units, known.deadline), (("a",), DEADLINE + 300))

    def test_does_not_keep_a_plan_waiting_that_records_while_a_unit_takes_long_to_start(self) -> None:
        gate = f"{self.root}/gate"
        os.mkfifo(gate)
        stopped.record(Stopped(DEADLINE, ("a",), self.tool(f"read line < {gate}")))
        starting = threading.Thread(target=stopped.start_again)
        starting.start()
        with open(gate, "w") as opened:  # waits until the unit is being started
            stopped.record(Stopped(DEADLINE + 300, ("c",), "/bin/true"))
            opened.write("on\n")
        starting.join()
        known = stopped.read()
        assert known is not None
        self.assertEqual(known.units, ("a", "c"))


SYSTEMCTL = """#!/bin/sh
here=$(dirname "$0")
case "$1 $2" in
    "show --property=Id,ActiveState") cat "$here/ActiveState" ;;
    "show --property=Id,Result") cat "$here/Result" ;;
    "stop --") cp "$here$STOPPED" "$here/at-the-stop" 2>&- || : >"$here/at-the-stop" ;;
    *) exit 97 ;;
esac
"""


class Stopping(OnAMachine):
    """By a systemctl that answers what it is told to."""

    def stop(
        self, states: Dict[str, str], deadline: int = DEADLINE, **results: str
    ) -> "tuple[int, Optional[Stopped]]":
        """The exit code, and what was on record when the units were stopped."""
        os.makedirs(self.root + contract.RUN_FOLDER, exist_ok=True)
        tool = self.put("/systemctl", SYSTEMCTL.replace("$STOPPED", contract.STOPPED_FILE), 0o755)
        ended = {unit: results.get(unit[0], "success") for unit in states}
        for name, values in (("ActiveState", states), ("Result", ended)):
            blocks = (f"Id={unit}\n{name}={value}\n" for unit, value in values.items())
            self.put(f"/{name}", "\n".join(blocks))
        with contextlib.redirect_stdout(io.StringIO()):
            code = stopping.stop_units(deadline, tool, list(states))
        os.makedirs(self.root + contract.STATE_FOLDER, exist_ok=True)
        os.rename(f"{self.root}/at-the-stop", self.root + contract.STOPPED_FILE)
        return code, stopped.read()

    def test_records_what_runs_and_nothing_else_before_it_stops(self) -> None:
        states = {
            "a.service": "active",
            "b.service": "inactive",
            "c.service": "failed",
            "d.service": "activating",
        }
        code, recorded = self.stop(states)
        assert recorded is not None
        self.assertEqual((code, recorded.units), (0, ("a.service", "d.service")))

    def test_records_nothing_where_nothing_runs_or_shall_be_started_again(self) -> None:
        self.assertEqual(self.stop({"a.service": "inactive"}), (0, None))
        self.assertEqual(self.stop({"a.service": "active"}, deadline=0), (0, None))

    def test_fails_where_a_unit_had_to_be_killed_this_time(self) -> None:
        self.assertEqual(self.stop({"a.service": "active"}, a="timeout")[0], contract.EXIT_FAILED)
        self.assertEqual(self.stop({"a.service": "inactive"}, a="timeout")[0], contract.EXIT_OK)


if __name__ == "__main__":
    unittest.main()
