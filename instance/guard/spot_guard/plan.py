"""The plan: drain, save, clean, report, each by its moment. This is the runner, detached from all callers."""

import os
from typing import Dict, List, Optional

from . import builtin, contract, descendants, history, hooks, lock, noticefile, report, schedule, settings
from .clock import Clock, rfc3339
from .journal import Follower, Journal, Line
from .notice import Notice
from .runs import Run
from .supervisor import Supervisor, Thawed
from .task import Ended, Task

LOCK_SECONDS = 1.0
LEFTOVER_GRACE_SECONDS = 1.0
REPORT_SECONDS = 2.5
"""The report is written so long before the deadline, that it still leaves the machine."""
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
    os.unlink(this.unfinished)
    plan.supervisor.let_finish()
    return contract.EXIT_OK


class _Plan:
    def __init__(self, this: Run, notice: Notice, before: history.History) -> None:
        self.run_ = this
        self.notice = notice
        self.before = before
        self.settings = settings.parse(notice.settings)
        self.clock = Clock()
        now = self.clock.now()
        self.deadline = before.deadline or schedule.effective_deadline(notice.deadline, now)
        self.ends = before.ends or schedule.stage_ends(notice.deadline, now, self.settings.seconds)
        self.journal = Journal(this.journal, self.clock, self.deadline)
        self.stage = ""
        self.supervisor = Supervisor(self.clock, self.deadline, self._task_started)

    def run(self) -> None:
        """Every stage runs, whatever became of the one before."""
        _outlive_memory_pressure()
        self.journal.write(
            "started" if self.before.attempt == 1 else "takenOver",
            action=self.notice.action,
            attempt=self.before.attempt,
            deadline=round(self.deadline, 3),
            ends={stage: round(end, 3) for stage, end in self.ends.items()},
        )
        history.end_interrupted(self.before)
        self._warn(
            "descendants that leave their session may outlive their stage", descendants.become_subreaper()
        )
        self._publish()
        for refused in self.settings.refused:
            self._warn("a setting was refused", refused)
        try:
            for stage in ("drain", "save", "clean"):
                if stage not in self.before.stages:
                    self._run_stage(stage)
            self._end_leftovers()
            self._report()
        except Thawed:
            self.journal.write("thawed", note="the machine slept through the deadline: nothing more is ended")

    def _end_leftovers(self) -> None:
        room = self.deadline - self.clock.now() - REPORT_SECONDS
        count = self.supervisor.end_leftovers(max(0.0, min(LEFTOVER_GRACE_SECONDS, room)))
        self._warn("what tasks left in the background was ended", str(count) if count else "")

    def _publish(self) -> None:
        try:
            noticefile.open_acknowledgements(forget=self.before.attempt == 1)
            noticefile.publish(self.notice)
        except OSError as error:
            self._warn("the notice file could not be written", str(error))

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
        tasks, warnings = hooks.hook_tasks(stage, self.notice.action, self._environment(stage, hooks_until))
        for warning in warnings:
            self._warn("not a hook", warning)
        ended: List[Ended] = []
        for task in tasks:
            ended += self._run_tasks([task], hooks_until, grace)
        # Asked again, because their time depends on when the hooks ended.
        ended += self._run_tasks(self._after_hooks(stage, until, env), until, grace)
        earlier = [line["exit"] for (name, _), line in self.before.tasks.items() if name == stage]
        self._end_stage(stage, started, until, _stage_exit(ended, earlier))

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
        lines = list(self.before.stages.values()) + _of_phase(self.journal.lines, "stageEnded")
        text = report.render(
            report.build(
                instance_id=self.notice.instance_id,
                action=self.notice.action,
                deadline=self.notice.deadline,
                now=self.clock.now(),
                effective_deadline=self.deadline,
                attempt=self.before.attempt,
                stages=lines,
                tasks=list(self.before.tasks.values()) + _of_phase(self.journal.lines, "taskEnded"),
                acknowledged=noticefile.acknowledged(),
                refused=list(self.settings.refused),
            )
        )
        self.journal.write("ended", report=text)

    def _end_stage(self, stage: str, started: float, until: float, code: int) -> None:
        self.journal.write(
            "stageEnded", stage=stage, started=round(started, 3), until=round(until, 3), exit=code
        )

    def _task_started(self, task: Task, pid: int) -> None:
        self.journal.write(
            "taskStarted", stage=self.stage, task=task.name, pid=pid, startTime=descendants.start_time(pid)
        )

    def _run_tasks(self, tasks: List[Task], until: float, grace: float) -> List[Ended]:
        """Side by side; those that an earlier runner has ended are not run again."""
        left = [task for task in tasks if (self.stage, task.name) not in self.before.tasks]
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
        return ended

    def _environment(self, stage: str, until: float) -> Dict[str, str]:
        return {
            "PATH": builtin.search_path(),
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
            contract.HOOK_ATTEMPT: str(self.before.attempt),
            **{name: os.environ[name] for name in (contract.ROOT_VARIABLE,) if name in os.environ},
        }

    def _warn(self, what: str, why: Optional[str]) -> None:
        if why:
            self.journal.write("warning", stage=self.stage or None, note=f"{what}: {why}"[:300])


def _stage_exit(ended: List[Ended], earlier: List[int]) -> int:
    if any(one.overran for one in ended):
        skipped = all(one.exit == contract.EXIT_SKIPPED for one in ended if one.overran)
        return contract.EXIT_SKIPPED if skipped else contract.EXIT_OVERRAN
    fine = (contract.EXIT_OK, contract.HOOK_NOTHING_TO_SAVE)
    if any(not one.succeeded for one in ended) or any(code not in fine for code in earlier):
        return contract.EXIT_FAILED
    return contract.EXIT_OK


def _of_phase(lines: List[Line], phase: str) -> List[Line]:
    return [line for line in lines if line["phase"] == phase]


def _outlive_memory_pressure() -> None:
    """Tasks inherit it: what saves in the last two minutes is not what the kernel should end first."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("-900")
    except OSError:
        pass  # not root: the rehearsal
