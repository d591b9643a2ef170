"""What a plan waits for in drain, bounded by its end: settings of another path, a workload's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import acknowledgements, builtin, hooks, schedule

if TYPE_CHECKING:
    from .plan import Plan


def for_settings(plan: Plan, started: float) -> None:
    """Of a notice that came without: the command, which has them, is often some seconds behind."""
    if plan.terms.known:
        return
    plan.warn("no source of settings", "drain waits for the command, which brings them")
    plan.supervisor.idle(
        lambda: schedule.settings_until(started, plan.end("drain")),
        lambda: plan.terms.known or plan.run_.spare(),
    )


def for_an_answer(plan: Plan) -> None:
    """Where nothing is set up, a workload may still see the notice file: it has all of drain for that."""
    while plan.clock.now() < plan.end("drain") and not _is_anything_to_do(plan):
        plan.supervisor.idle(lambda: plan.end("drain"), lambda: _is_answered(plan))
        plan.run_tasks(plan.after_hooks("drain"), lambda: plan.end("drain"))
        if acknowledgements.names() or plan.run_.spare():
            return


def _is_answered(plan: Plan) -> bool:
    """Also by settings that come late: they may name something to stop."""
    named = builtin.follow_hooks("drain", plan.notice, plan.terms.settings)
    return named or bool(acknowledgements.names()) or plan.run_.spare()


def _is_anything_to_do(plan: Plan) -> bool:
    return bool(plan.lines("taskEnded")) or any(
        hooks.hook_tasks(stage, plan.notice.action, {})[0] for stage in ("save", "clean")
    )
