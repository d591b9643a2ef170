"""Files that the guard trusts: whose they are, what they are, and that they are never half written."""

import os
import unittest
from typing import Callable, Dict
from unittest import mock

from on_a_machine import OnAMachine, notice
from spot_guard import contract, files
from spot_guard.clock import rfc3339
from spot_guard.noticefile import NoticeFile


class Read(OnAMachine):
    def test_takes_a_plain_file_of_its_own(self) -> None:
        self.assertEqual(files.read_json(self.put("/a", {"x": 1})), {"x": 1})

    def test_distrusts_what_others_can_change_or_is_no_file(self) -> None:
        kept = self.put("/kept", "{}")
        arrange: Dict[str, Callable[[str], object]] = {
            "a link": lambda path: os.symlink(kept, self.root + path),
            "a named pipe": lambda path: os.mkfifo(self.root + path),
            "a folder": lambda path: os.mkdir(self.root + path),
            "writable by its group": lambda path: self.put(path, "{}", 0o620),
            "writable by all": lambda path: self.put(path, "{}", 0o602),
            "huge": lambda path: self.put(path, " " * (files.MOST_BYTES + 1)),
        }
        for number, (name, make) in enumerate(arrange.items()):
            with self.subTest(name):
                make(f"/{number}")
                with self.assertRaises(OSError):
                    files.read(f"{self.root}/{number}")

    def test_reads_the_largest_that_is_allowed_whole(self) -> None:
        self.assertEqual(len(files.read(self.put("/a", " " * files.MOST_BYTES))), files.MOST_BYTES)

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_distrusts_the_file_of_another_user(self) -> None:
        path = self.put("/a", "{}")
        os.chown(path, 65534, -1)
        with self.assertRaisesRegex(files.Distrusted, "not root's alone: chown root, chmod go-w"):
            files.read(path)

    def test_calls_what_is_no_json_a_value_error_however_deep_it_is(self) -> None:
        for text in ("", "{", "[" * 60_000):
            with self.subTest(text[:2]), self.assertRaises(ValueError):
                files.read_json(self.put("/a", text))


class Write(OnAMachine):
    def test_leaves_the_old_file_and_no_other_where_there_is_no_room(self) -> None:
        path = self.put("/a", "old")
        with mock.patch.object(os, "fsync", side_effect=OSError("no room")), self.assertRaises(OSError):
            files.write(path, b"new")
        self.assertEqual((files.read(path), os.listdir(self.root)), (b"old", ["a"]))

    def test_replaces_a_link_and_does_not_follow_it(self) -> None:
        victim = self.put("/victim", "mine")
        os.makedirs(self.root + contract.RUN_FOLDER)
        path = self.root + contract.NOTICE_FILE
        os.symlink(victim, path)
        NoticeFile(notice(1_795_519_420)).show(1_795_519_420)
        self.assertEqual(files.read(victim), b"mine")
        self.assertFalse(os.path.islink(path))
        self.assertEqual(files.read_json(path)["deadline"], 1_795_519_420)

    def test_makes_the_notice_file_readable_by_all_and_writable_by_none_other(self) -> None:
        os.makedirs(self.root + contract.RUN_FOLDER)
        NoticeFile(notice(1_795_519_420)).show(1_795_519_420)
        self.assertEqual(os.stat(self.root + contract.NOTICE_FILE).st_mode & 0o777, 0o644)

    def test_withdraws_no_other_notices_file(self) -> None:
        os.makedirs(self.root + contract.RUN_FOLDER)
        first, second = NoticeFile(notice(1_795_519_420)), NoticeFile(notice(1_795_519_421))
        first.show(1_795_519_420)
        second.show(1_795_519_421)
        first.withdraw()
        self.assertTrue(os.path.exists(self.root + contract.NOTICE_FILE))
        second.withdraw()
        self.assertFalse(os.path.exists(self.root + contract.NOTICE_FILE))

    def test_tells_workloads_the_deadline_that_holds_by_the_machines_own_clock(self) -> None:
        os.makedirs(self.root + contract.RUN_FOLDER)
        shown = NoticeFile(notice(1_795_519_420))
        for deadline in (1_795_519_720, 1_795_519_711):
            shown.show(deadline)
            said = files.read_json(self.root + contract.NOTICE_FILE)
            self.assertEqual((said["deadline"], said["time"]), (deadline, rfc3339(deadline)))
        shown.withdraw()
        self.assertFalse(os.path.exists(self.root + contract.NOTICE_FILE))


if __name__ == "__main__":
    unittest.main()
