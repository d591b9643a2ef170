"""The report goes to S3 once the plan is over, within bounds; whatever S3 does, the runner lives on."""

import hashlib
import http.client
import os
import socket
import threading
import time
import unittest
from typing import Any, List
from unittest import mock

from aws_on_loopback import (
    ACCOUNT,
    REGION,
    Loopback,
    aws_on_loopback,
    done,
    floods,
    hangs,
    refuses,
    resets,
    trickles,
)
from on_a_machine import INSTANCE_ID, OnAMachine, full_disk, notice
from spot_guard import contract, history, leaving, role, runs
from spot_guard.plan import Plan

BUCKET = "my-reports"
REPORT = '{"version":1,"result":"graceful"}'


class Leaving(OnAMachine):
    def setUp(self) -> None:
        super().setUp()
        stack = aws_on_loopback()
        self.aws: Loopback = stack.__enter__()
        self.addCleanup(stack.__exit__, None, None, None)

    def plan(self, left: int = 60, **fields: Any) -> Plan:
        """One that is over, with so many seconds to its deadline."""
        fields = {"reports": BUCKET, "settings": {}, **fields}
        run, _ = runs.claim(notice(int(time.time()) + left, **fields))
        plan = Plan(run, run.notice(), history.read([]))
        self.addCleanup(plan.journal.give_back)
        plan.stage = "report"
        plan.journal.write("ended", report=REPORT)
        return plan

    def leave(self, plan: Plan) -> List[str]:
        """What the journal says of it."""
        leaving.leave(plan)
        return [line["note"] for line in plan.lines("warning")]

    def path(self, plan: Plan) -> str:
        arn = f"arn%3Aaws%3Aec2%3A{REGION}%3A{ACCOUNT}%3Ainstance/{INSTANCE_ID}"
        return f"/{BUCKET}/reports/{arn}/{plan.run_.name}.json"


class Left(Leaving):
    def test_is_what_the_journal_holds_at_the_key_of_the_instance_and_the_run(self) -> None:
        plan = self.plan()
        self.assertEqual(self.leave(plan), [])
        [put] = self.aws.puts
        self.assertEqual((put.path, put.body), (self.path(plan), REPORT))
        self.assertEqual(put.headers["x-amz-content-sha256"], hashlib.sha256(REPORT.encode()).hexdigest())
        self.assertEqual(
            (put.headers["x-amz-security-token"], put.headers["content-type"]), ("t==", "application/json")
        )
        self.assertIn(
            f"/{REGION}/s3/aws4_request, SignedHeaders=content-type;host;x-amz-", put.headers["authorization"]
        )

    def test_is_that_of_a_recommendation_by_a_name_of_its_own(self) -> None:
        plan = self.plan(event="rebalance", action=contract.REBALANCE)
        self.leave(plan)
        self.assertEqual([put.path for put in self.aws.puts], [self.path(plan)])
        self.assertTrue(plan.run_.name.endswith("-rebalance"))

    def test_is_never_that_of_a_rehearsal_nor_of_a_plan_without_a_report(self) -> None:
        self.assertEqual(self.leave(self.plan(event="rehearsal")), [])
        plan = self.plan()
        plan.journal.lines.clear()
        self.assertEqual(self.leave(plan), [])
        self.assertEqual(self.aws.puts, [])

    def test_goes_where_the_command_says_else_whoever_joined_else_the_defaults_of_the_stack(self) -> None:
        self.put(contract.DEFAULTS_FILE, {"grace": "5", contract.REPORTS_DEFAULT: "of-the-stack"})
        plan = self.plan(reports="")
        self.leave(plan)
        plan.run_.join(plan.notice._replace(reports="of-another"))
        self.leave(plan)
        self.leave(self.plan(left=400, reports="of-the-command"))
        buckets = [put.path.split("/")[1] for put in self.aws.puts]
        self.assertEqual(buckets, ["of-the-stack", "of-another", "of-the-command"])

    def test_is_nowhere_where_no_bucket_is_known_whatever_settings_say(self) -> None:
        self.put(contract.CONF_FILE, "reports = of-the-file\n")
        for defaults in ("[]", "{", '{"grace": "5"}'):
            self.put(contract.DEFAULTS_FILE, defaults)
            self.assertEqual(self.leave(self.plan(reports="", settings={"reports": "of-a-tag"})), [])
        self.assertEqual(self.aws.puts, [])

    def test_is_nowhere_and_no_fault_where_the_instance_has_no_role(self) -> None:
        del self.aws.told[role.ROLE_PATH]
        self.assertEqual(self.leave(self.plan()), [])
        self.assertEqual(self.aws.puts, [])

    def test_goes_to_the_host_of_the_bucket_unless_its_name_has_a_dot(self) -> None:
        del os.environ["AWS_ENDPOINT_URL_S3"]
        asked: List[str] = []

        def look_up(host: str, *arguments: Any) -> Any:
            if host == "127.0.0.1":
                return real(host, *arguments)
            asked.append(host)
            raise OSError("not here")

        real = socket.getaddrinfo
        self.aws.told["/latest/meta-data/services/domain"] = "amazonaws.com.cn"
        with mock.patch.object(socket, "getaddrinfo", look_up):
            for left, bucket in ((-1, BUCKET), (-400, "my.reports")):
                [said] = self.leave(self.plan(left, reports=bucket))
                self.assertIn(f"S3 at {asked[-1]} does not answer: not here", said)
        s3 = f"s3.{REGION}.amazonaws.com.cn"
        self.assertEqual(asked, [f"{BUCKET}.{s3}", s3])


class Fault(Leaving):
    def test_is_one_line_with_the_status_and_the_code_of_the_error(self) -> None:
        self.aws.answers = [refuses(403, "AccessDenied")]
        [said] = self.leave(self.plan())
        self.assertEqual(len(self.aws.puts), 1)
        self.assertRegex(
            said, r"\Athe report is not left in 'my-reports': S3 answers HTTP 403: AccessDenied; attach"
        )

    def test_of_s3_itself_is_tried_again_and_three_times_at_most(self) -> None:
        for answers in ([refuses(500, "InternalError"), done], [resets, resets, done]):
            self.aws.answers, self.aws.puts = list(answers), []
            self.assertEqual(self.leave(self.plan()), [])
            self.assertEqual(len(self.aws.puts), len(answers))
        self.aws.answers, self.aws.puts = [refuses(503, "SlowDown")], []
        self.assertRegex(self.leave(self.plan())[0], "HTTP 503: SlowDown$")
        self.assertEqual(len(self.aws.puts), 3)

    def test_that_takes_long_is_over_by_the_deadline(self) -> None:
        for answer, event in ((hangs, "interruption"), (trickles, "rebalance")):
            with self.subTest(answer.__name__):
                self.aws.answers = [answer]
                began, plan = time.monotonic(), self.plan(3, event=event)
                self.assertEqual(len(self.leave(plan)), 1)
                self.assertLess(time.monotonic() - began, 3.2)

    def test_takes_five_seconds_at_most_and_says_what_did_not_answer(self) -> None:
        self.aws.answers = [hangs]
        began = time.monotonic()
        [said] = self.leave(self.plan())
        self.assertLess(time.monotonic() - began, leaving.SECONDS + 0.2)
        self.assertRegex(said, "S3 at .* does not answer: timed out$")
        self.assertEqual(len(self.aws.puts), leaving.TRIES)

    def test_is_worth_one_try_where_the_deadline_has_passed(self) -> None:
        self.aws.answers = [refuses(500, "InternalError"), done]
        self.assertRegex(self.leave(self.plan(-30))[0], "HTTP 500: InternalError")
        self.assertEqual(len(self.aws.puts), 1)
        self.assertEqual(self.leave(self.plan(-230)), [])

    def test_is_an_answer_without_an_end_of_which_no_more_is_read(self) -> None:
        self.aws.answers = [floods]
        self.assertRegex(self.leave(self.plan())[0], "S3's answer has more than 1000000 bytes$")

    def test_is_what_is_no_part_of_a_path_or_a_host(self) -> None:
        identity = "/latest/dynamic/instance-identity/document"
        for path, said in (
            (identity, '{"accountId": "1234/../x"}'),
            (identity, "[]"),
            ("/latest/meta-data/services/partition", "aws/../x"),
            ("/latest/meta-data/services/domain", "evil.com/x"),
            ("/latest/meta-data/placement/region", "eu-central-1.evil.com/"),
            ("/latest/api/token", "a\r\nb"),
        ):
            with self.subTest(said):
                before, self.aws.told[path] = self.aws.told[path], said
                self.assertRegex(self.leave(self.plan())[-1], r"'my-reports': the metadata service: [ -~]+\Z")
                self.aws.told[path] = before
        buckets = ("a/../b", "abc/../d", "ab", "-x-", "x" * 64, "B_b", "a b\r\n")
        for number, bucket in enumerate(buckets, start=2):
            with self.subTest(bucket):
                [said] = self.leave(self.plan(200 * number, reports=bucket))
                self.assertRegex(said, r"\A[ -~]+: not the name of a bucket\Z")
        self.assertEqual(self.aws.puts, [])

    def test_is_a_metadata_service_that_is_not_there(self) -> None:
        os.environ[contract.METADATA_VARIABLE] = "http://127.0.0.1:9"
        self.assertRegex(self.leave(self.plan())[0], "the metadata service: .*refused")

    def test_of_memory_threads_or_disk_does_not_end_the_runner(self) -> None:
        with mock.patch.object(http.client.HTTPConnection, "request", side_effect=MemoryError()):
            self.assertRegex(self.leave(self.plan())[0], "MemoryError$")
        os.environ[contract.METADATA_VARIABLE] = "http://127.0.0.1:9"  # loopback's own needs threads
        with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")):
            self.assertRegex(self.leave(self.plan(400))[0], "refused")
        os.environ[contract.METADATA_VARIABLE] = self.aws.url
        self.aws.answers = [refuses(403, "AccessDenied")]
        plan = self.plan(800)
        with full_disk():
            self.assertEqual(len(self.leave(plan)), 1)


if __name__ == "__main__":
    unittest.main()
