"""What install asks first: that it is alone, that Python is root's, and that no run needs an older file."""

import os
import tempfile
import time
import unittest
from pathlib import Path

import on_a_machine
from spot_guard import contract, install, interpreter, library, lock, runs


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
        self.assertEqual(library.users(), [run.shown])

    def test_a_run_uses_it_after_its_plan_as_long_as_its_runner_lives(self) -> None:
        run = self.claim(-60)
        os.unlink(run.unfinished)
        runner = lock.acquire(run.lock, 0)
        self.assertEqual(library.users(), [run.shown])
        os.close(runner)
        self.assertEqual(library.users(), [])

    def test_a_run_whose_runner_was_killed_uses_it_up_to_its_deadline(self) -> None:
        self.claim(-1)
        self.assertEqual(library.users(), [])


class Defaults(unittest.TestCase):
    def test_are_seconds_and_the_bucket_for_reports(self) -> None:
        told = install.parse_defaults("drain-until=60,reports=my.reports-123456789012")
        self.assertEqual(told, {"drain-until": "60", "reports": "my.reports-123456789012"})

    def test_that_are_none_are_refused_with_what_is_allowed(self) -> None:
        for text in (
            "reports=",
            "reports=a",
            "reports=A-b-c",
            "reports=a/b/c",
            "reports=abc/d",
            "report=abc",
            "units=abc",
        ):
            with (
                self.subTest(text),
                self.assertRaisesRegex(ValueError, f"got '{text}', allowed .*reports=BUCKET"),
            ):
                install.parse_defaults(text)
        with self.assertRaisesRegex(ValueError, "got reports twice"):
            install.parse_defaults("reports=abc,reports=abc")


class Interpreter(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()

    def open_to_all(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir()
        folder.chmod(0o777)
        return folder

    def test_a_python_of_the_systems_is_roots_alone(self) -> None:
        self.assertEqual(interpreter.of_others("/bin/sh"), [])

    def test_each_folder_that_a_link_leads_through_counts_and_so_does_the_links_own(self) -> None:
        venv, between = self.open_to_all("venv"), self.open_to_all("between")
        (between / "python").symlink_to("/bin/sh")
        (venv / "python").symlink_to("../between/python")
        words = " ".join(interpreter.of_others(str(venv / "python")))
        self.assertRegex(words, rf"{venv} \((mode 777|of the user \d+)\)")
        self.assertRegex(words, rf"{between} \((mode 777|of the user \d+)\)")

    def test_a_link_to_a_folder_does_not_hide_whose_it_is(self) -> None:
        theirs = self.open_to_all("theirs")
        (theirs / "bin").mkdir()
        (theirs / "bin" / "python").touch()
        (self.root / "opt").symlink_to(theirs)
        found = interpreter.of_others(str(self.root / "opt" / "bin" / "python"))
        self.assertTrue(any(one.startswith(f"{theirs} (") for one in found), found)


if __name__ == "__main__":
    unittest.main()
