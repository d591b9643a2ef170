"""What never answers costs a bounded time, and no thread more than it must."""

import threading
import unittest
from typing import Set
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import patience


class Each(unittest.TestCase):
    def setUp(self) -> None:
        self.never = threading.Event()
        self.addCleanup(self.never.set)
        self.threads: Set[int] = set()

    def ask(self, item: int) -> int:
        """Multiples of 100 do not answer."""
        self.threads.add(threading.get_ident())
        if item % 100 == 0:
            self.never.wait()
        return item * 2

    def test_asks_thousands_in_one_thread(self) -> None:
        items = [item for item in range(20_000) if item % 100]
        self.assertEqual(patience.each(items, self.ask, 0.5, 30), {item: item * 2 for item in items})
        self.assertEqual(len(self.threads), 1)

    def test_leaves_behind_what_does_not_answer_and_asks_the_rest(self) -> None:
        found = patience.each([1, 100, 2, 3, 200, 4], self.ask, 0.02, 30)
        self.assertEqual(found, {1: 2, 100: None, 2: 4, 3: 6, 200: None, 4: 8})
        self.assertEqual(len(self.threads), 3)

    def test_asks_nobody_when_its_time_is_over(self) -> None:
        found = patience.each([100 * number for number in range(1_000)], self.ask, 0.01, 0.1)
        self.assertLess(len(found), 50)

    def test_goes_without_a_thread_where_the_machine_has_none_left(self) -> None:
        with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")):
            self.assertEqual(patience.each([1, 2], self.ask, 0.5, 30), {1: 2, 2: 4})
            self.assertEqual(patience.within(0.5, lambda: 7), 7)
            with self.assertRaisesRegex(OSError, "refused"):
                patience.within(0.5, mock.Mock(side_effect=OSError("refused")))


if __name__ == "__main__":
    unittest.main()
