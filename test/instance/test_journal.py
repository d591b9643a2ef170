"""The journal outlives a full disk and the runner that wrote it."""

import os
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard.clock import Clock
from spot_guard.journal import RESERVED_BYTES, Follower, Journal


class Full(unittest.TestCase):
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.path = str(Path(self._folder.name) / "journal.jsonl")

    def journal(self) -> Journal:
        journal = Journal(self.path, Clock(), 1e10)
        self.addCleanup(journal.give_back)
        return journal

    def phases(self) -> Any:
        return [line["phase"] for line in Follower(self.path).read()]

    def test_its_room_is_taken_at_the_start(self) -> None:
        self.journal()
        self.assertGreaterEqual(os.stat(self.path).st_blocks * 512, RESERVED_BYTES)

    def test_it_holds_lines_alone_when_its_room_is_given_back(self) -> None:
        journal = Journal(self.path, Clock(), 1e10)
        journal.write("started")
        journal.give_back()
        self.assertTrue(Path(self.path).read_bytes().endswith(b"}\n"))

    def test_it_grows_past_its_room(self) -> None:
        journal = self.journal()
        for _ in range(40):
            journal.write("warning", note="x" * 4096)
        self.assertEqual(len(self.phases()), 40)

    def test_lines_that_found_no_room_come_with_the_next(self) -> None:
        journal = self.journal()
        journal.write("started")
        write = os.pwrite
        with mock.patch.object(os, "pwrite", side_effect=OSError(28, "No space left on device")):
            journal.write("stageStarted")
        with mock.patch.object(os, "pwrite", side_effect=lambda fd, data, at: write(fd, data[:7], at)):  # type: ignore[misc]
            journal.write("stageEnded")
        self.assertEqual(self.phases(), ["started"])
        journal.write("ended")
        self.assertEqual(self.phases(), ["started", "stageStarted", "stageEnded", "ended"])

    def test_a_runner_goes_on_where_the_last_one_was_killed_in_the_middle_of_a_line(self) -> None:
        self.journal().write("started")
        with open(self.path, "r+b") as file:
            torn = file.read().rfind(b"\n") + 1
            file.seek(torn)
            file.write(b'{"t": 1, "phase": "stageSt')
        self.journal().write("takenOver")
        self.assertEqual(self.phases(), ["started", "takenOver"])

    def test_a_follower_gets_each_line_once(self) -> None:
        journal, follower = self.journal(), Follower(self.path)
        for phase in ("started", "stageStarted", "stageEnded"):
            journal.write(phase)
            self.assertEqual([line["phase"] for line in follower.read()], [phase])
        self.assertEqual(follower.read(), [])


if __name__ == "__main__":
    unittest.main()
