"""What each task of a plan finds in its environment."""

import os
from typing import Dict

from . import contract
from .clock import rfc3339
from .notice import Notice
from .paths import search_path
from .terms import Terms


def of_tasks(notice: Notice, terms: Terms, stage: str, until: float) -> Dict[str, str]:
    """`until`: epoch seconds at which the stage's time for them ends."""
    return {
        "PATH": search_path(),
        "LANG": "C.UTF-8",
        contract.HOOK_EVENT: notice.event,
        contract.HOOK_ACTION: "" if notice.action == contract.REBALANCE else notice.action,
        contract.HOOK_INSTANCE_ID: notice.instance_id,
        contract.HOOK_DEADLINE: rfc3339(terms.deadline),
        contract.HOOK_DEADLINE_EPOCH: str(int(terms.deadline)),
        contract.HOOK_STAGE: stage,
        contract.HOOK_STAGE_END: f"{until:.3f}",
        contract.HOOK_STATE: " ".join(terms.settings.state),
        contract.HOOK_WORKLOAD: terms.settings.workload,
        **{name: os.environ[name] for name in (contract.ROOT_VARIABLE,) if name in os.environ},
    }
