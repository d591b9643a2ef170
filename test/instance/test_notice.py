"""A notice as the parameter carries it: the own entry or a refusal in words."""

import base64
import json
import os
import random
import unittest
from typing import Any

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard.notice import Notice, Refused, decode

MINE = "i-0123456789abcdef0"
OTHER = "i-0fedcba9876543210"
ENTRY = {"deadline": 1795519336, "action": "terminate", "settings": {"units": "worker"}}


def encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class Decode(unittest.TestCase):
    def test_the_own_entry_is_taken_and_no_other(self) -> None:
        entries = {OTHER: {**ENTRY, "action": "stop"}, MINE: ENTRY}
        self.assertEqual(
            decode(encode(entries), MINE),
            Notice(MINE, "terminate", 1795519336, {"units": "worker"}, "interruption", by="command"),
        )

    def test_a_map_without_the_own_entry_is_refused(self) -> None:
        with self.assertRaisesRegex(Refused, "has no entry for i-0123456789abcdef0"):
            decode(encode({OTHER: ENTRY}), MINE)

    def test_what_is_not_a_notice_is_refused_with_the_reason(self) -> None:
        cases = (
            ("deadline is '.*', not epoch seconds", {**ENTRY, "deadline": "1795519336"}),
            ("deadline is 'True'", {**ENTRY, "deadline": True}),
            ("deadline is 'None'", {key: ENTRY[key] for key in ("action", "settings")}),
            ("deadline is '5'", {**ENTRY, "deadline": 5}),
            ("deadline is '1795519336.5'", {**ENTRY, "deadline": 1795519336.5}),
            ("action is 'reboot', not one of", {**ENTRY, "action": "reboot"}),
            ("action is", {**ENTRY, "action": ["stop"]}),
            ("settings is not a map", {**ENTRY, "settings": "units"}),
            ("entry in Notices is not a map", [ENTRY]),
        )
        for reason, entry in cases:
            with self.subTest(reason), self.assertRaisesRegex(Refused, reason):
                decode(encode({MINE: entry}), MINE)

    def test_a_parameter_that_is_not_base64url_of_a_map_is_refused(self) -> None:
        for encoded in (
            "",
            "!",
            "e30=e30",
            "____",
            encode([]),
            encode(None),
            "5" * 64000,
            encode("x")[:-1] + "é",
        ):
            with self.subTest(encoded[:20]), self.assertRaises(Refused):
                decode(encoded, MINE)

    def test_an_instance_id_that_is_none_is_refused(self) -> None:
        for instance in ("", "i-1", "../../etc", "i-0123456789ABCDEF0", MINE + "\n"):
            with self.subTest(instance), self.assertRaisesRegex(Refused, "must be run by the SSM agent"):
                decode(encode({instance: ENTRY}), instance)

    def test_unknown_settings_and_values_that_are_no_text_are_left_out(self) -> None:
        entry = {**ENTRY, "settings": {"units": "a", "containers": 5, "reboot": "now"}}
        self.assertEqual(decode(encode({MINE: entry}), MINE).settings, {"units": "a"})

    def test_random_bytes_give_a_notice_or_a_refusal(self) -> None:
        dice = random.Random(20261124)
        good = encode({MINE: ENTRY})
        for _ in range(5_000):
            position = dice.randrange(len(good))
            torn = good[:position] + os.urandom(1).hex()[:1] + good[position + dice.randint(0, 3) :]
            try:
                decode(torn, MINE)
            except Refused as refusal:
                self.assertTrue(str(refusal))


if __name__ == "__main__":
    unittest.main()
