"""A folder that stands for a machine, with the guard's variables set for it."""

import contextlib
import json
import os
import resource
import tempfile
import unittest
from typing import Any, Dict, Generator, List, Optional
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract
from spot_guard.answer import Answer, NoAnswer
from spot_guard.metadata import Metadata
from spot_guard.notice import Notice

INSTANCE_ID = "i-0123456789abcdef0"


def notice(deadline: int, settings: Optional[Dict[str, str]] = None, **fields: Any) -> Notice:
    return Notice(INSTANCE_ID, "terminate", deadline, settings, "interruption")._replace(**fields)


class OnAMachine(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        patch = mock.patch.dict(os.environ, {contract.ROOT_VARIABLE: folder.name})
        patch.start()
        self.addCleanup(patch.stop)

    def put(self, path: str, content: Any, mode: int = 0o600) -> str:
        """Text as it is, all else as JSON. Returns where the file really lies."""
        real = self.root + path
        os.makedirs(os.path.dirname(real), exist_ok=True)
        with open(real, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        os.chmod(real, mode)
        return real


@contextlib.contextmanager
def full_disk() -> Generator[None, None, None]:
    """No file can grow, whoever writes it: the kernel says so, as it does where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Told(Metadata):
    """A metadata service that says what it is told to: by path, a body, a whole answer, or no answer."""

    def __init__(self, said: "Dict[str, str | Answer | NoAnswer]") -> None:
        super().__init__()
        self.said = said
        self.asked: List[str] = []

    def get(self, path: str) -> Answer:
        self.asked.append(path)
        said = self.said.get(path, Answer(404, "", None))
        if isinstance(said, NoAnswer):
            raise said
        return Answer(200, said, None) if isinstance(said, str) else said
