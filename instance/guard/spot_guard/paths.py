"""Where things are: the contract's paths, at `/` or in the rehearsal's sandbox, and the guard itself."""

import os
import sys
from typing import List, Optional

from . import contract


def here(path: str) -> str:
    """The path under SPOT_GUARD_ROOT, which is unset on a real instance."""
    return os.environ.get(contract.ROOT_VARIABLE, "") + path


def has_systemd() -> bool:
    """As sd_booted(3) decides it."""
    return os.path.isdir(here(contract.SYSTEMD_FOLDER))


def search_path() -> str:
    """The caller's PATH; the document's scripts and the units see to it that there is one."""
    return os.environ["PATH"]


def which(name: str) -> Optional[str]:
    """As shutil.which, whose module loads every way to compress."""
    for folder in search_path().split(":"):
        path = os.path.join(folder, name)
        if folder.startswith("/") and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def guard_file() -> str:
    """The zipapp that this program was started from, whatever link led to it."""
    return os.path.realpath(sys.argv[0])


def guard_command() -> List[str]:
    """Calls the guard."""
    return [sys.executable, "-I", "-S", guard_file()]
