# Judges the answers that say no: form, code, the status that goes with it, and whether they throttle.
import json
import re
from xml.etree import ElementTree

from errors import is_throttling, retried_statuses, status_of
from shapes import local


class ErrorJudgement:
    """The half of a judgement that is about errors; what it reads and calls is the other half's."""

    def judge_error(self, answer):
        error = self.parsed(answer).get("Error", {})
        if self.protocol == "ec2":
            code = self.judge_xml_error(
                answer,
                "Errors/Error/Code",
                ["Response", "Errors", "Error", "Code", "Message", "RequestID"],
            )
        elif self.protocol == "query":
            code = self.judge_xml_error(
                answer,
                "{*}Error/{*}Code",
                ["ErrorResponse", "Error", "Type", "Code", "Message", "RequestId"],
            )
        elif self.protocol == "rest-xml":
            code = self.judge_xml_error(answer, "Code", ["Error", "Code", "Message", "RequestId", "HostId"])
        else:
            code = self.judge_json_error(answer)
        self.outcome = code
        if "awsQueryCompatible" not in self.model.metadata and error.get("Code") != code:
            self.fault("answer", f"botocore reads the code {error.get('Code')}, not {code}")
        self.judge_retry(code, answer["status"])

    def judge_xml_error(self, answer, path, allowed):
        root = ElementTree.fromstring(answer["body"])  # noqa: S314 (our own endpoint's)
        tags = [local(element) for element in root.iter()]
        if tags != allowed:
            self.fault("answer", f"elements of an error are {tags}")
        code = root.findtext(path, "")
        shapes = self.operation.error_shapes
        shape = next((one for one in shapes if code in (one.name, one.error_code)), None)
        self.judge_status(code, shape, answer["status"])
        return code

    def judge_json_error(self, answer):
        self.judge_type("answer", answer["headers"])
        body = json.loads(answer["body"])
        code = body.pop("__type", "").rpartition("#")[2]
        shape = next((one for one in self.operation.error_shapes if one.name == code), None)
        self.judge_status(code, shape, answer["status"])
        allowed = ["message", "Message"] if shape is None else shape.members
        for key in body:
            if key not in allowed:
                self.fault("answer", f"{code} has no member {key}, only {list(allowed)}")
        if "awsQueryCompatible" in self.model.metadata:
            header = answer["headers"].get("x-amzn-query-error", "")
            kind = "Receiver" if answer["status"] >= 500 else "Sender"
            if not re.fullmatch(rf"[\w.]+;{kind}", header):
                self.fault("answer", f"x-amzn-query-error is {header!r}, allowed is CODE;{kind}")
        return code

    def judge_status(self, code, shape, status):
        expected = status_of(self.service, code, shape)
        if expected is None:
            self.fault("answer", f"{self.operation.name} has no error {code!r}")
        elif status != expected:
            self.fault("answer", f"{code} has status {status}, allowed is {expected}")

    def judge_retry(self, code, status):
        """What botocore's retries take for throttling, and the status at which they do."""
        self.throttled = is_throttling(code)
        expected = retried_statuses(self.service, code)
        if expected and status not in expected:
            self.fault("answer", f"botocore expects {code} with {expected}, not {status}")
