"""The plan: drain, save, clean, report, each by its moment."""

import os
from typing import Dict, List, Optional

from . import (
    acknowledgements,
    builtin,
    contract,
    environment,
    history,
    hooks,
    processes,
    report,
    runs,
    saved,
    supersede,
    waiting,
)
from .journal import Journal, Line, clock_of
from .notice import Notice
from .noticefile import NoticeFile
from .processes import Family
from .run import INTERRUPTION, Run
from .supervisor import Moment, Supervisor, Thawed
from .task import Task, stage_exit
from .terms import Terms

LEFTOVER_GRACE_SECONDS = 1.0
HOOKS_SHARE = 2 / 3
"""Of a stage with built-in tasks after its hooks: hooks that hang must not keep units from being stopped."""
STAGES_OF = {
    "interruption": ("drain", "save", "clean"),
    "rebalance": ("save",),
    "rehearsal": ("drain", "save", "clean"),
}


class Plan:
    def __init__(self, this: Run, notice: Notice, before: history.History) -> None:
        self.run_ = this
        self.notice = notice
        self.before = before
        self.clock = clock_of(before.first)
        self.terms = Terms(this, notice, before.first, self.clock)
        self.journal = Journal(this.journal, self.clock, self.terms.deadline)
        self.stage = ""
        self.notice_file = NoticeFile(notice)
        self.family = Family(this.mark(), since=self.clock.anchor[1])
        self.supervisor = Supervisor(
            self.family, self.clock, self.terms.deadline, self._task_started, self._task_runs
        )

    def run(self) -> None:
        """Every stage runs, whatever became of the one before."""
        processes.outlive_memory_pressure()
        self.journal.write(
            "started" if self.before.attempt == 1 else "takenOver",
            event=self.notice.event,
            action=self.notice.action,
            by=self.notice.by or None,
            attempt=self.before.attempt,
            stages=[*STAGES_OF[self.notice.event], "report"],
            began=self.terms.began,
            **self._moments(),
            clock=list(self.clock.anchor),
            pid=os.getpid(),
            startTime=processes.start_time(os.getpid()),
        )
        history.end_interrupted(self.before, self.family)
        self.warn("what hides its origin may outlive its stage", processes.become_subreaper())
        if self.notice.event != INTERRUPTION and runs.is_interrupted():
            self.journal.write("superseded", note=supersede.WHY)
            return
        self._end_others("rehearsal")
        self._publish()
        self._warn_of_settings()
        try:
            for stage in STAGES_OF[self.notice.event]:
                if stage not in self.before.stages and not self.run_.spare():
                    self._run_stage(stage)
        except Thawed:
            self.journal.write("thawed", note="the machine slept through the deadline: nothing more is ended")
        self._report()

    def _moments(self) -> Dict[str, object]:
        ends = {stage: round(end, 3) for stage, end in self.terms.ends.items()}
        return {"deadline": round(self.terms.deadline, 3), "ends": ends}

    def _warn_of_settings(self) -> None:
        for refused in self.terms.settings.refused:
            self.warn("a setting was refused", refused)

    def _end_others(self, event: str) -> None:
        """A lesser plan must not run beside that of an interruption."""
        if self.notice.event == INTERRUPTION:
            for fault in supersede.end_others(event):
                self.warn(f"the plan of a {event} may run beside this one", fault)

    def end(self, stage: str) -> float:
        """When it ends: as things stand now."""
        if self.terms.look():
            self.journal.deadline = self.terms.deadline
            self.journal.write("joined", **self._moments(), settings=self.terms.known)
            self._warn_of_settings()
            self.notice_file.show(int(self.terms.deadline))
        return self.terms.ends[stage]

    def _publish(self) -> None:
        if self.notice.event == contract.REBALANCE:
            return  # work goes on
        try:
            runs.make_ready()  # first: what fills /run from here on keeps no later notice from its plan
        except (OSError, TimeoutError) as error:
            self.warn("no room is taken for another run", str(error))
        fault = self.notice_file.publish(
            int(self.terms.deadline), self.run_.acknowledged, forget=self.before.attempt == 1
        )
        self.warn("workloads cannot acknowledge", fault)

    def _run_stage(self, stage: str) -> None:
        """Raises Thawed."""
        self.stage = stage
        started = self.before.starts.get(stage, self.clock.now())
        self.journal.write("stageStarted", stage=stage, until=round(self.end(stage), 3))
        self.notice_file.show(int(self.terms.deadline))
        try:
            self._do_stage(stage, started)
        except Thawed:
            self._end_stage(stage, started, contract.EXIT_OVERRAN)
            raise
        ended = [line for line in self.lines("taskEnded") if line["stage"] == stage]
        self._end_stage(stage, started, stage_exit(ended))

    def _do_stage(self, stage: str, started: float) -> None:
        hibernates = self.notice.action == "hibernate"
        if stage == "drain" and not hibernates:
            waiting.for_settings(self, started)
        if stage == "save":
            self._end_others(contract.REBALANCE)
        less = 0.0
        if stage == "clean" and not hibernates and self.supervisor.leftovers(self.end(stage)):
            # Hooks that run over must not take the time in which the others' background work ends.
            less = min(
                LEFTOVER_GRACE_SECONDS, max(0.0, self._hooks_end(stage, started) - self.clock.now()) / 3
            )
        self._run_hooks(stage, lambda: self._hooks_end(stage, started) - less)
        if stage == "clean" and not hibernates:
            self._end_leftovers(self._hooks_end(stage, started))
        # Asked again, because their time depends on when the hooks ended.
        self.run_tasks(self.after_hooks(stage), lambda: self.end(stage))
        if stage == "drain" and not hibernates:
            waiting.for_an_answer(self)

    def _run_hooks(self, stage: str, until: Moment) -> None:
        tasks, warnings = hooks.hook_tasks(stage, self.notice.action, self._environment(stage, until()))
        for warning in warnings:
            self.warn("not a hook", warning)
        fault = self.notice_file.fault
        if stage == "drain" and fault:
            tasks.insert(0, Task(builtin.NOTICE_FILE_TASK, (), {}, refused=fault, counts=False))
        for task in tasks:
            self.run_tasks([task], until)

    def _hooks_end(self, stage: str, started: float) -> float:
        until = self.end(stage)
        shared = builtin.follow_hooks(stage, self.notice, self.terms.settings)
        return started + (until - started) * HOOKS_SHARE if shared else until

    def _end_leftovers(self, until: float) -> None:
        grace = min(LEFTOVER_GRACE_SECONDS, max(0.0, until - self.clock.now()))
        count = self.supervisor.end_leftovers(until, grace, self.run_.spare)
        if count:
            self.journal.write("leftoversEnded", count=count)

    def after_hooks(self, stage: str) -> List[Task]:
        until = self.end(stage)
        env = self._environment(stage, until)
        left = until - self.clock.now()
        return builtin.tasks_after_hooks(stage, self.notice, self.terms.settings, left, env)

    def _environment(self, stage: str, until: float) -> Dict[str, str]:
        return environment.of_tasks(self.notice, self.terms, stage, until)

    def _report(self) -> None:
        self.stage = "report"
        started = self.before.starts.get("report", self.clock.now())
        spared = self.run_.spare()
        self.journal.write("stageStarted", stage="report", until=round(self.end("report"), 3))
        self._end_stage("report", started, contract.EXIT_OK)
        text = report.render(
            report.build(
                instance_id=self.notice.instance_id,
                action=self.notice.action,
                deadline=self.notice.deadline,
                now=self.clock.now(),
                effective_deadline=self.terms.deadline,
                skew=self.terms.skew,
                spared=spared,
                attempt=self.before.attempt,
                stages=self.lines("stageEnded"),
                tasks=self.lines("taskEnded"),
                acknowledged=acknowledgements.names(),
                refused=list(self.terms.settings.refused),
                warnings=len(self.lines("warning")),
                leftovers=sum(line["count"] for line in self.lines("leftoversEnded")),
            )
        )
        self.journal.write("ended", report=text, spared=spared or None)

    def _end_stage(self, stage: str, started: float, code: int) -> None:
        until = round(self.end(stage), 3)
        self.journal.write("stageEnded", stage=stage, started=round(started, 3), until=until, exit=code)

    def _task_started(self, task: Task) -> None:
        self.journal.write("taskStarted", stage=self.stage, task=task.name)

    def _task_runs(self, task: Task, pid: int) -> None:
        started = processes.start_time(pid)
        self.journal.write("taskRuns", stage=self.stage, task=task.name, pid=pid, startTime=started)

    def run_tasks(self, tasks: List[Task], until: Moment) -> None:
        """Side by side; those that an earlier runner has ended are not run again."""
        left = [self._marked(task) for task in tasks if (self.stage, task.name) not in self.before.tasks]
        grace = self.terms.settings.seconds["grace"]
        ended = self.supervisor.run(left, until, grace, os.path.join(self.run_.folder, self.stage))
        for one in ended:
            count, fault = saved.read(one.task.env[contract.HOOK_SAVED])
            self.warn(f"what {one.task.name} says that it saved does not count", fault)
            self.journal.write(
                "taskEnded",
                stage=self.stage,
                task=one.task.name,
                exit=one.exit,
                seconds=one.seconds,
                overran=one.overran or None,
                note=one.note,
                counts=None if one.task.counts else False,
                saved=count,
            )

    def _marked(self, task: Task) -> Task:
        attempt = 1 + self.before.task_starts.get((self.stage, task.name), 0)
        mark = self.family.mark_of(self.stage, task.name)
        told = {
            contract.HOOK_ATTEMPT: str(attempt),
            contract.HOOK_TASK: mark,
            contract.HOOK_SAVED: os.path.join(self.run_.folder, f"{self.stage}-{task.name}.saved"),
        }
        return task._replace(env={**task.env, **told})

    def lines(self, phase: str) -> List[Line]:
        """Of all runners of this run."""
        return [line for line in self.before.lines + self.journal.lines if line["phase"] == phase]

    def warn(self, what: str, why: Optional[str]) -> None:
        if why:
            self.journal.write("warning", stage=self.stage or None, note=f"{what}: {why}"[:300])
