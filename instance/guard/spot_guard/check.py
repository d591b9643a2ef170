"""`check`: whether this machine would be protected, a line for each thing that it takes, and the verdict."""

import os
import subprocess
import sys
import time
from typing import Callable, List, Optional, Tuple

from . import contract, hooks, lock, role, settings, sources, terms
from .answer import NoAnswer
from .builtin import CONTAINER_ENGINES
from .clock import rfc3339
from .identity import Unidentified, instance_id_of
from .install import STARTED
from .metadata import Metadata
from .paths import has_systemd, here, which
from .patience import ANSWER_SECONDS, within
from .sighting import epoch_of_date
from .watch import LOCK_FILE

RUN_BYTES = 1_000_000
DISK_BYTES = 20_000_000
CLOCK_SECONDS = 5.0
HOOK_STAGES = ("drain", "save", "clean")
AGENT = "amazon-ssm-agen"
"""The kernel keeps 15 characters of a program's name."""

Finding = Tuple[str, str]
"""`ok`, `note` (the machine is protected all the same) or `FAIL`; and the words."""


def show() -> int:
    metadata = Metadata()
    instance_id = ""
    try:
        instance_id = instance_id_of(metadata)
    except Unidentified:
        pass  # the line on the metadata service says so
    source = sources.find(metadata, instance_id)
    parsed = settings.parse({**terms.read_defaults(), **(source.settings or {})})
    in_role = _role(metadata)
    checks: List[Tuple[str, Callable[[], Finding]]] = [
        ("python", _python),
        ("metadata", lambda: _metadata(metadata)),
        ("clock", lambda: _clock(metadata)),
        ("role", lambda: in_role),
        ("reports", lambda: _reports(in_role)),
        ("settings", lambda: _source(source, parsed)),
        ("ssm agent", _agent),
        ("hooks", _hooks),
        ("plan", lambda: _plan(source, parsed)),
        ("disk", _disk),
        ("units", _units),
    ]
    failed: List[str] = []
    for name, look in checks:
        try:
            level, words = look()
        except OSError as error:
            level, words = "FAIL", str(error)
        if level == "FAIL":
            failed.append(name)
        print(f"{level:<4}  {name:<9}  {words}")
    print(f"not protected: {', '.join(failed)}" if failed else "protected")
    return 1 if failed else 0


def _python() -> Finding:
    return ("ok", f"{sys.version.split()[0]}, {sys.executable}")  # an older one does not come this far


def _metadata(metadata: Metadata) -> Finding:
    try:
        return ("ok", f"IMDSv2 answers: {instance_id_of(metadata)}")
    except Unidentified as why:
        return ("FAIL", f"{why}. Enable the instance metadata service (IMDSv2)")


def _clock(metadata: Metadata) -> Finding:
    try:
        date = metadata.get("/latest/meta-data/instance-id").date
    except NoAnswer as error:
        return ("note", f"not known, for the metadata service does not answer: {error}")
    theirs = epoch_of_date(date)
    if theirs is None:
        return ("note", "not known, for the metadata service does not tell the time")
    ahead = time.time() - theirs
    words = f"{rfc3339(time.time())}, {ahead:+.0f} s against EC2's"
    if abs(ahead) <= CLOCK_SECONDS:
        return ("ok", words)
    return ("FAIL", f"{words}: deadlines are as far off. Set up chrony")


def _role(metadata: Metadata) -> Finding:
    try:
        role.credentials(metadata)
    except LookupError:
        return ("note", "none: EC2's API cannot be asked for the tags, see settings")
    except (NoAnswer, ValueError) as error:
        return ("FAIL", str(error))
    return ("ok", "the metadata service gives credentials of the instance's role")


def _reports(in_role: Finding) -> Finding:
    bucket = terms.read_reports()
    if not bucket:
        return ("note", "no bucket is known to the installed guard: only a command may name one")
    if in_role[0] != "ok":
        return ("note", f"none would be left in s3://{bucket}, see role")
    return ("ok", f"reports go to s3://{bucket}")


def _source(source: sources.Source, parsed: settings.Settings) -> Finding:
    level, words = _settings(source, parsed)
    if source.words_on_unknown:
        return ("note" if level == "ok" else level, f"{words}. {source.words_on_unknown}")
    return (level, words)


def _settings(source: sources.Source, parsed: settings.Settings) -> Finding:
    if source.guarded is False:
        return ("FAIL", f"{source.name}: the instance is {source.words_on_tag}")
    if source.settings is None:
        mend = "Enable tags in the instance metadata, or attach the stack's instance policy to the role"
        if os.path.exists(here(contract.CONF_FILE)):
            mend = f"Correct {contract.CONF_FILE}"
        return ("FAIL", f"no source ({source.why}). {mend}")
    faults: List[str] = []
    if parsed.unsafe:
        faults.append(f"{'; '.join(parsed.refused)}. drain would fail: correct it")
    if parsed.units and not has_systemd():
        faults.append("units are named, and there is no systemd to stop them with")
    if parsed.containers and not any(map(which, CONTAINER_ENGINES)):
        faults.append(f"containers are named, and none of {', '.join(CONTAINER_ENGINES)} is on this machine")
    if faults:
        return ("FAIL", f"{source.name}: {'. '.join(faults)}")
    if parsed.refused:
        return ("note", f"{source.name}: {'; '.join(parsed.refused)}. The defaults hold")
    missing = [folder for folder in parsed.state if not within(ANSWER_SECONDS, _is_folder(folder))]
    if missing:
        return ("note", f"{source.name}: {', '.join(missing)} is not there")
    return ("ok", source.name + (f" (not from {source.why})" if source.why else ""))


def _is_folder(path: str) -> Callable[[], bool]:
    return lambda: os.path.isdir(here(path))


def _agent() -> Finding:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                if file.read().strip() == AGENT:
                    return ("ok", f"runs, pid {pid}")
        except OSError:
            continue  # gone meanwhile
    return ("FAIL", "does not run: no command reaches this machine. Install and start amazon-ssm-agent")


def _hooks() -> Finding:
    refused: List[str] = []
    notes: List[str] = []
    count = 0
    for stage in HOOK_STAGES:
        tasks, warnings = hooks.hook_tasks(stage, "terminate", {})
        count += len(tasks)
        refused += [f"{stage}/{task.name} {task.refused}" for task in tasks if task.refused]
        notes += [f"{stage}/{warning}" for warning in warnings]
    notes += [f"{ascii(name)[1:-1]} is no stage, allowed {', '.join(HOOK_STAGES)}" for name in _strange()]
    if refused:
        return ("FAIL", "; ".join(refused + notes))
    return ("note" if notes else "ok", "; ".join([f"{count} that run", *notes]))


def _strange() -> List[str]:
    """What lies beside the stages' folders: nothing in it is run."""
    try:
        return sorted(set(os.listdir(here(contract.HOOKS_FOLDER))) - set(HOOK_STAGES))
    except FileNotFoundError:
        return []


def _plan(source: sources.Source, parsed: settings.Settings) -> Finding:
    """By what makes an outcome other than `empty`: folders alone are only told to hooks."""
    named = {
        "hooks": any(hooks.hook_tasks(stage, "terminate", {})[0] for stage in HOOK_STAGES),
        "units": parsed.units,
        "containers": parsed.containers,
    }
    given = [name for name, there in named.items() if there]
    if given:
        return ("ok", f"has something to do: {', '.join(given)}")
    if parsed.unsafe or source.settings is None:
        return ("note", "has no hook, see settings")
    return (
        "note",
        "nothing is set up: no hook, unit or container. The outcome would be empty, "
        f"unless a workload that watches {contract.NOTICE_FILE} acknowledges",
    )


def _disk() -> Finding:
    words: List[str] = []
    for path, least in (("/run", RUN_BYTES), ("/var/lib", DISK_BYTES)):
        found = os.statvfs(here(path))
        free = found.f_bavail * found.f_frsize
        if free < least:
            return ("FAIL", f"{path} has {free // 1000} kB left, at least {least // 1000} kB are needed")
        words.append(f"{path} {free // 1_000_000} MB")
    return ("ok", f"free: {', '.join(words)}")


def _units() -> Finding:
    systemctl: Optional[str] = which("systemctl")
    if not has_systemd() or systemctl is None:
        if lock.is_held(here(LOCK_FILE)):
            return ("ok", "no systemd, and a watcher lives: keep it alive by other means")
        return ("FAIL", "no systemd, and no watcher lives: keep `spot-guard watch` alive by other means")
    asked = subprocess.run([systemctl, "is-active", "--", *STARTED], stdout=subprocess.PIPE, check=False)
    states = asked.stdout.decode("ascii", "replace").split()
    wrong = [f"{unit} is {state}" for unit, state in zip(STARTED, states) if state != "active"]
    if wrong or len(states) != len(STARTED):
        return ("FAIL", f"{', '.join(wrong) or 'systemd does not answer'}: spot-guard install")
    return ("ok", f"{contract.WATCH_UNIT} and {len(STARTED) - 1} more are active")
