"""The report: one line of bounded length that claims no more than was done."""

import json
import unittest
from typing import Any, Dict, List

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract, report


def stage(name: str, exit_code: int = 0) -> Dict[str, Any]:
    return {
        "stage": name,
        "started": 1795519300.123,
        "t": 1795519310.456,
        "until": 1795519320.789,
        "exit": exit_code,
    }


def task(name: str, exit_code: int = 0, **more: Any) -> Dict[str, Any]:
    return {"stage": "drain", "task": name, "exit": exit_code, "seconds": 1.234, **more}


def build(
    tasks: List[Dict[str, Any]],
    stages: Any = None,
    acknowledged: Any = (),
    refused: Any = (),
    skew: float = 0.0,
    spared: bool = False,
) -> Dict[str, Any]:
    return report.build(
        instance_id="i-0123456789abcdef0",
        action="terminate",
        deadline=1795519420,
        now=1795519320.5,
        effective_deadline=1795519420,
        skew=skew,
        spared=spared,
        attempt=1,
        stages=stages or [stage(name) for name in contract.STAGES],
        tasks=tasks,
        acknowledged=list(acknowledged),
        refused=list(refused),
        warnings=2,
        leftovers=0,
    )


class Result(unittest.TestCase):
    def test_a_stage_that_did_not_end_well_is_a_failure(self) -> None:
        for code in (contract.EXIT_FAILED, contract.EXIT_OVERRAN, contract.EXIT_SKIPPED):
            self.assertEqual(build([task("a")], [stage("drain", code)])["result"], "failed")

    def test_work_that_was_done_is_graceful(self) -> None:
        self.assertEqual(build([task("a")])["result"], "graceful")

    def test_an_acknowledgement_is_work(self) -> None:
        self.assertEqual(build([], acknowledged=["trainer"])["result"], "graceful")

    def test_a_notice_that_was_withdrawn_spares_the_machine_whatever_came_of_its_stages(self) -> None:
        self.assertEqual(build([task("a", 3)], [stage("drain", 20)], spared=True)["result"], "spared")

    def test_times_are_those_of_the_clock_of_ec2(self) -> None:
        [drain] = build([], [stage("drain")], skew=300.0)["stages"]
        self.assertEqual(
            (drain["started"], drain["ended"], drain["until"]),
            (1795519000.123, 1795519010.456, 1795519020.789),
        )

    def test_nothing_set_up_is_empty(self) -> None:
        self.assertEqual(build([])["result"], "empty")

    def test_stopping_the_log_agent_is_not_work(self) -> None:
        self.assertEqual(build([task("guard:flush-logs", counts=False)])["result"], "empty")

    def test_bytes_saved_are_those_of_all_tasks_that_say_so_and_absent_where_none_does(self) -> None:
        tasks = [task("a", saved=7), task("b"), task("c", 1, saved=0), task("d", saved=10**15 - 1)]
        self.assertEqual(build(tasks)["bytesSaved"], 10**15 + 6)
        self.assertEqual(build([task("a", saved=0)])["bytesSaved"], 0)
        self.assertNotIn("bytesSaved", build([task("a")]))

    def test_seconds_to_spare_are_those_up_to_the_deadline(self) -> None:
        self.assertEqual(build([])["secondsToSpare"], 99.5)


class Render(unittest.TestCase):
    def test_a_report_of_many_tasks_is_cut_to_its_length_and_says_by_how_many(self) -> None:
        tasks = [task(f"hook-{number:03}") for number in range(200)] + [task("z", 1, note="x" * 160)]
        text = report.render(build(tasks, acknowledged=["n" * 60] * 50, refused=["r" * 280] * 20))
        self.assertLessEqual(len(text), contract.REPORT_MAX_CHARS)
        parsed = json.loads(text)
        self.assertGreater(parsed["cut"], 200)
        self.assertEqual(parsed["tasks"][0]["name"], "z")

    def test_a_failure_without_a_word_is_a_failure_too(self) -> None:
        tasks = [task(f"hook-{number:03}", 75 * (number % 2)) for number in range(99)] + [task("z", 1)]
        parsed = json.loads(report.render(build(tasks)))
        self.assertEqual(parsed["tasks"][0]["name"], "z")

    def test_a_report_that_fits_is_not_cut(self) -> None:
        self.assertNotIn("cut", json.loads(report.render(build([task("a")]))))

    def test_the_largest_report_still_fits(self) -> None:
        tasks = [task("n" * 255, 1, note="\\u1234" * 26)] * 50
        text = report.render(build(tasks, acknowledged=["\\u1234" * 60] * 50, refused=["r" * 300] * 50))
        self.assertLessEqual(len(text), contract.REPORT_MAX_CHARS)
        self.assertNotIn("\n", text)


if __name__ == "__main__":
    unittest.main()
