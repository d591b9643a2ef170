"""Puts the guard onto the machine as a service, or takes it off. Both may be called again and again."""

import contextlib
import os
import subprocess
import sys
from typing import Dict, Generator, List, Optional

import spot_guard

from . import contract, files, interpreter, leaving, library, lock, settings, version
from .paths import has_systemd, here, search_path, which

STARTED = (contract.WATCH_UNIT, "spot-guard-wanted.path", "spot-guard-tags.timer")
TAGS_UNIT = "spot-guard-tags.service"
INSTALLED_FILE = f"{contract.STATE_FOLDER}/installed"
"""Names the version that systemd was told to run."""
LOCK_FILE = f"{contract.RUN_FOLDER}/install.lock"
ALONE_SECONDS = 30.0
"""As long as another call may take: most of it is systemd's, which restarts the units."""
UNITS = (*STARTED, TAGS_UNIT, "spot-guard-wanted.service")
OURS = b"\nDescription=SpotGuard: "
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
FOLDERS = (
    (contract.LIBRARY_FOLDER, 0o755),
    (os.path.dirname(contract.COMMAND_FILE), 0o755),
    (contract.UNITS_FOLDER, 0o755),
    (contract.STATE_FOLDER, 0o700),
    *((f"{contract.HOOKS_FOLDER}/{stage}", 0o755) for stage in ("drain", "save", "clean")),
)


class Failed(Exception):
    """Why it cannot be done, in words for the user."""


@contextlib.contextmanager
def alone(within_seconds: float = ALONE_SECONDS) -> Generator[None, None, None]:
    """No two of install and uninstall at a time: State Manager's and a user's would undo each other's work.

    Raises Failed where the other does not end in time, OSError.
    """
    os.umask(0o022)  # the caller may have one that shuts everybody else out of what all must read
    os.makedirs(here(contract.RUN_FOLDER), exist_ok=True)
    try:
        held = lock.acquire(here(LOCK_FILE), within_seconds)
    except TimeoutError as error:
        raise Failed(
            f"another install or uninstall is at work and has not ended within {within_seconds:.0f} s "
            f"(it holds {LOCK_FILE}): call this again when it has"
        ) from error
    try:
        yield
    finally:
        os.close(held)


def install(defaults: Optional[Dict[str, str]]) -> str:
    """What was done, in a line. Raises Failed, OSError.

    `defaults`: what the stack sets for all instances; None leaves what was told before.
    """
    systemctl = _systemctl()
    fault = interpreter.fault()
    if fault:
        raise Failed(fault)
    with alone():
        return _install(systemctl, defaults)


def _install(systemctl: str, defaults: Optional[Dict[str, str]]) -> str:
    for folder, mode in FOLDERS:
        os.makedirs(here(folder), mode=mode, exist_ok=True)
    guard = version.read()
    installed = library.file_of(version.digest(guard))
    if not library.command_is_ours():
        raise Failed(f"{contract.COMMAND_FILE} is there and is not SpotGuard's: move it away")
    foreign = [name for name in UNITS if not _is_ours(f"{contract.UNITS_FOLDER}/{name}")]
    if foreign:
        raise Failed(
            f"in {contract.UNITS_FOLDER} {', '.join(foreign)} is there and is not SpotGuard's: move it away"
        )
    _put(installed, guard, 0o755)
    changed = [
        name for name in UNITS if _put(f"{contract.UNITS_FOLDER}/{name}", _unit(name, installed), 0o644)
    ]
    library.link(installed)
    told = defaults is not None and _put(contract.DEFAULTS_FILE, files.as_json(defaults), 0o600)
    before = _read(INSTALLED_FILE)
    words = f"up to date: {version.named(guard)}{', with other defaults' if told else ''}"
    # Not by what had to be written alone: an earlier call may have been killed before systemd knew of it.
    if changed or before != installed or not _all_run(systemctl):
        _call(systemctl, "daemon-reload")
        _call(systemctl, "enable", "--quiet", "--", *STARTED, TAGS_UNIT)
        # The runner is no part of these units: a plan in progress goes on.
        _call(systemctl, "restart", "--", *STARTED, TAGS_UNIT)
        words = f"installed {version.named(guard)}"
    _put(INSTALLED_FILE, installed.encode(), 0o600)
    # The one before stays for a process that a unit had just started from it.
    library.forget_others({installed, before})
    return words


def uninstall() -> str:
    """What was done, in a line. Hooks and settings in /etc stay. Raises Failed, OSError."""
    with alone():
        return _uninstall()


def _uninstall() -> str:
    systemctl = which("systemctl") if has_systemd() else None
    named = [(name, f"{contract.UNITS_FOLDER}/{name}") for name in UNITS]
    there = [name for name, unit in named if os.path.exists(here(unit)) and _is_ours(unit)]
    words = "was not installed"
    if there or library.is_there():
        words = "uninstalled: hooks and settings in /etc/spot-guard stay"
    if there and systemctl:
        _call(systemctl, "disable", "--quiet", "--now", "--", *there)
    for name in there:
        _remove(f"{contract.UNITS_FOLDER}/{name}")
    if there and systemctl:
        _call(systemctl, "daemon-reload")
    for path in (INSTALLED_FILE, contract.TAGS_FILE, contract.WATCH_FILE, contract.WANTED_FILE):
        _remove(path)
    users = library.users() if library.is_there() else []
    if users:
        return (
            f"{words}; so do {contract.COMMAND_FILE} and {contract.LIBRARY_FOLDER}, from which the "
            f"run {', '.join(users)} may still start tasks. When it is over, some five minutes after its "
            "deadline at the latest, call `spot-guard uninstall` again: that removes them"
        )
    _remove(contract.DEFAULTS_FILE)
    library.forget_all()
    return words


def parse_defaults(text: str) -> Dict[str, str]:
    """`NAME=VALUE,NAME=VALUE`. Raises ValueError, with each fault that it has."""
    defaults: Dict[str, str] = {}
    strange: List[str] = []
    faults: List[str] = []
    for pair in filter(None, text.split(",")):
        name, _, value = pair.partition("=")
        good = name in contract.DEFAULT_SECONDS and value.isdigit()
        if not good and not (name == contract.REPORTS_DEFAULT and leaving.BUCKET.fullmatch(value)):
            strange.append(repr(pair[:40]))
        elif name in defaults:
            faults.append(f"got {name} twice")
        else:
            defaults[name] = value
    if strange:
        allowed = ", ".join(contract.DEFAULT_SECONDS)
        faults.append(
            f"got {', '.join(strange)}, allowed NAME=SECONDS, by commas, of {allowed}, and reports=BUCKET"
        )
    faults += settings.parse(defaults).refused
    if faults:
        raise ValueError("; ".join(faults))
    return defaults


def _systemctl() -> str:
    systemctl = which("systemctl")
    if not has_systemd() or systemctl is None:
        raise Failed(
            "there is no systemd on this machine: let your own supervisor keep `spot-guard watch` alive"
        )
    return systemctl


def _unit(name: str, installed: str) -> bytes:
    folder = os.path.dirname(spot_guard.__file__)
    text: bytes = spot_guard.__loader__.get_data(os.path.join(folder, "units", name))  # type: ignore[union-attr]
    command = f"{sys.executable} -I -S {here(installed)}"
    return text.replace(b"@GUARD@", command.encode()).replace(b"@PATH@", _path().encode())


def _path() -> str:
    """Whoever installs may have a PATH of their own: what runs as root must not depend on it."""
    return search_path() if os.environ.get(contract.ROOT_VARIABLE) else SYSTEM_PATH


def _put(path: str, data: bytes, mode: int) -> bool:
    """Whether the file had to be written."""
    try:
        with open(here(path), "rb") as file:
            if file.read() == data and os.fstat(file.fileno()).st_mode & 0o7777 == mode:
                return False
    except OSError:
        pass  # not there, or not to be read: written anew
    files.write(here(path), data, mode)
    return True


def _is_ours(unit: str) -> bool:
    """By its description, which every version has; or nothing is there."""
    try:
        with open(here(unit), "rb") as file:
            return OURS in file.read(files.MOST_BYTES)
    except FileNotFoundError:
        return True


def _read(path: str) -> str:
    """Empty where it is not there."""
    try:
        return files.read(here(path)).decode("utf-8", "replace")
    except OSError:
        return ""


def _remove(path: str) -> None:
    try:
        os.unlink(here(path))
    except FileNotFoundError:
        pass  # what was wanted


def _all_run(systemctl: str) -> bool:
    # Without --quiet: only its words tell whether every one of them does.
    asked = subprocess.run([systemctl, "is-active", "--", *STARTED], stdout=subprocess.PIPE, check=False)
    return asked.stdout.split() == [b"active"] * len(STARTED)


def _call(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        words: List[str] = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Failed(f"{' '.join(command[1:])}: exit {done.returncode} {''.join(words)[:200]}")
