"""Little processes that stand in for units and containers: started detached, remembered by name."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional

ROOT = os.environ["REHEARSAL_ROOT"]
STATE = os.path.join(ROOT, "rehearsal")
POLL_SECONDS = 0.02


def log(program: str) -> None:
    """Each call of a stand-in, for the scenario's expectations."""
    line = json.dumps({"t": time.time(), "program": program, "args": sys.argv[1:]})
    with open(os.path.join(STATE, "calls.jsonl"), "a", encoding="utf-8") as file:
        file.write(line + "\n")


def refuse(program: str, what: str) -> int:
    """What the stand-in cannot do is a failure of the rehearsal, not a silent success."""
    with open(os.path.join(STATE, "unsupported"), "a", encoding="utf-8") as file:
        file.write(f"{program}: {what}\n")
    print(f"{program} (stand-in): not supported: {what}", file=sys.stderr)
    return 1


def manager_environment() -> Dict[str, str]:
    """What systemd gives to every unit; nothing of whoever asks for one."""
    with open(os.path.join(STATE, "manager.json"), encoding="utf-8") as file:
        return json.load(file)


class Registry:
    """The processes of one kind, under a lock while it is held open."""

    def __init__(self, kind: str) -> None:
        self._folder = os.path.join(STATE, kind)
        os.makedirs(self._folder, exist_ok=True)

    def start(self, name: str, argv: List[str], env: Dict[str, str], said: str = os.devnull) -> bool:
        """False where one of that name runs already: the check and the start are one step.

        What it says is appended to the file `said`.
        """
        with open(os.path.join(self._folder, ".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.is_running(name):
                return False
            with open(said, "ab") as output:
                process = subprocess.Popen(
                    argv,
                    cwd="/",
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            with open(os.path.join(self._folder, name), "w", encoding="utf-8") as file:
                json.dump({"pid": process.pid, "argv": argv, "env": env}, file)
            return True

    def start_again(self, name: str) -> bool:
        """As it was started before. False where there was none of that name."""
        known = self._known(name)
        if known is None:
            return False
        return self.is_running(name) or self.start(name, known["argv"], known["env"])

    def pid(self, name: str) -> Optional[int]:
        known = self._known(name)
        return None if known is None else int(known["pid"])

    def _known(self, name: str) -> Optional[Dict[str, Any]]:
        try:
            with open(os.path.join(self._folder, name), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def names(self) -> List[str]:
        return sorted(name for name in os.listdir(self._folder) if not name.startswith("."))

    def is_running(self, name: str) -> bool:
        pid = self.pid(name)
        return pid is not None and _is_alive(pid)

    def kill(self, name: str, number: signal.Signals) -> bool:
        """To the whole session, as a cgroup's signal goes to all. False where nothing runs."""
        pid = self.pid(name)
        if pid is None or not _is_alive(pid):
            return False
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return False
        return True

    def await_end(self, name: str, patience_seconds: float) -> None:
        """After its SIGTERM; SIGKILL when the patience is over."""
        until = time.monotonic() + patience_seconds
        while self.is_running(name):
            if time.monotonic() >= until:
                self.kill(name, signal.SIGKILL)
                with open(os.path.join(self._folder, f".{name}.killed"), "w", encoding="utf-8"):
                    pass
            time.sleep(POLL_SECONDS)

    def result(self, name: str) -> str:
        """systemd's word for how the unit ended, as far as the guard asks."""
        return "timeout" if os.path.exists(os.path.join(self._folder, f".{name}.killed")) else "success"


def _is_alive(pid: int) -> bool:
    """A zombie is dead: nobody may be there to reap it."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return False
