"""Every process that a run has started, however it forked, and how to end them all."""

import os
import signal
import time
from typing import AbstractSet, Callable, Dict, Iterable, List, NamedTuple

from . import contract
from .patience import each

PR_SET_CHILD_SUBREAPER = 36
QUIET_WALKS = 3
"""One walk of /proc may pass by a process that has just been forked; three in a row hardly do."""
STOP_SECONDS = 0.5
ENVIRON_SECONDS = 0.1
"""The kernel may keep a reader waiting while the process waits for a file server that is gone."""
ENVIRONS_SECONDS = 1.0
"""For all of one walk: the next goes on with those that this one leaves out."""
ENVIRON_BYTES = 262144
NO_ENVIRONMENT = "-"
"""Of a process that is just being exec'd, or is gone, or another user's: no mark is this."""


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
        self._settled: Dict[int, bytes] = {}
        """By process id, when it started: another's, or one that does not answer. It is not asked again."""
        self._slow: Dict[int, bytes] = {}
        self.walk_seconds = 0.0
        """How long the last walk of /proc took."""

    def mark_of(self, stage: str, task: str) -> str:
        return f"{self._mark}/{stage}/{task}"

    def members(self, sessions: AbstractSet[int] = frozenset()) -> Processes:
        """Those that live, without this process; `sessions` are the run's own as well."""
        begun = time.monotonic()
        alive: Processes = {}
        started: Dict[int, bytes] = {}
        children: Dict[int, List[int]] = {}
        for name in _listed():
            fields = stat_fields(int(name)) if name.isdigit() else []
            # The main thread of a process may be gone, a zombie, while others go on.
            if len(fields) < 20 or (fields[0] in b"ZX" and int(fields[17]) <= 1):
                continue
            pid = int(name)
            children.setdefault(int(fields[1]), []).append(pid)
            if int(fields[19]) >= self._since:
                alive[pid] = Process(int(fields[2]), int(fields[3]), "")
                started[pid] = fields[19]
        marks = self._read(started)
        pending = [os.getpid()]
        for pid, one in alive.items():
            alive[pid] = one._replace(mark=marks.get(pid) or "")
            if alive[pid].mark or one.session in sessions:
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
        # A child of ours may have its parent's environment for a moment: it is asked again.
        self._settled.update({pid: started[pid] for pid in marks if pid not in found})
        found.discard(os.getpid())
        self.walk_seconds = time.monotonic() - begun
        return {pid: alive[pid] for pid in found}

    def _read(self, started: Dict[int, bytes]) -> Dict[int, str]:
        """The mark of each that is not settled; empty where it has none. Not of who may have one later."""
        asked = [pid for pid, at in started.items() if self._settled.get(pid) != at]
        said = each(asked, self._mark_in, ENVIRON_SECONDS, ENVIRONS_SECONDS)
        for pid in (pid for pid, mark in said.items() if mark is None):
            # Once is but slow.
            twice = self._slow.get(pid) == started[pid]
            (self._settled if twice else self._slow)[pid] = started[pid]
        return {pid: mark for pid, mark in said.items() if mark is not None and mark != NO_ENVIRONMENT}

    def _mark_in(self, pid: int) -> str:
        """Of another run, or none: empty. No more of it is kept: thousands may be as long as they can."""
        environment = _environment(pid)
        if not environment:
            return NO_ENVIRONMENT
        found = (b"\0" + environment).partition(f"\0{contract.HOOK_TASK}=".encode())[2]
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


def _listed() -> List[str]:
    try:
        return os.listdir("/proc")
    except OSError:
        return []  # the kernel has run out of something: the next walk may do better


def _environment(pid: int) -> bytes:
    """Empty if it is gone, or another user's."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read(ENVIRON_BYTES)
    except OSError:
        return b""


def outlive_memory_pressure() -> None:
    """Tasks inherit it: what saves in the last two minutes is not what the kernel should end first."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("-900")
    except OSError:
        pass  # not root: the rehearsal
