"""Every process that a run has started, however it forked, and how to end them all."""

import os
import signal
import time
from typing import AbstractSet, Callable, Dict, Iterable, List, NamedTuple, Set

from . import contract

PR_SET_CHILD_SUBREAPER = 36
QUIET_WALKS = 3
"""One walk of /proc may pass by a process that has just been forked; three in a row hardly do."""
STOP_SECONDS = 0.5


class Process(NamedTuple):
    group: int
    session: int
    mark: str
    """Of the task that started it; empty where its environment was cleared."""


Processes = Dict[int, Process]
"""By process id."""


def become_subreaper() -> str:
    """Orphans of this process's children become its own. Returns why that cannot be had, else nothing."""
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            return os.strerror(ctypes.get_errno())
    except (ImportError, OSError, AttributeError) as error:
        return str(error)
    return ""


def mark_of(folder: str, stage: str, task: str) -> str:
    """What each process of the task has in its environment: it outlives the runner, and says whose it is."""
    return f"{folder}/{stage}/{task}"


def of_run(folder: str) -> Processes:
    """Live processes that carry a mark of this run, and all descendants of those and of this process."""
    children: Dict[int, List[int]] = {}
    alive: Processes = {}
    pending = [os.getpid()]
    found: Set[int] = set()
    for name in os.listdir("/proc"):
        fields = stat_fields(int(name)) if name.isdigit() else []
        # The main thread of a process may be gone, a zombie, while others go on.
        if len(fields) < 20 or (fields[0] in b"ZX" and int(fields[17]) <= 1):
            continue
        pid, mark = int(name), _mark(int(name))
        alive[pid] = Process(int(fields[2]), int(fields[3]), mark)
        children.setdefault(int(fields[1]), []).append(pid)
        if mark.startswith(folder + "/"):
            pending.append(pid)
            found.add(pid)
    while pending:
        fresh = [pid for pid in children.get(pending.pop(), ()) if pid not in found]
        pending += fresh
        found.update(fresh)
    found.discard(os.getpid())
    return {pid: alive[pid] for pid in found if pid in alive}


def of_tasks(among: Processes, marks: AbstractSet[str], leaders: AbstractSet[int]) -> Processes:
    """Those of the tasks with these marks, whose processes these lead."""
    return {pid: one for pid, one in among.items() if one.mark in marks or one.session in leaders}


def unmarked(among: Processes) -> Processes:
    """Those that cleared their environment: nobody can say whose they are."""
    return {pid: one for pid, one in among.items() if not one.mark}


def kill_all(find: Callable[[], Processes], leaders: AbstractSet[int] = frozenset()) -> None:
    """SIGKILL to all that `find` finds, and to the groups of `leaders`, which are not reaped yet.

    They are stopped first, so that none forks away.
    """
    until = time.monotonic() + STOP_SECONDS
    stopped: Processes = {}
    quiet = 0
    while quiet < QUIET_WALKS and time.monotonic() < until:
        fresh = {pid: one for pid, one in find().items() if pid not in stopped}
        quiet = 0 if fresh else quiet + 1
        stopped.update(fresh)
        _send_groups(fresh, signal.SIGSTOP)
    for leader in leaders:
        send_group(leader, signal.SIGKILL)
    _send_groups(stopped, signal.SIGKILL)


def _send_groups(to: Processes, number: signal.Signals) -> None:
    """To each, and to the groups that they lead: no fork escapes a signal to its group."""
    for group in {one.group for one in to.values() if one.group in to}:
        send_group(group, number)
    send(to, number)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass  # gone meanwhile: what was wanted


def send_group(leader: int, number: signal.Signals) -> None:
    """To the process group of a task, which leads a session of its own."""
    try:
        os.killpg(leader, number)
    except OSError:
        pass  # gone meanwhile: what was wanted


def stat_fields(pid: int) -> List[bytes]:
    """/proc/PID/stat from the state on; the name before it may hold anything. Empty if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _mark(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = b"\0" + file.read()
    except OSError:
        return ""  # gone meanwhile, or another user's
    found = environment.partition(f"\0{contract.HOOK_TASK}=".encode())[2]
    return found.partition(b"\0")[0].decode("utf-8", "replace")
