"""Every process that a run has started, however it forked, and how to end them all."""

import os
import signal
import time
from typing import AbstractSet, Callable, Dict, Iterable, List, NamedTuple, Set

from . import contract
from .patience import within

PR_SET_CHILD_SUBREAPER = 36
QUIET_WALKS = 3
"""One walk of /proc may pass by a process that has just been forked; three in a row hardly do."""
STOP_SECONDS = 0.5
ENVIRON_SECONDS = 0.1
"""The kernel may keep a reader waiting while the process waits for a file server that is gone."""
ENVIRON_BYTES = 262144


class Process(NamedTuple):
    group: int
    session: int
    mark: str
    """Of the task that started it; empty where nothing says whose it is."""


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


class Family:
    """The processes of one run: this process's descendants, what carries a mark, and their descendants.

    `mark` begins the mark of each task: it stands in the environment of all that the task starts, outlives
    the runner, and cannot be guessed. `since`: CLOCK_BOOTTIME of the run's start; nothing older is its own.
    """

    def __init__(self, mark: str, since: float) -> None:
        self._mark = mark
        self._since = int(since * os.sysconf("SC_CLK_TCK"))
        self._silent: Set[int] = set()
        self.walk_seconds = 0.0
        """How long the last walk of /proc took."""

    def mark_of(self, stage: str, task: str) -> str:
        return f"{self._mark}/{stage}/{task}"

    def members(self, sessions: AbstractSet[int] = frozenset()) -> Processes:
        """Those that live, without this process; `sessions` are the run's own as well."""
        begun = time.monotonic()
        alive: Processes = {}
        children: Dict[int, List[int]] = {}
        pending = [os.getpid()]
        for name in os.listdir("/proc"):
            fields = stat_fields(int(name)) if name.isdigit() else []
            # The main thread of a process may be gone, a zombie, while others go on.
            if len(fields) < 20 or (fields[0] in b"ZX" and int(fields[17]) <= 1):
                continue
            pid = int(name)
            children.setdefault(int(fields[1]), []).append(pid)
            if int(fields[19]) < self._since:
                continue
            mark = self._read_mark(pid)
            alive[pid] = Process(int(fields[2]), int(fields[3]), mark)
            if mark or alive[pid].session in sessions:
                pending.append(pid)
        found = {pid for pid in pending if pid in alive}
        while pending:
            parent = pending.pop()
            for pid in children.get(parent, ()):
                if pid in found or pid not in alive:
                    continue
                found.add(pid)
                pending.append(pid)
                # One that is just being exec'd has no environment for a moment.
                if not alive[pid].mark and parent in found:
                    alive[pid] = alive[pid]._replace(mark=alive[parent].mark)
        found.discard(os.getpid())
        self.walk_seconds = time.monotonic() - begun
        return {pid: alive[pid] for pid in found}

    def _read_mark(self, pid: int) -> str:
        """Of another run, or none: empty."""
        if pid in self._silent:
            return ""
        try:
            environment = b"\0" + within(ENVIRON_SECONDS, lambda: _environment(pid))
        except TimeoutError:
            self._silent.add(pid)
            return ""
        except OSError:
            return ""  # gone meanwhile, or another user's
        found = environment.partition(f"\0{contract.HOOK_TASK}=".encode())[2]
        mark = found.partition(b"\0")[0].decode("utf-8", "replace")
        return mark if mark.startswith(self._mark + "/") else ""


def of_tasks(among: Processes, marks: AbstractSet[str], leaders: AbstractSet[int]) -> Processes:
    """Those of the tasks with these marks, whose processes these lead."""
    return {pid: one for pid, one in among.items() if one.mark in marks or one.session in leaders}


def unmarked(among: Processes) -> Processes:
    """Those that cleared their environment and lost their parent: nobody can say whose they are."""
    return {pid: one for pid, one in among.items() if not one.mark}


def kill_all(find: Callable[[], Processes], leaders: AbstractSet[int] = frozenset()) -> None:
    """SIGKILL to the groups of `leaders`, which are not reaped yet, and to all that `find` finds.

    What is found is stopped first, so that none forks away.
    """
    for leader in leaders:
        send_group(leader, signal.SIGKILL)
    until = time.monotonic() + STOP_SECONDS
    stopped: Processes = {}
    quiet = 0
    while quiet < QUIET_WALKS and time.monotonic() < until:
        fresh = {pid: one for pid, one in find().items() if pid not in stopped}
        quiet = 0 if fresh else quiet + 1
        stopped.update(fresh)
        _send_groups(fresh, signal.SIGSTOP)
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


def start_time(pid: int) -> str:
    """In clock ticks since boot: with the pid it names one process for good. Empty if it is gone."""
    fields = stat_fields(pid)
    return fields[19].decode() if len(fields) > 19 else ""


def stat_fields(pid: int) -> List[bytes]:
    """/proc/PID/stat from the state on; the name before it may hold anything. Empty if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _environment(pid: int) -> bytes:
    with open(f"/proc/{pid}/environ", "rb") as file:
        return file.read(ENVIRON_BYTES)


def outlive_memory_pressure() -> None:
    """Tasks inherit it: what saves in the last two minutes is not what the kernel should end first."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("-900")
    except OSError:
        pass  # not root: the rehearsal
