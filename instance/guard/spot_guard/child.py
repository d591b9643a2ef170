"""One program that runs: started in a session of its own, its output kept within bounds."""

import os
import subprocess
from typing import Optional

from . import contract
from .schedule import term_moment
from .task import NOTE_CHARS, Ended, Task

OUTPUT_FILE_BYTES = 65536
TAIL_BYTES = 1024
LAST_CALL_SECONDS = 1.0


class Child:
    """Starts at once. Raises OSError or ValueError where the program cannot be started."""

    def __init__(self, task: Task, now: float, grace: float, output: str) -> None:
        self.task = task
        self.started = now
        self._grace = LAST_CALL_SECONDS if task.last_call else grace
        self.told = False
        self.look_at = 0.0
        """When to look again whether what it started has ended."""
        self.status: Optional[int] = None
        self._tail = b""
        self._room = OUTPUT_FILE_BYTES
        self.process = spawn(task, task.argv, subprocess.PIPE)
        self.pid = self.process.pid
        self.pipe = self.process.stdout
        assert self.pipe is not None
        os.set_blocking(self.pipe.fileno(), False)
        self._output = _open_output(output)

    def term_at(self, until: float) -> float:
        """When to tell it, if it must have ended at `until`."""
        return term_moment(self.started, until, self._grace)

    @property
    def mark(self) -> str:
        return self.task.env.get(contract.HOOK_TASK, "")

    def take(self, data: bytes) -> None:
        """Output: the first 64 KiB to a file, the end of it kept for a note."""
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        kept = data[: self._room]
        self._room -= len(kept)
        if self._output is not None and kept:
            try:
                os.write(self._output, kept)
            except OSError:
                pass  # a full disk loses output, not the run

    def close_output(self) -> None:
        """Nothing more comes."""
        assert self.pipe is not None
        self.pipe.close()
        if self._output is not None:
            os.close(self._output)
            self._output = None

    def ended(self, now: float, killed: bool) -> Ended:
        """What became of it. A unit that had to be killed for us to be in time ran over as well."""
        code = 137 if self.status is None else _exit_code(self.status)
        overran = killed or (self.told and bool(self.task.last_call))
        result = Ended(self.task, code, round(now - self.started, 3), overran)
        if result.succeeded:
            return result
        words = [self.last_line()]
        if overran:
            words.insert(0, "ended at the stage's moment")
        elif self.told:
            words.insert(0, "SIGTERM at the stage's end")
        return result._replace(note=": ".join(word for word in words if word) or None)

    def last_line(self) -> str:
        """The last line of output that says anything, as printable ASCII of bounded length."""
        lines = [line for line in self._tail.decode("utf-8", "replace").splitlines() if line.strip()]
        return ascii(lines[-1].strip())[1:-1][:NOTE_CHARS] if lines else ""


def spawn(task: Task, argv: "tuple[str, ...]", stdout: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        argv,
        cwd="/",
        env=task.env,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _open_output(path: str) -> Optional[int]:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError:
        return None  # a full disk loses output, not the run
