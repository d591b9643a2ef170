"""Every process that a run has started, however it forked, and how to end them all."""

import os
import signal
import time
from typing import Dict, List

PR_SET_CHILD_SUBREAPER = 36


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


def descendants(ancestor: int) -> List[int]:
    """Process ids, zombies left out. One walk of /proc: what forks meanwhile is found by the next."""
    parents: Dict[int, int] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        fields = stat_fields(int(name))
        if len(fields) > 1 and fields[0] != b"Z":
            parents[int(name)] = int(fields[1])
    found: List[int] = []
    layer = [ancestor]
    while layer:
        layer = [pid for pid, parent in parents.items() if parent in layer and pid != ancestor]
        found += layer
    return found


def stat_fields(pid: int) -> List[bytes]:
    """/proc/PID/stat from the state on; the name before it may hold anything. Empty if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def start_time(pid: int) -> str:
    """In clock ticks since boot: with the pid it names one process for good. Empty if it is gone."""
    fields = stat_fields(pid)
    return fields[19].decode() if len(fields) > 19 else ""


def kill_all(ancestor: int, within_seconds: float = 0.5) -> int:
    """SIGKILL to all descendants. They are stopped first, so that none forks away. Returns how many."""
    until = time.monotonic() + within_seconds
    stopped: List[int] = []
    while time.monotonic() < until:
        fresh = [pid for pid in descendants(ancestor) if pid not in stopped]
        if not fresh:
            break
        send(fresh, signal.SIGSTOP)
        stopped += fresh
    send(stopped, signal.SIGKILL)
    return len(stopped)


def send(pids: List[int], number: signal.Signals) -> None:
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
