"""Leaves the report in S3, where the instance may: proof of a plan that no command followed."""

import json
import re
import time
from urllib.parse import quote

from . import contract, terms
from .patience import within
from .plan import Plan
from .run import REHEARSAL

SECONDS = 5.0
"""For all of it: a machine that lives on is to have back what was stopped."""
TRIES = 3
PAUSE_SECONDS = 0.3
SPARE_SECONDS = 0.2
"""Of them, in which the last try can say why it failed."""
LEAST_SECONDS = 0.1
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PARTITION = re.compile(r"aws[a-z-]*")
IDENTITY = re.compile(r"\{.{1,16000}\}", re.DOTALL)
ACCOUNT = re.compile(r"[0-9]{12}")


def leave(plan: Plan) -> None:
    """By the deadline, or once where that has passed. Never raises: the result of the plan stands."""
    ended = plan.lines("ended")
    bucket = plan.notice.reports or plan.run_.joined().reports or terms.read_reports()
    if plan.notice.event == REHEARSAL or not ended or not bucket:
        return
    left = plan.terms.deadline - plan.clock.now()
    seconds = round(min(SECONDS, left), 3) if left > 0 else SECONDS
    try:
        # In a thread of its own: neither the look-up of a name nor an answer that trickles has a time-out.
        within(seconds, lambda: _put(bucket, plan, ended[-1]["report"], seconds, TRIES if left > 0 else 1))
    except Exception as error:  # noqa: BLE001 (it is told, and what lives on must have its things back)
        plan.warn(f"the report is not left in {bucket[:63]!a}", str(error) or type(error).__name__)


def _put(bucket: str, plan: Plan, report: str, seconds: float, tries: int) -> None:
    """Raises Failed, ValueError."""
    until = time.monotonic() + seconds - SPARE_SECONDS
    # Imported here: http and TLS are in no plan's way.
    from . import aws

    if not BUCKET.fullmatch(bucket):
        raise ValueError("not the name of a bucket")
    try:
        service = aws.Service("s3")
    except aws.NoRole:
        return  # as many instances are: the command has the report
    partition = service.told("meta-data/services/partition", PARTITION)
    identity = json.loads(service.told("dynamic/instance-identity/document", IDENTITY))
    account = str(identity.get("accountId"))
    if not ACCOUNT.fullmatch(account):
        raise ValueError(f"the metadata service: got {account[:40]!a} for an account")
    arn = f"arn:{partition}:ec2:{service.region}:{account}:instance/{plan.notice.instance_id}"
    path = quote(f"/{contract.REPORTS_PREFIX}{arn}/{plan.run_.name}.json")
    if service.elsewhere or "." in bucket:  # of no such name does S3's certificate speak
        path = f"/{bucket}{path}"
    else:
        service.endpoint = service.endpoint.replace("://", f"://{bucket}.")
    while True:
        timeout = max(LEAST_SECONDS, (until - time.monotonic()) / tries)
        try:
            service.ask("PUT", path, "application/json", report.encode(), timeout)
            return
        except aws.Unsure:
            tries -= 1
            if tries == 0 or time.monotonic() + PAUSE_SECONDS >= until:
                raise
        time.sleep(PAUSE_SECONDS)
