"""What a task says that it has saved: a number of bytes, in a file of its own."""

from typing import Optional, Tuple

from . import files

MOST_DIGITS = 15
"""JavaScript's numbers are exact that far."""


def read(path: str) -> Tuple[Optional[int], str]:
    """None where the task says nothing, or no number; then also why that does not count."""
    try:
        said = files.read(path).strip()
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, str(error)
    if said.isdigit() and len(said) <= MOST_DIGITS:
        return int(said), ""
    return None, f"got {said[:40]!r}, not a number of bytes"
