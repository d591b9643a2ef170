"""What the guard does without any hook: stops the units and containers that the tags name."""

import os
from typing import Dict, List

from .notice import Notice
from .paths import guard_command, has_systemd, here, which
from .settings import Settings
from .task import NOTE_CHARS, Task

CONTAINER_ENGINES = ("docker", "podman", "nerdctl")
CLOUDWATCH_AGENT = "amazon-cloudwatch-agent.service"
SETTINGS_TASK = "tag:settings"
UNITS_TASK = "tag:units"
CONTAINERS_TASK = "tag:containers"
FLUSH_LOGS_TASK = "guard:flush-logs"
NOTICE_FILE_TASK = "guard:notice-file"
"""No hook can have such a name: a hook's has no colon."""


def follow_hooks(stage: str, notice: Notice, settings: Settings) -> bool:
    """Whether `tasks_after_hooks` has any."""
    if notice.action == "hibernate":
        return False
    if stage == "drain":
        return bool(settings.units or settings.containers or settings.unsafe)
    return stage == "clean" and bool(_flush_tasks({}))


def tasks_after_hooks(
    stage: str, notice: Notice, settings: Settings, seconds: float, env: Dict[str, str]
) -> List[Task]:
    """`seconds` is the time that they have."""
    if notice.action == "hibernate":
        return []
    if stage == "drain":
        return _drain_tasks(settings, notice.deadline, seconds, env)
    return _flush_tasks(env) if stage == "clean" else []


def _drain_tasks(settings: Settings, deadline: int, seconds: float, env: Dict[str, str]) -> List[Task]:
    """Stops the units and the containers, side by side."""
    recorded = str(deadline if settings.start_again else 0)
    tasks: List[Task] = []
    if settings.unsafe:
        tasks.append(Task(SETTINGS_TASK, (), env, refused="; ".join(settings.unsafe)[:NOTE_CHARS]))
    if settings.units:
        tasks.append(_stop_units(settings, recorded, env))
    if settings.containers:
        tasks.append(_stop_containers(settings, recorded, max(1, int(seconds) - 2), env))
    return tasks


def _stop_units(settings: Settings, recorded: str, env: Dict[str, str]) -> Task:
    systemctl = which("systemctl")
    if not has_systemd() or systemctl is None:
        return Task(UNITS_TASK, (), env, refused="there is no systemd on this machine to stop units with")
    return Task(
        UNITS_TASK,
        (*guard_command(), "stop-units", recorded, systemctl, *settings.units),
        env,
        last_call=(systemctl, "kill", "--signal=SIGKILL", "--", *settings.units),
    )


def _stop_containers(settings: Settings, recorded: str, seconds: int, env: Dict[str, str]) -> Task:
    for name in CONTAINER_ENGINES:
        engine = which(name)
        if engine is not None:
            return Task(
                CONTAINERS_TASK,
                (*guard_command(), "stop-containers", recorded, engine, str(seconds), *settings.containers),
                env,
                last_call=(engine, "kill", *settings.containers),
            )
    names = ", ".join(CONTAINER_ENGINES)
    return Task(CONTAINERS_TASK, (), env, refused=f"none of {names} is on this machine")


def _flush_tasks(env: Dict[str, str]) -> List[Task]:
    """The CloudWatch agent sends what it holds when it is stopped. Nothing where it does not run."""
    systemctl = which("systemctl")
    if not has_systemd() or systemctl is None or not _is_linked(CLOUDWATCH_AGENT):
        return []
    return [Task(FLUSH_LOGS_TASK, (systemctl, "stop", "--", CLOUDWATCH_AGENT), env, counts=False)]


def _is_linked(unit: str) -> bool:
    folders = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
    return any(os.path.exists(here(f"{folder}/{unit}")) for folder in folders)
