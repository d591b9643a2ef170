"""What the watcher tells: to the journal of systemd, and to `status` by a file."""

import os
import time
from typing import Any, Dict

from . import contract, files
from .paths import here

SAID_CHARS = 300


class Telling:
    def __init__(self) -> None:
        self._since = time.time()
        self._said: Dict[str, str] = {}
        self._written = ""

    def say(self, about: str, words: str) -> None:
        """To the journal, once until it changes."""
        words = "".join(char if " " <= char <= "~" else "?" for char in words[:SAID_CHARS])
        if self._said.get(about) != words:
            self._said[about] = words
            try:
                print(words, flush=True)
            except OSError:
                pass  # nobody reads it: the watch goes on

    def write(self, known: Dict[str, Any]) -> None:
        """For `status`, with all that was said. The file's time is that of this poll."""
        path = here(contract.WATCH_FILE)
        state = {"pid": os.getpid(), "since": round(self._since), **known, "said": self._said}
        text = repr(state)
        try:
            if text == self._written:
                os.utime(path)
            else:
                os.makedirs(here(contract.RUN_FOLDER), exist_ok=True)
                files.write_json(path, state, 0o600)
                self._written = text
        except OSError:
            self._written = ""  # a full disk: it is only for `status`
