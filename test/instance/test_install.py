"""What install asks first: that it is alone, and that no run needs an older file."""

import os
import time
import unittest

import on_a_machine
from spot_guard import contract, install, library, lock, runs


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


class Users(on_a_machine.OnAMachine):
    def claim(self, seconds: int) -> runs.Run:
        return runs.claim(on_a_machine.notice(int(time.time()) + seconds))[0]

    def test_a_run_uses_the_guards_file_before_its_runner_has_come(self) -> None:
        self.assertEqual(library.users(), [])
        run = self.claim(60)
        self.assertEqual(library.users(), [run.name])

    def test_a_run_uses_it_after_its_plan_as_long_as_its_runner_lives(self) -> None:
        run = self.claim(-60)
        os.unlink(run.unfinished)
        runner = lock.acquire(run.lock, 0)
        self.assertEqual(library.users(), [run.name])
        os.close(runner)
        self.assertEqual(library.users(), [])

    def test_a_run_whose_runner_was_killed_uses_it_up_to_its_deadline(self) -> None:
        self.claim(-1)
        self.assertEqual(library.users(), [])


if __name__ == "__main__":
    unittest.main()
