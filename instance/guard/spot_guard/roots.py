"""Which folders a tag may name: those below a root that the machine's own root user allows."""

import os
import re
from typing import List

from . import contract
from .paths import here
from .patience import ANSWER_SECONDS, within

DEFAULT_ROOTS = ("/data", "/home", "/mnt", "/opt", "/srv", "/var/lib", "/var/opt", "/workspace")
ROOTS_CHARS = 120
FOLDER = re.compile(r"(/[A-Za-z0-9._@+=:-]+)+/?")
"""Nothing that a hook's shell would take apart or expand where its author forgot the quotes."""


def allowed_roots() -> List[str]:
    """The lines of /etc/spot-guard/roots where there is one, else the defaults."""
    try:
        with open(here(contract.ROOTS_FILE), encoding="utf-8") as file:
            lines = [line.strip() for line in file.read(65536).splitlines()]
    except FileNotFoundError:
        return list(DEFAULT_ROOTS)
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in lines if line.startswith("/") and os.path.normpath(line) == line]


def check_folder(path: str) -> str:
    """Why a tag may not name this folder; empty where it may. Links are resolved first."""
    if not FOLDER.fullmatch(path):
        return "not an absolute path of letters, digits and . _ @ + = : -"
    try:
        allowed = within(ANSWER_SECONDS, lambda: _is_below_a_root(path))
    except OSError as error:
        return str(error)
    roots = ", ".join(allowed_roots())[:ROOTS_CHARS] or "none"
    return "" if allowed else f"not below a root, which {contract.ROOTS_FILE} may name: {roots}"


def _is_below_a_root(path: str) -> bool:
    prefix = here("")
    real = os.path.realpath(prefix + path)
    bases = [os.path.realpath(prefix + root) for root in allowed_roots()]
    return any(real.startswith(base.rstrip("/") + "/") for base in bases)
