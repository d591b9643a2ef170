"""Where things are: the contract's paths, at `/` or in the rehearsal's sandbox, and the guard itself."""

import os
import sys
from typing import List

from . import contract


def here(path: str) -> str:
    """The path under SPOT_GUARD_ROOT, which is unset on a real instance."""
    return os.environ.get(contract.ROOT_VARIABLE, "") + path


def has_systemd() -> bool:
    """As sd_booted(3) decides it."""
    return os.path.isdir(here(contract.SYSTEMD_FOLDER))


def search_path() -> str:
    """The caller's PATH; the document's scripts see to it that there is one."""
    return os.environ["PATH"]


def guard_command() -> List[str]:
    """Calls the zipapp that this program was started from."""
    return [sys.executable, "-I", "-S", os.path.abspath(sys.argv[0])]
