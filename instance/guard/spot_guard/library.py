"""The guard's versions on the machine, each a file of its own, and the command that names the newest."""

import os
from typing import List, Set

from . import contract, runs
from .paths import here


def file_of(digest: str) -> str:
    return f"{contract.LIBRARY_FOLDER}/guard-{digest}.pyz"


def is_there() -> bool:
    return os.path.isdir(here(contract.LIBRARY_FOLDER))


def users() -> List[str]:
    """The runs in which a guard's file may still be started."""
    return [run.shown for run in runs.alive()]


def command_is_ours() -> bool:
    """A link into our folder, whether or not it leads somewhere; or nothing at all."""
    path = here(contract.COMMAND_FILE)
    if not os.path.lexists(path):
        return True
    return os.path.islink(path) and os.readlink(path).startswith(here(contract.LIBRARY_FOLDER) + "/")


def link(installed: str) -> None:
    """The command names this version."""
    path, target = here(contract.COMMAND_FILE), here(installed)
    if os.path.islink(path) and os.readlink(path) == target:
        return
    fresh = f"{path}.{os.urandom(4).hex()}"
    os.symlink(target, fresh)
    os.rename(fresh, path)


def versions() -> Set[str]:
    """The files of all that are there, half-written ones of a call that was killed too."""
    folder = contract.LIBRARY_FOLDER
    if not is_there():
        return set()
    return {f"{folder}/{name}" for name in os.listdir(here(folder)) if name.startswith("guard-")}


def forget_others(kept: Set[str]) -> None:
    """Versions that nobody names. Where a run may use one, all stay: a later call finds them."""
    others = versions() - kept
    if others and not users():
        _unlink(others)


def forget_all() -> None:
    """The command where it is ours, every version and their folder. No run may use them."""
    if command_is_ours() and os.path.lexists(here(contract.COMMAND_FILE)):
        os.unlink(here(contract.COMMAND_FILE))
    if is_there():
        _unlink(versions())
        os.rmdir(here(contract.LIBRARY_FOLDER))


def _unlink(files: Set[str]) -> None:
    for path in files:
        os.unlink(here(path))
