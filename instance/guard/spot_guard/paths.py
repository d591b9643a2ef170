"""Where the contract's paths are on this machine: at `/`, or in the rehearsal's sandbox."""

import os

from . import contract


def here(path: str) -> str:
    """The path under SPOT_GUARD_ROOT, which is unset on a real instance."""
    return os.environ.get(contract.ROOT_VARIABLE, "") + path
