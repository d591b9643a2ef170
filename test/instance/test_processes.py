"""Whose a process is, and whether it lives, read from /proc as it really is."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Callable, Dict, List
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract, processes

FAMILY = processes.Family(f"/run/spot-guard/runs/{os.getpid()}/token", since=0.0)
MARK = FAMILY.mark_of("drain", "10-hook")
ZOMBIE_LEADER = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("ready", flush=True)
libc = ctypes.CDLL(None)
libc.pthread_exit(None)
"""


class Family(unittest.TestCase):
    def setUp(self) -> None:
        self._started: List[subprocess.Popen[bytes]] = []

    def tearDown(self) -> None:
        for process in self._started:
            processes.send_group(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()

    def start(self, *argv: str, mark: str = MARK) -> "subprocess.Popen[bytes]":
        env: Dict[str, str] = {"PATH": os.environ["PATH"], contract.HOOK_TASK: mark}
        process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, start_new_session=True)
        self._started.append(process)
        return process

    def test_a_process_is_found_by_its_mark_whoever_its_parent_is(self) -> None:
        orphan = self.start("sh", "-c", "setsid sleep 60 & echo $!")
        assert orphan.stdout
        pid = int(orphan.stdout.readline())
        orphan.wait()
        _await(lambda: pid in FAMILY.members())  # one that is just being exec'd has no environment
        self.assertEqual(FAMILY.members()[pid].mark, MARK)
        self.assertNotIn(pid, processes.Family(f"/run/spot-guard/runs/{os.getpid()}/other", 0.0).members())
        processes.send([pid], signal.SIGKILL)

    def test_one_that_cleared_its_environment_has_the_mark_of_its_parent(self) -> None:
        hidden = self.start("sh", "-c", "env -i sleep 60 & echo $!; wait")
        assert hidden.stdout
        pid = int(hidden.stdout.readline())
        _await(lambda: _name(pid) == "sleep")
        self.assertEqual(FAMILY.members()[pid].mark, MARK)

    def test_an_orphan_that_cleared_its_environment_is_found_by_its_session_alone(self) -> None:
        leader = self.start("sh", "-c", "env -i sleep 60 & echo $!")
        assert leader.stdout
        pid = int(leader.stdout.readline())
        leader.wait()
        _await(lambda: _name(pid) == "sleep")
        self.assertNotIn(pid, FAMILY.members())
        found = FAMILY.members({leader.pid})
        self.assertIn(pid, processes.unmarked(found))
        self.assertIn(pid, processes.of_tasks(found, {"another"}, {leader.pid}))
        self.assertNotIn(pid, processes.of_tasks(found, {"another"}, frozenset()))

    def test_what_is_older_than_the_run_is_none_of_its_own(self) -> None:
        process = self.start("sleep", "60")
        _await(lambda: process.pid in FAMILY.members())
        since = time.clock_gettime(time.CLOCK_BOOTTIME) + 1
        self.assertNotIn(process.pid, processes.Family(MARK.partition("/drain")[0], since).members())

    def test_one_whose_environment_cannot_be_read_in_time_holds_nobody_up(self) -> None:
        process = self.start("sleep", "60")
        family = processes.Family(MARK.partition("/drain")[0], 0.0)
        never = threading.Event()
        self.addCleanup(never.set)

        def environment(_: int) -> bytes:
            never.wait()
            return b""

        slow = mock.patch.multiple(processes, ENVIRON_SECONDS=0.01, _environment=environment)
        with slow:
            family.members()
        _await(lambda: family.members()[process.pid].mark == MARK)  # once is but slow
        for _ in range(2):
            with slow:
                family.members()
        begun = time.monotonic()
        self.assertEqual(family.members()[process.pid].mark, "")
        self.assertLess(time.monotonic() - begun, 5)

    def test_anothers_environment_is_read_once(self) -> None:
        orphan = self.start("sh", "-c", "setsid sleep 60 & echo $!", mark="/another/run")
        assert orphan.stdout
        pid = int(orphan.stdout.readline())
        orphan.wait()
        really = processes._environment  # pyright: ignore[reportPrivateUsage]
        _await(lambda: _name(pid) == "sleep" and really(pid) != b"")
        asked: List[int] = []
        family = processes.Family("/run/nobody", 0.0)

        def environment(of: int) -> bytes:
            asked.append(of)
            return really(of)

        with mock.patch.object(processes, "_environment", environment):
            for _ in range(3):
                self.assertNotIn(pid, family.members())
        self.assertEqual(asked.count(pid), 1)
        processes.send([pid], signal.SIGKILL)

    def test_a_name_that_looks_like_the_rest_of_the_line_deceives_nobody(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            odd = Path(folder) / "a) Z 1 (b"
            odd.symlink_to("/bin/sleep")
            process = self.start(str(odd), "60")
            _await(lambda: process.pid in FAMILY.members())
            self.assertEqual(FAMILY.members()[process.pid], processes.Process(process.pid, process.pid, MARK))

    def test_a_zombie_is_dead(self) -> None:
        process = self.start("true")
        _await(lambda: processes.stat_fields(process.pid)[0] == b"Z")
        self.assertNotIn(process.pid, FAMILY.members())

    def test_a_process_whose_main_thread_alone_has_ended_lives(self) -> None:
        process = self.start(sys.executable, "-c", ZOMBIE_LEADER)
        assert process.stdout
        process.stdout.readline()
        _await(lambda: processes.stat_fields(process.pid)[0] == b"Z")
        self.assertIn(process.pid, FAMILY.members())
        processes.kill_all(FAMILY.members)
        process.wait(5)

    def test_one_that_forks_and_exits_all_the_time_is_killed(self) -> None:
        comet = "import os, time\nwhile True:\n    if os.fork(): os._exit(0)\n    time.sleep(0.001)\n"
        leader = self.start("sh", "-c", '"$0" -c "$1" & sleep 60', sys.executable, comet)
        processes.kill_all(FAMILY.members, {leader.pid})
        leader.wait(5)
        with self.assertRaises(ProcessLookupError):
            while True:  # until the last of the group is reaped
                os.killpg(leader.pid, 0)
                time.sleep(0.01)

    def test_a_whole_group_is_killed_only_where_it_is_theirs(self) -> None:
        script = f"{contract.HOOK_TASK}={MARK} sleep 60 & echo $!; wait; exit 5"
        bystander = self.start("sh", "-c", script, mark="/another/run")
        assert bystander.stdout
        pid = int(bystander.stdout.readline())
        _await(lambda: pid in FAMILY.members())
        self.assertEqual(FAMILY.members()[pid].group, bystander.pid)

        def theirs() -> processes.Processes:
            return processes.of_tasks(FAMILY.members(), {MARK}, frozenset())

        processes.kill_all(theirs)
        self.assertEqual(bystander.wait(5), 5)


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()


def _await(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("did not come to be within 10 s")
        time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
