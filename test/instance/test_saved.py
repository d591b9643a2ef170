"""What a task says that it saved: a plain number counts, and nothing else does."""

import os
import unittest

from on_a_machine import OnAMachine
from spot_guard import saved


class Saved(OnAMachine):
    def test_is_one_decimal_number(self) -> None:
        for said, count in (("0", 0), ("1048576\n", 1048576), (" 42 \n", 42), ("9" * 15, 10**15 - 1)):
            with self.subTest(said):
                self.assertEqual(saved.read(self.put("/saved", said)), (count, ""))

    def test_is_nothing_where_the_task_says_nothing(self) -> None:
        self.assertEqual(saved.read(self.root + "/none"), (None, ""))

    def test_does_not_count_where_it_is_no_number_and_says_why_in_plain_ascii(self) -> None:
        for said in (
            "",
            "\n",
            "-1",
            "1.5",
            "1e3",
            "0x10",
            "1 2",
            "9" * 16,
            "\u0663",
            "\x1b[2J",
            "x" * 65_000,
        ):
            with self.subTest(said[:20]):
                count, fault = saved.read(self.put("/saved", said))
                self.assertIsNone(count)
                self.assertRegex(fault, r"\Agot b[ -~]{1,200}, not a number of bytes\Z")

    def test_is_never_waited_for_nor_read_from_elsewhere(self) -> None:
        os.mkfifo(self.root + "/pipe")
        os.symlink(self.put("/saved", "1"), self.root + "/link")
        os.mkdir(self.root + "/folder")
        self.put("/huge", "1" * 70_000)
        for name in ("pipe", "link", "folder", "huge"):
            with self.subTest(name):
                count, fault = saved.read(f"{self.root}/{name}")
                self.assertEqual((count, bool(fault)), (None, True))


if __name__ == "__main__":
    unittest.main()
