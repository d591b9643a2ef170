"""The plan: drain, save, clean, report, each by its moment. This is the runner, detached from all callers."""

import os
from typing import Dict, List, Optional

from . import builtin, contract, history, hooks, lock, noticefile, processes, report, schedule, settings
from .clock import rfc3339
from .journal import Follower, Journal, Line, clock_of
from .notice import Notice
from .paths import search_path
from .processes import Family
from .runs import Run
from .supervisor import Supervisor, Thawed
from .task import NOTE_CHARS, Task, stage_exit

LOCK_SECONDS = 1.0
LEFTOVER_GRACE_SECONDS = 1.0
HOOKS_SHARE = 2 / 3
"""Of a stage with built-in tasks after its hooks: hooks that hang must not keep units from being stopped."""


def run(folder: str) -> int:
    """Runs the plan, or what an earlier runner left of it. Returns an exit code."""
    this = Run(folder)
    try:
        lock.acquire(this.lock, LOCK_SECONDS)  # until this process ends
    except TimeoutError:
        return contract.EXIT_OK  # another runs it
    if not os.path.exists(this.unfinished):
        return contract.EXIT_OK
    plan = _Plan(this, this.notice(), history.read(Follower(this.journal).read()))
    plan.run()
    plan.journal.close()
    os.unlink(this.unfinished)
    plan.supervisor.let_finish()
    return contract.EXIT_OK


class _Plan:
    def __init__(self, this: Run, notice: Notice, before: history.History) -> None:
        self.run_ = this
        self.notice = notice
        self.before = before
        self.settings = settings.parse(notice.settings)
        self.clock = clock_of(before.first)
        now = self.clock.now()
        if before.first is None:
            self.deadline = schedule.effective_deadline(notice.deadline, now)
            self.ends = schedule.stage_ends(notice.deadline, now, self.settings.seconds)
        else:
            self.deadline, self.ends = before.first["deadline"], before.first["ends"]
        self.journal = Journal(this.journal, self.clock, self.deadline)
        self.stage = ""
        self.unpublished = ""
        """Why workloads cannot see the notice file; empty if they can."""
        self.family = Family(this.mark(), since=self.clock.anchor[1])
        self.supervisor = Supervisor(
            self.family, self.clock, self.deadline, self._task_started, self._task_runs
        )

    def run(self) -> None:
        """Every stage runs, whatever became of the one before."""
        _outlive_memory_pressure()
        self.journal.write(
            "started" if self.before.attempt == 1 else "takenOver",
            action=self.notice.action,
            attempt=self.before.attempt,
            deadline=round(self.deadline, 3),
            ends={stage: round(end, 3) for stage, end in self.ends.items()},
            clock=list(self.clock.anchor),
        )
        history.end_interrupted(self.before, self.family)
        self._warn("what hides its origin may outlive its stage", processes.become_subreaper())
        self._publish()
        for refused in self.settings.refused:
            self._warn("a setting was refused", refused)
        try:
            for stage in ("drain", "save", "clean"):
                if stage not in self.before.stages:
                    self._run_stage(stage)
            self._report()
        except Thawed:
            self.journal.write("thawed", note="the machine slept through the deadline: nothing more is ended")

    def _publish(self) -> None:
        """The folder for acknowledgements first: who sees the notice may answer at once."""
        try:
            noticefile.open_acknowledgements(forget=self.before.attempt == 1)
        except OSError as error:
            self._warn("workloads cannot acknowledge", str(error))
        try:
            noticefile.publish(self.notice)
        except OSError as error:
            self.unpublished = f"cannot be written: {error}"[:NOTE_CHARS]

    def _run_stage(self, stage: str) -> None:
        self.stage = stage
        until = self.ends[stage]
        started = self.before.starts.get(stage, self.clock.now())
        self.journal.write("stageStarted", stage=stage, until=round(until, 3))
        grace = self.settings.seconds["grace"]
        env = self._environment(stage, until)
        hooks_until = (
            started + (until - started) * HOOKS_SHARE if self._after_hooks(stage, until, env) else until
        )
        leftovers_until = hooks_until
        if stage == "clean" and self.notice.action != "hibernate" and self.supervisor.leftovers():
            # Hooks that run over must not take the time in which the others' background work ends.
            hooks_until -= min(LEFTOVER_GRACE_SECONDS, max(0.0, hooks_until - self.clock.now()) / 3)
        tasks, warnings = hooks.hook_tasks(stage, self.notice.action, self._environment(stage, hooks_until))
        for warning in warnings:
            self._warn("not a hook", warning)
        if stage == "drain" and self.unpublished:
            tasks.insert(0, Task(builtin.NOTICE_FILE_TASK, (), {}, refused=self.unpublished, counts=False))
        for task in tasks:
            self._run_tasks([task], hooks_until, grace)
        if stage == "clean" and self.notice.action != "hibernate":
            self._end_leftovers(leftovers_until)
        # Asked again, because their time depends on when the hooks ended.
        self._run_tasks(self._after_hooks(stage, until, env), until, grace)
        ended = [line for line in self._lines("taskEnded") if line["stage"] == stage]
        self._end_stage(stage, started, until, stage_exit(ended))

    def _end_leftovers(self, until: float) -> None:
        grace = min(LEFTOVER_GRACE_SECONDS, max(0.0, until - self.clock.now()))
        count = self.supervisor.end_leftovers(until, grace)
        if count:
            self.journal.write("leftoversEnded", count=count)

    def _after_hooks(self, stage: str, until: float, env: Dict[str, str]) -> List[Task]:
        if self.notice.action == "hibernate":
            return []
        if stage == "drain":
            return builtin.drain_tasks(self.settings, until - self.clock.now(), env)
        return builtin.flush_tasks(env) if stage == "clean" else []

    def _report(self) -> None:
        self.stage = "report"
        started = self.before.starts.get("report", self.clock.now())
        self.journal.write("stageStarted", stage="report", until=round(self.ends["report"], 3))
        self._end_stage("report", started, self.ends["report"], contract.EXIT_OK)
        text = report.render(
            report.build(
                instance_id=self.notice.instance_id,
                action=self.notice.action,
                deadline=self.notice.deadline,
                now=self.clock.now(),
                effective_deadline=self.deadline,
                attempt=self.before.attempt,
                stages=self._lines("stageEnded"),
                tasks=self._lines("taskEnded"),
                acknowledged=noticefile.acknowledged(),
                refused=list(self.settings.refused),
                warnings=len(self._lines("warning")),
                leftovers=sum(line["count"] for line in self._lines("leftoversEnded")),
            )
        )
        self.journal.write("ended", report=text)

    def _end_stage(self, stage: str, started: float, until: float, code: int) -> None:
        self.journal.write(
            "stageEnded", stage=stage, started=round(started, 3), until=round(until, 3), exit=code
        )

    def _task_started(self, task: Task) -> None:
        self.journal.write("taskStarted", stage=self.stage, task=task.name)

    def _task_runs(self, task: Task, pid: int) -> None:
        started = processes.start_time(pid)
        self.journal.write("taskRuns", stage=self.stage, task=task.name, pid=pid, startTime=started)

    def _run_tasks(self, tasks: List[Task], until: float, grace: float) -> None:
        """Side by side; those that an earlier runner has ended are not run again."""
        left = [self._marked(task) for task in tasks if (self.stage, task.name) not in self.before.tasks]
        ended = self.supervisor.run(left, until, grace, os.path.join(self.run_.folder, self.stage))
        for one in ended:
            self.journal.write(
                "taskEnded",
                stage=self.stage,
                task=one.task.name,
                exit=one.exit,
                seconds=one.seconds,
                overran=one.overran or None,
                note=one.note,
                counts=None if one.task.counts else False,
            )

    def _marked(self, task: Task) -> Task:
        attempt = 1 + self.before.task_starts.get((self.stage, task.name), 0)
        mark = self.family.mark_of(self.stage, task.name)
        return task._replace(env={**task.env, contract.HOOK_ATTEMPT: str(attempt), contract.HOOK_TASK: mark})

    def _lines(self, phase: str) -> List[Line]:
        """Of all runners of this run."""
        return [line for line in self.before.lines + self.journal.lines if line["phase"] == phase]

    def _environment(self, stage: str, until: float) -> Dict[str, str]:
        return {
            "PATH": search_path(),
            "LANG": "C.UTF-8",
            contract.HOOK_EVENT: "interruption",
            contract.HOOK_ACTION: self.notice.action,
            contract.HOOK_INSTANCE_ID: self.notice.instance_id,
            contract.HOOK_DEADLINE: rfc3339(self.deadline),
            contract.HOOK_DEADLINE_EPOCH: str(int(self.deadline)),
            contract.HOOK_STAGE: stage,
            contract.HOOK_STAGE_END: f"{until:.3f}",
            contract.HOOK_STATE: " ".join(self.settings.state),
            contract.HOOK_WORKLOAD: self.settings.workload,
            **{name: os.environ[name] for name in (contract.ROOT_VARIABLE,) if name in os.environ},
        }

    def _warn(self, what: str, why: Optional[str]) -> None:
        if why:
            self.journal.write("warning", stage=self.stage or None, note=f"{what}: {why}"[:300])


def _outlive_memory_pressure() -> None:
    """Tasks inherit it: what saves in the last two minutes is not what the kernel should end first."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("-900")
    except OSError:
        pass  # not root: the rehearsal
