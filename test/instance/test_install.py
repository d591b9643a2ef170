"""What install asks first: that it is alone."""

import os
import unittest

import on_a_machine
from spot_guard import contract, install


class Alone(on_a_machine.OnAMachine):
    def test_a_call_fails_in_words_where_another_does_not_end_in_time(self) -> None:
        words = r"another install or uninstall is at work .* call this again"
        with install.alone(), self.assertRaisesRegex(install.Failed, words), install.alone(0.05):
            self.fail("two at the same time")
        with install.alone(within_seconds=0.05):
            pass  # it has ended

    def test_what_it_makes_is_for_all_to_read_whatever_the_callers_umask(self) -> None:
        self.addCleanup(os.umask, os.umask(0o077))
        with install.alone():
            mode = os.stat(self.root + contract.RUN_FOLDER).st_mode
        self.assertEqual(mode & 0o777, 0o755)


if __name__ == "__main__":
    unittest.main()
