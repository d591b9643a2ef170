"""Whose a process is, and whether it lives, read from /proc as it really is."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Callable, Dict, List

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract, processes

FOLDER = f"/run/spot-guard/runs/{os.getpid()}"
MARK = processes.mark_of(FOLDER, "drain", "10-hook")
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
        self.assertEqual(processes.of_run(FOLDER)[pid].mark, MARK)
        self.assertNotIn(pid, processes.of_run(FOLDER[:-1]))
        processes.send([pid], signal.SIGKILL)

    def test_one_that_cleared_its_environment_is_found_by_its_ancestor_and_its_session(self) -> None:
        hidden = self.start("sh", "-c", "env -i sleep 60 & echo $!; wait")
        assert hidden.stdout
        pid = int(hidden.stdout.readline())
        _await(lambda: not processes.of_run(FOLDER).get(pid, processes.Process(0, 0, "x")).mark)
        found = processes.of_run(FOLDER)
        self.assertIn(pid, processes.unmarked(found))
        self.assertIn(pid, processes.of_tasks(found, {"another"}, {hidden.pid}))
        self.assertNotIn(pid, processes.of_tasks(found, {"another"}, frozenset()))

    def test_a_name_that_looks_like_the_rest_of_the_line_deceives_nobody(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            odd = Path(folder) / "a) Z 1 (b"
            odd.symlink_to("/bin/sleep")
            process = self.start(str(odd), "60")
            _await(lambda: process.pid in processes.of_run(FOLDER))
            self.assertEqual(
                processes.of_run(FOLDER)[process.pid], processes.Process(process.pid, process.pid, MARK)
            )

    def test_a_zombie_is_dead(self) -> None:
        process = self.start("true")
        _await(lambda: processes.stat_fields(process.pid)[0] == b"Z")
        self.assertNotIn(process.pid, processes.of_run(FOLDER))

    def test_a_process_whose_main_thread_alone_has_ended_lives(self) -> None:
        process = self.start(sys.executable, "-c", ZOMBIE_LEADER)
        assert process.stdout
        process.stdout.readline()
        _await(lambda: processes.stat_fields(process.pid)[0] == b"Z")
        self.assertIn(process.pid, processes.of_run(FOLDER))
        processes.kill_all(lambda: processes.of_run(FOLDER))
        process.wait(5)

    def test_one_that_forks_and_exits_all_the_time_is_killed(self) -> None:
        comet = "import os, time\nwhile True:\n    if os.fork(): os._exit(0)\n    time.sleep(0.001)\n"
        leader = self.start("sh", "-c", '"$0" -c "$1" & sleep 60', sys.executable, comet)
        processes.kill_all(lambda: processes.of_run(FOLDER), {leader.pid})
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
        _await(lambda: pid in processes.of_run(FOLDER))
        self.assertEqual(processes.of_run(FOLDER)[pid].group, bystander.pid)

        def theirs() -> processes.Processes:
            return processes.of_tasks(processes.of_run(FOLDER), {MARK}, frozenset())

        processes.kill_all(theirs)
        self.assertEqual(bystander.wait(5), 5)


def _await(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("did not come to be within 10 s")
        time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
