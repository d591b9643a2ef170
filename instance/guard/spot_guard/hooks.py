"""The user's hooks: executables in /etc/spot-guard/hooks.d/STAGE, in name order."""

import os
import re
import stat
from typing import Dict, List, Tuple

from . import contract, way
from .paths import here, search_path, which
from .patience import ANSWER_SECONDS, within
from .task import Task

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
INTERPRETER = re.compile(rb"#![ \t]*([^ \t\n]+)(?:[ \t]+([\w.+/][\w.+/-]*)[ \t]*\n)?")
EXEC = ("/bin/sh", "-c", 'exec "$0"')
"""Its file may lie on a file server that is gone: then the task waits for it, and not the runner."""
HOOKS_TASK = "guard:hooks"
LEFT_BY_EDITORS = (".bak", ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".rpmnew", ".rpmsave", ".swp")


def hook_tasks(stage: str, action: str, env: Dict[str, str]) -> Tuple[List[Task], List[str]]:
    """The stage's hooks, and warnings on what lies in its folder and is none.

    A hook that must not or cannot run is a task all the same: it fails with the reason.
    """
    folder = here(os.path.join(contract.HOOKS_FOLDER, stage))
    try:
        names = sorted(os.listdir(folder))
        distrusted = _writable_by_others(os.stat(folder))
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [Task(HOOKS_TASK, (), {}, refused=f"{folder}: {error.strerror}")], []
    tasks: List[Task] = []
    warnings: List[str] = []
    for name in names:
        if not NAME.fullmatch(name) or name.endswith(LEFT_BY_EDITORS):
            warnings.append(f"{ascii(name[:60])[1:-1]} is not taken for a hook")
            continue
        if action == "hibernate" and not name.endswith(contract.HIBERNATE_SUFFIX):
            continue
        path = os.path.join(folder, name)
        refused = f"its folder {distrusted}" if distrusted else _refusal(path)
        tasks.append(Task(name, (*EXEC, path), env, refused=refused))
    return tasks, warnings


def _refusal(path: str) -> str:
    try:
        return within(ANSWER_SECONDS, lambda: _fault(path, os.stat(path)))
    except TimeoutError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _fault(path: str, found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "is not a file"
    if not found.st_mode & 0o111:
        return "is not executable: chmod +x"
    return _writable_by_others(found) or _on_the_way(path) or _first_line(path)


def _first_line(path: str) -> str:
    with open(path, "rb") as file:
        begins = file.read(256)
    if begins.startswith(b"\x7fELF"):
        return ""
    interpreter = INTERPRETER.match(begins)
    if interpreter is None:
        return "cannot be executed: its first line is not #! and an interpreter"
    if not os.path.exists(interpreter[1]):
        return f"cannot be executed: there is no {ascii(interpreter[1].decode('latin-1'))[1:-1]}"
    sought = (interpreter[2] or b"").decode("ascii", "replace")
    if interpreter[1].endswith(b"/env") and sought and "/" not in sought and which(sought) is None:
        return f"cannot be executed: there is no {ascii(sought)[1:-1]} in {search_path()}"
    return ""


def _on_the_way(path: str) -> str:
    """Who may write to a folder on the way, or owns a link, may put another file in the hook's place."""
    sandbox = os.path.realpath(here("/"))
    for passed, found in way.to(path):
        if os.path.commonpath((passed, sandbox)) == passed:
            continue  # nothing above it is judged
        shown = ascii(passed)[1:-1]
        if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, os.geteuid()):
            return f"lies behind the link {shown}, which is not owned by root: chown -h root"
        sticky = found.st_uid == 0 and found.st_mode & stat.S_ISVTX
        fault = _writable_by_others(found) if stat.S_ISDIR(found.st_mode) and not sticky else ""
        if fault:
            return f"lies in {shown}, which {fault}"
    return ""


def _writable_by_others(found: os.stat_result) -> str:
    """What root runs, nobody else may change. The guard's own user counts, for the rehearsal has no root."""
    if found.st_uid not in (0, os.geteuid()):
        return "is not owned by root: chown root"
    if found.st_mode & 0o022:
        return "is writable by others: chmod go-w"
    return ""
