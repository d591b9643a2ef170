"""Properties of the guard's pure parts over random input. A failure says how to run it again."""

import base64
import json
import os
import random
import re
import time
import unittest
from typing import Any, Callable, Dict, List
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract, notice, report, schedule, settings
from spot_guard.clock import Clock

CASES = int(os.environ.get("PROPERTY_CASES", "300"))
SEED = int(os.environ.get("PROPERTY_SEED") or random.SystemRandom().randrange(2**31))
SIGNS = "aZ0_ ,;$(){}[]`'\"\\/\n\t\0-.@:%\u00e9\u202e\ud800\U0001f600"
TEXTS = (
    "",
    "worker",
    "web.service",
    "-rf",
    "$(reboot)",
    "/srv/app",
    "../etc",
    "45",
    "4",
    "115",
    "1e1",
    "x" * 300,
)
ENTRY_KEYS = ("deadline", "action", "settings")


def holds(case: Callable[[random.Random], None]) -> None:
    """Runs the case with as many dice as there are cases, each of a seed of its own."""
    for number in range(CASES):
        seed = SEED + number
        try:
            case(random.Random(seed))
        except Exception as error:
            again = f"npm run properties -- --cases 1 --seed {seed}"
            raise AssertionError(f"seed {seed} fails, to run it again: {again}") from error


def text(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(TEXTS)
    return "".join(dice.choice(SIGNS) for _ in range(dice.randint(0, 30)))


def anything(dice: random.Random, depth: int = 3) -> Any:
    kind = dice.randint(0, 7 if depth else 5)
    if kind == 6:
        return [anything(dice, depth - 1) for _ in range(dice.randint(0, 3))]
    if kind == 7:
        return {text(dice): anything(dice, depth - 1) for _ in range(dice.randint(0, 3))}
    return (None, True, dice.randint(-(10**12), 10**12), dice.uniform(-1e12, 1e12), text(dice), "terminate")[
        kind
    ]


def instance_id(dice: random.Random) -> str:
    return "i-" + "".join(dice.choice("0123456789abcdef") for _ in range(dice.choice((8, 17))))


def entry(dice: random.Random) -> Dict[str, Any]:
    names = dice.sample(contract.SETTINGS, dice.randint(0, 4))
    return {
        "deadline": dice.randint(10**9, 10**10),
        "action": dice.choice(contract.ACTIONS),
        "settings": {name: text(dice) for name in names},
    }


def encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class Notices(unittest.TestCase):
    def test_an_instance_takes_its_own_entry_and_no_other(self) -> None:
        def case(dice: random.Random) -> None:
            entries = {instance_id(dice): entry(dice) for _ in range(dice.randint(1, 50))}
            encoded = encode(entries)
            for mine in dice.sample(list(entries), min(3, len(entries))):
                own = entries[mine]
                expected = notice.Notice(
                    mine, own["action"], own["deadline"], own["settings"], "interruption", by="command"
                )
                self.assertEqual(notice.decode(encoded, mine), expected)
            stranger = instance_id(dice)
            with self.assertRaises(notice.Refused):
                notice.decode(encoded, stranger)

        holds(case)

    def test_what_is_damaged_gives_a_sound_notice_or_a_refusal_in_words(self) -> None:
        def case(dice: random.Random) -> None:
            mine = instance_id(dice)
            own: Any = entry(dice)
            for key in dice.sample(ENTRY_KEYS, dice.randint(0, 2)):
                own[key] = anything(dice)
            entries: Any = {mine: own} if dice.random() < 0.8 else anything(dice)
            encoded = encode(entries)
            if dice.random() < 0.3:
                position = dice.randrange(len(encoded))
                encoded = encoded[:position] + dice.choice(SIGNS) + encoded[position + dice.randint(0, 3) :]
            try:
                taken = notice.decode(encoded, mine)
            except notice.Refused as refusal:
                self.assertTrue(str(refusal).isprintable() and len(str(refusal)) < 300)
                return
            self.assertEqual(taken.instance_id, mine)
            self.assertIn(taken.action, (*contract.ACTIONS, contract.REBALANCE))
            self.assertTrue(type(taken.deadline) is int and 10**9 <= taken.deadline < 10**11)
            settings = taken.settings or {}
            self.assertLessEqual(set(settings), set(contract.SETTINGS))
            self.assertLessEqual({type(value) for value in settings.values()}, {str})

        holds(case)


class Settings(unittest.TestCase):
    def test_any_tags_give_names_that_are_names_and_moments_that_fall(self) -> None:
        def case(dice: random.Random) -> None:
            raw = {
                name: dice.choice((", ", " ", ",")).join(text(dice) for _ in range(dice.randint(0, 4)))
                for name in dice.sample(contract.SETTINGS, dice.randint(0, len(contract.SETTINGS)))
            }
            for name in contract.SECONDS_RANGE:
                if dice.random() < 0.5:
                    raw[name] = str(dice.randint(-5, 130))
            parsed = settings.parse(raw)
            names = parsed.units + parsed.containers + ((parsed.workload,) if parsed.workload else ())
            for name in names:
                self.assertRegex(name, r"\A[A-Za-z0-9_][A-Za-z0-9:_.\\@-]{0,254}\Z")
            for folder in parsed.state:
                self.assertRegex(folder, r"\A/[A-Za-z0-9._@+=:/-]+\Z")
            for unit in parsed.units:
                self.assertFalse(re.match("amazon-ssm-agent|snap.amazon-ssm-agent|spot-guard", unit))
            for name, (least, most) in contract.SECONDS_RANGE.items():
                self.assertTrue(least <= parsed.seconds[name] <= most)
            drain, save, clean = (parsed.seconds[f"{stage}-until"] for stage in ("drain", "save", "clean"))
            self.assertTrue(drain >= save >= clean)
            self.assertLessEqual(set(parsed.unsafe), set(parsed.refused))
            for told in parsed.refused:
                self.assertTrue(told.isascii() and told.isprintable() and len(told) < 300)

        holds(case)


class Moments(unittest.TestCase):
    def test_steps_of_the_wall_clock_move_no_moment(self) -> None:
        def case(dice: random.Random) -> None:
            wall, boot = dice.uniform(10**9, 2 * 10**9), dice.uniform(0, 10**7)
            start = wall
            deadline = start + dice.uniform(-10, 400)
            steps = [dice.choice((0.0, dice.uniform(-1e5, 1e5))) for _ in range(8)]

            def wall_clock() -> float:
                return wall

            def boot_clock(_: int) -> float:
                return boot

            patch = mock.patch.multiple(time, time=wall_clock, clock_gettime=boot_clock)
            with patch:
                clock = Clock()
                passed = 0.0
                for step in steps:
                    gone = dice.choice((0.0, dice.uniform(0, 30)))
                    passed += gone
                    boot += gone
                    wall += gone + step
                    self.assertAlmostEqual(clock.now(), start + passed, places=3)
                    effective = schedule.effective_deadline(deadline, clock.now())
                    expected = min(deadline, start + passed + contract.WINDOW_SECONDS)
                    self.assertAlmostEqual(effective, expected, places=3)

        holds(case)

    def test_stages_end_in_their_order_with_time_for_each_and_for_the_report(self) -> None:
        def case(dice: random.Random) -> None:
            tags = {name: str(dice.randint(*bounds)) for name, bounds in contract.SECONDS_RANGE.items()}
            seconds = settings.parse(tags).seconds
            now = dice.uniform(10**9, 2 * 10**9)
            left = dice.choice((dice.uniform(-100, 0), dice.uniform(0.1, 10), dice.uniform(0.1, 400)))
            deadline = schedule.effective_deadline(now + left, now)
            ends = schedule.stage_ends(now + left, now, seconds)
            self.assertEqual(list(ends), list(contract.STAGES))
            moments = [now] + list(ends.values())
            self.assertEqual(moments, sorted(moments))
            if left <= 0:
                self.assertEqual(set(ends.values()), {now})
                return
            self.assertAlmostEqual(ends["report"], deadline, places=3)
            within = deadline - now
            self.assertGreater(ends["drain"], now)
            self.assertGreaterEqual(ends["report"] - ends["clean"], min(4.0, 0.6 * within) - 1e-3)
            if within > contract.WINDOW_SECONDS - 1e-3:
                for stage in ("drain", "save", "clean"):
                    asked = seconds[f"{stage}-until"]
                    self.assertAlmostEqual(deadline - ends[stage], asked, delta=0.01)
            for begun, until in zip(moments, moments[1:]):
                term = schedule.term_moment(begun, until, seconds["grace"])
                self.assertTrue(begun <= term <= until)
                self.assertLessEqual(until - term, min(seconds["grace"], (until - begun) / 3) + 1e-3)

        holds(case)


def _is_worth_a_look(task: Dict[str, Any]) -> bool:
    return task["exit"] != 0 or "note" in task


class Report(unittest.TestCase):
    def test_any_run_gives_one_line_of_bounded_length_that_counts_what_it_leaves_out(self) -> None:
        def case(dice: random.Random) -> None:
            stages: List[Dict[str, Any]] = [
                {
                    "stage": stage,
                    "started": 1.5e9,
                    "t": 1.5e9,
                    "until": 1.5e9,
                    "exit": dice.choice((0, 0, 0, 20, 21)),
                }
                for stage in contract.STAGES
            ]
            tasks = [
                {
                    "stage": dice.choice(contract.STAGES),
                    "task": ascii(text(dice) * dice.randint(1, 8))[:255],
                    "exit": dice.choice((0, 1, 137)),
                    "seconds": dice.uniform(0, 120),
                    **({"note": ascii(text(dice))[:160]} if dice.random() < 0.3 else {}),
                }
                for _ in range(dice.choice((0, 1, 5, 100)))
            ]
            built = report.build(
                instance_id=instance_id(dice),
                action=dice.choice(contract.ACTIONS),
                deadline=dice.randint(10**9, 10**10),
                now=1.5e9,
                effective_deadline=1.5e9 + dice.uniform(-5, 120),
                skew=dice.uniform(-600, 600),
                spared=False,
                attempt=dice.randint(1, 9),
                stages=stages,
                tasks=tasks,
                acknowledged=[ascii(text(dice))[:60] for _ in range(dice.choice((0, 1, 50)))],
                refused=[ascii(text(dice))[:300] for _ in range(dice.choice((0, 1, 40)))],
                warnings=dice.randint(0, 10**6),
                leftovers=dice.randint(0, 10**6),
            )
            shown = report.render(built)
            self.assertTrue(shown.isascii() and "\n" not in shown and len(shown) <= contract.REPORT_MAX_CHARS)
            parsed = json.loads(shown)
            lists = ("tasks", "acknowledged", "refused")
            left_out = sum(len(built[name]) - len(parsed[name]) for name in lists)
            self.assertEqual(parsed.get("cut", 0), left_out)
            self.assertEqual(parsed["result"] == "failed", any(stage["exit"] for stage in stages))
            self.assertEqual([stage["name"] for stage in parsed["stages"]], list(contract.STAGES))
            worth_a_look = sum(_is_worth_a_look(task) for task in built["tasks"])
            self.assertEqual(
                [_is_worth_a_look(task) for task in parsed["tasks"]],
                sorted((index < worth_a_look for index in range(len(built["tasks"]))), reverse=True)[
                    : len(parsed["tasks"])
                ],
            )

        holds(case)


if __name__ == "__main__":
    unittest.main()
