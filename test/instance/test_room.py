"""Whatever fills /run: a run whose room was taken ahead is recorded, and its journal is whole."""

import os
import subprocess
import unittest
from typing import List
from unittest import mock

from on_a_machine import OnAMachine, full_disk, notice
from spot_guard import acknowledgements, contract, files, lock, noticefile, runs
from spot_guard.clock import Clock
from spot_guard.journal import RESERVED_BYTES, Follower, Journal

DEADLINE = 1_795_519_420
DISK_BYTES = 1_048_576
DISK_INODES = 64
LARGEST = dict.fromkeys(map(str, contract.SETTINGS), "\U0001f4be" * 256)


class FullDisk(OnAMachine):
    def setUp(self) -> None:
        super().setUp()
        folder = self.root + contract.RUN_FOLDER
        os.makedirs(folder)
        mount = [
            "/bin/mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={DISK_BYTES},nr_inodes={DISK_INODES}",
            "tmpfs",
            folder,
        ]
        if os.geteuid() != 0 or subprocess.call(mount, stderr=subprocess.DEVNULL) != 0:
            self.skipTest("nobody but root mounts a disk of its own to fill, and not in every container")
        self.addCleanup(subprocess.check_call, ["/bin/umount", "--lazy", folder])

    def fill(self) -> None:
        filler = os.open(self.root + contract.RUN_FOLDER + "/filler", os.O_WRONLY | os.O_CREAT)
        with self.assertRaisesRegex(OSError, "No space left"):
            while True:
                os.write(filler, b"x" * 4096)
        os.close(filler)

    def test_keeps_no_run_from_being_recorded_whose_room_was_taken(self) -> None:
        runs.make_ready()
        self.fill()
        run, made = runs.claim(notice(DEADLINE, {"units": "x" * 256, "state": "y" * 256}))
        self.assertTrue(made)
        self.assertEqual(run.notice().deadline, DEADLINE)
        journal = Journal(run.journal, Clock(), DEADLINE)
        for _ in range(RESERVED_BYTES // 2_200):
            journal.write("warning", note="x" * 2_048)
        journal.write("ended")
        self.assertEqual(Follower(run.journal).read()[-1]["phase"], "ended")

    def test_nor_one_that_holds_no_more_files_however_small(self) -> None:
        runs.make_ready()
        with self.assertRaisesRegex(OSError, "No space left"):
            for number in range(DISK_INODES):
                os.mkdir(f"{self.root}{contract.RUN_FOLDER}/{number}")
        run, made = runs.claim(notice(DEADLINE))
        self.assertTrue(made)
        os.close(lock.acquire(run.lock, 0))
        Journal(run.journal, Clock(), DEADLINE).write("ended")
        os.rename(run.request, self.root + contract.WANTED_FILE)

    def test_nor_the_settings_that_the_other_path_brings_from_being_heard(self) -> None:
        runs.make_ready()
        run, _ = runs.claim(notice(DEADLINE))
        self.fill()
        self.assertEqual(runs.claim(notice(DEADLINE - 7, LARGEST)), (run, False))
        self.assertEqual((run.joined().deadline, run.joined().settings), (DEADLINE - 7, LARGEST))

    def test_nor_a_notice_of_the_largest_settings_in_letters_that_json_escapes(self) -> None:
        runs.make_ready()
        self.fill()
        self.assertEqual(runs.claim(notice(DEADLINE, LARGEST))[0].notice().settings, LARGEST)

    def test_without_that_room_is_said_and_leaves_nothing_for_a_run(self) -> None:
        self.fill()
        with self.assertRaisesRegex(OSError, "No space left"):
            runs.claim(notice(DEADLINE))
        self.assertEqual(runs.every(), [])
        os.truncate(self.root + contract.RUN_FOLDER + "/filler", 0)
        self.assertEqual(runs.claim(notice(DEADLINE))[0].notice().deadline, DEADLINE)
        self.assertEqual(sorted(os.listdir(self.root + contract.RUNS_FOLDER)), [str(DEADLINE), "claim"])


class Ready(OnAMachine):
    def test_is_used_up_by_the_run_that_it_was_made_for(self) -> None:
        runs.make_ready()
        runs.make_ready()
        first, _ = runs.claim(notice(DEADLINE))
        second, _ = runs.claim(notice(DEADLINE + 300))
        self.assertGreaterEqual(os.stat(first.room).st_blocks * 512, RESERVED_BYTES)
        self.assertFalse(os.path.exists(second.room))

    def test_is_of_no_notice_yet(self) -> None:
        runs.make_ready()
        self.assertEqual(runs.every(), [])

    def test_is_made_good_where_the_last_call_was_killed_in_the_middle(self) -> None:
        runs.make_ready()
        self.put(f"{contract.RUNS_FOLDER}/next/notice", '{"deadline": 1, "token": "' + "x" * 8_000)
        run, _ = runs.claim(notice(DEADLINE))
        self.assertEqual(run.notice(), notice(DEADLINE))

    def test_is_not_made_on_a_full_disk(self) -> None:
        with full_disk(), self.assertRaises(OSError):
            runs.make_ready()


class Acknowledgements(OnAMachine):
    def setUp(self) -> None:
        super().setUp()
        self.run_, _ = runs.claim(notice(DEADLINE))
        self.all = self.root + contract.ACKNOWLEDGED_FOLDER

    def begin(self, forget: bool = True) -> None:
        acknowledgements.begin(self.run_.acknowledged, forget)

    def folder(self, *entries: str) -> None:
        for entry in entries:
            if entry.endswith("/"):
                os.makedirs(f"{self.all}/{entry}x")
            else:
                self.put(f"{contract.ACKNOWLEDGED_FOLDER}/{entry}", "")

    def left(self) -> List[str]:
        return [name for name in os.listdir(self.root + contract.RUNS_FOLDER) if name.startswith("closed")]

    def test_of_an_earlier_notice_are_forgotten_whatever_else_is_there(self) -> None:
        self.folder("old", "a-folder/")
        self.begin()
        self.assertEqual((acknowledgements.names(), os.listdir(self.all)), ([], []))
        self.assertEqual(os.stat(self.all).st_mode & 0o7777, 0o1777)

    def test_are_taken_away_with_the_notice_however_deep_and_whoever_stands_in_a_folder_of_them(self) -> None:
        self.begin()
        self.folder("trainer", "a-folder/", "a-folder/file")
        inside = os.open(f"{self.all}/a-folder/x", os.O_RDONLY)
        self.addCleanup(os.close, inside)
        at = inside
        for _ in range(1_200):
            os.mkdir("d", dir_fd=at)
            deeper = os.open("d", os.O_RDONLY, dir_fd=at)
            if at != inside:
                os.close(at)
            at = deeper
        os.close(at)
        noticefile.NoticeFile(notice(1)).withdraw()
        self.assertFalse(os.path.exists(self.all))
        acknowledgements.discard()
        while self.left():
            os.waitpid(-1, 0)
        with self.assertRaises(FileNotFoundError):
            os.open("more", os.O_WRONLY | os.O_CREAT, dir_fd=inside)

    def test_are_taken_away_by_the_watcher_where_the_runner_was_killed(self) -> None:
        self.folder("trainer")
        self.put(contract.NOTICE_FILE, {"deadline": DEADLINE})
        noticefile.clear_left_behind(DEADLINE + 400)
        self.assertEqual(acknowledgements.names(), ["trainer"])
        noticefile.clear_left_behind(DEADLINE + 500)
        self.assertFalse(os.path.exists(self.all))
        while self.left():
            os.waitpid(-1, 0)
        self.assertEqual(len(runs.every()), 1)

    def test_are_kept_where_the_plan_is_taken_over(self) -> None:
        self.begin()
        self.folder("trainer")
        self.begin(forget=False)
        self.assertEqual(acknowledgements.names(), ["trainer"])

    def test_are_found_among_thousands_of_folders(self) -> None:
        names = [f"trainer-{number}" for number in range(8)]
        self.folder(*names[:4])  # before and after: whatever order the disk lists them in
        for number in range(3_000):
            os.makedirs(f"{self.all}/{number}")
        self.folder(*names[4:])
        self.assertEqual(acknowledgements.names(), names)

    def test_are_closed_when_the_notice_goes_and_not_before(self) -> None:
        self.begin()
        first, second = noticefile.NoticeFile(notice(1)), noticefile.NoticeFile(notice(2))
        first.show(1)
        second.show(2)
        first.withdraw()
        self.assertEqual(os.stat(self.all).st_mode & 0o7777, 0o1777)
        second.withdraw()
        self.assertFalse(os.path.exists(self.all))

    def test_that_cannot_be_had_keep_no_notice_back_and_neither_does_who_holds_the_lock(self) -> None:
        with mock.patch.object(os, "chmod", side_effect=OSError("no")):
            file, held = noticefile.NoticeFile(notice(1)), runs.hold()
            self.assertEqual(file.publish(7, self.run_.acknowledged, forget=True), "no")
            os.close(held)
        self.assertEqual((file.fault, files.read_json(self.root + contract.NOTICE_FILE)["deadline"]), ("", 7))

    def test_nor_is_a_notice_given_up_that_could_not_be_written_once(self) -> None:
        file = noticefile.NoticeFile(notice(1))
        with full_disk():
            file.show(7)
        self.assertIn("cannot be written", file.fault)
        file.show(7)
        self.assertEqual(file.fault, "")


if __name__ == "__main__":
    unittest.main()
