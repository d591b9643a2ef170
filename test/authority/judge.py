# Judges recorded HTTP exchanges by AWS's own service models, as botocore ships them: a JSON list on stdin,
# the verdict as JSON on stdout. What botocore's own code can judge, it judges; what that lets pass (unknown
# members of an answer, pattern, maximum, enum) is judged from the same models in shapes.py.
import json
import re
import sys
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import botocore.awsrequest
import botocore.parsers
import botocore.serialize
import botocore.session
import botocore.validate
from judge_errors import ErrorJudgement
from rest import NAMESPACE, ROOTS, differences, operation_of, read_headers, read_request
from shapes import faults_of, local, read_query, read_xml

session = botocore.session.get_session()


# botocore's names for what signatures call otherwise.
MODELS = {"elasticloadbalancing": "elbv2", "tagging": "resourcegroupstaggingapi"}


class Judgement(ErrorJudgement):
    def __init__(self, exchange):
        self.exchange = exchange
        self.service = exchange["service"]
        self.model = session.get_service_model(MODELS.get(self.service, self.service))
        # Of several that a service speaks, the one that the SDK does.
        spoken = self.model.metadata.get("protocols", [])
        self.protocol = "json" if "json" in spoken else self.model.metadata["protocol"]
        self.operation = None
        self.outcome = "200"
        self.throttled = False
        self.faults = []

    def fault(self, where, text):
        self.faults.append(f"{where}: {text}")

    def judge(self):
        request, answer = self.exchange["request"], self.exchange["answer"]
        name = self.operation_name(request)
        if name not in self.model.operation_names:
            self.fault("request", f"no operation {name}")
            return
        self.operation = self.model.operation_model(name)
        judge_request, judge_answer = {
            "ec2": (self.judge_query, self.judge_xml),
            "json": (self.judge_json, self.judge_body),
            "query": (self.judge_query, self.judge_xml),
            "rest-xml": (self.judge_rest, self.judge_rest_answer),
        }[self.protocol]
        judge_request(request)
        if answer["status"] >= 300:
            self.judge_error(answer)
        else:
            judge_answer(answer)

    def operation_name(self, request):
        if self.protocol in ("ec2", "query"):
            return dict(parse_qsl(request["body"])).get("Action", "")
        if self.protocol == "rest-xml":
            operation = operation_of(self.model, request)
            return operation and operation.name
        return request["headers"].get("x-amz-target", "").partition(".")[2]

    # Requests

    def judge_query(self, request):
        form = dict(parse_qsl(request["body"], keep_blank_values=True))
        form.pop("Action")
        version = form.pop("Version", "")
        if version != self.model.api_version:
            self.fault("request", f"version {version}, the model is {self.model.api_version}")
        listed = ".member" if self.protocol == "query" else ""
        params, used = read_query(self.operation.input_shape, "", form, listed)
        for key in sorted(form.keys() - used):
            self.fault("request", f"{key} is no member")
        self.judge_params(params)

    def judge_json(self, request):
        self.judge_type("request", request["headers"])
        target = f"{self.model.metadata['targetPrefix']}.{self.operation.name}"
        if request["headers"].get("x-amz-target") != target:
            self.fault("request", f"x-amz-target is not {target}")
        self.judge_params(json.loads(request["body"]))

    def judge_rest(self, request):
        params, unknown = read_request(self.operation, request)
        for name in unknown:
            self.fault("request", f"{name} is no member")
        self.judge_params(params)

    def judge_params(self, params):
        shape = self.operation.input_shape
        report = botocore.validate.ParamValidator().validate(params, shape)
        if report.has_errors():
            self.fault("request", report.generate_report().replace("\n", "; "))
            return
        for text in faults_of(params, shape, self.operation.name):
            self.fault("request", text)
        serializer = botocore.serialize.create_serializer(self.protocol, False)
        serialized = serializer.serialize_to_request(params, self.operation)
        body = serialized["body"]
        if self.protocol == "rest-xml":
            for text in differences(self.exchange["request"], serialized):
                self.fault("request", text)
            return
        if isinstance(body, dict):
            sent = dict(parse_qsl(self.exchange["request"]["body"], keep_blank_values=True))
            same = {key: str(value) for key, value in body.items()} == sent
        else:
            same = json.loads(body) == json.loads(self.exchange["request"]["body"])
        if not same:
            self.fault("request", f"botocore would send {body!r}")

    # Answers

    def judge_type(self, where, headers):
        allowed = f"application/x-amz-json-{self.model.metadata['jsonVersion']}"
        if headers.get("content-type") != allowed:
            self.fault(where, f"content-type {headers.get('content-type')}, allowed is {allowed}")

    def parsed(self, answer):
        """As botocore's own client reads it."""
        parser = botocore.parsers.create_parser(self.protocol)
        response = {
            "status_code": answer["status"],
            "headers": botocore.awsrequest.HeadersDict(answer["headers"]),
            "body": answer["body"].encode(),
            "context": {"operation_name": self.operation.name},
        }
        try:
            return parser.parse(response, self.operation.output_shape)
        except (KeyError, ValueError, botocore.parsers.ResponseParserError) as error:
            self.fault("answer", f"botocore cannot read it: {error}")
            return {}

    def judge_body(self, answer):
        self.judge_type("answer", answer["headers"])
        if "x-amzn-requestid" not in answer["headers"]:
            self.fault("answer", "no x-amzn-requestid")
        body = json.loads(answer["body"] or "{}")
        shape = self.operation.output_shape
        if shape is None:
            if body:
                self.fault("answer", "has a body where the model has none")
            return
        for text in faults_of(body, shape, self.operation.name):
            self.fault("answer", text)
        read = self.parsed(answer).keys() - {"ResponseMetadata"}
        if read != body.keys():
            self.fault("answer", f"botocore reads {sorted(read)} of {sorted(body)}")

    def judge_xml(self, answer):
        if not answer["headers"].get("content-type", "").startswith("text/xml"):
            self.fault("answer", f"content-type {answer['headers'].get('content-type')}, allowed is text/xml")
        root = ElementTree.fromstring(answer["body"])  # noqa: S314 (our own endpoint's)
        space = re.match(r"\{(.*)\}", root.tag)
        if space is None or space[1].rstrip("/") != self.model.metadata["xmlNamespace"].rstrip("/"):
            self.fault("answer", f"namespace of {root.tag} is not {self.model.metadata['xmlNamespace']}")
        if local(root) != f"{self.operation.name}Response":
            self.fault("answer", f"root is {root.tag}")
        if self.protocol == "query":
            root = self.judge_wrapping(root)
        else:
            ids = [child for child in root if local(child) == "requestId"]
            if len(ids) != 1:
                self.fault("answer", "no requestId")
            for child in ids:
                root.remove(child)
        value, texts = read_xml(root, self.operation.output_shape, self.operation.name)
        for text in texts + list(faults_of(value, self.operation.output_shape, self.operation.name)):
            self.fault("answer", text)
        self.parsed(answer)

    def judge_wrapping(self, root):
        """The result in it, beside which there is the id of the request."""
        names = [local(element) for element in root] + [local(element) for element in root[-1]]
        wrapper = self.operation.output_shape.serialization["resultWrapper"]
        if names != [wrapper, "ResponseMetadata", "RequestId"]:
            self.fault("answer", f"elements of an answer are {names}")
        return root[0]

    def judge_rest_answer(self, answer):
        shape = self.operation.output_shape
        values, unknown = read_headers(shape, answer["headers"])
        for name in unknown:
            self.fault("answer", f"header {name} is no member")
        if "x-amz-request-id" not in answer["headers"]:
            self.fault("answer", "no x-amz-request-id")
        texts = []
        if self.operation.name in ROOTS:
            root = ElementTree.fromstring(answer["body"])  # noqa: S314 (our own endpoint's)
            if root.tag != f"{{{NAMESPACE}}}{ROOTS[self.operation.name]}":
                self.fault("answer", f"root is {root.tag}")
            inner, texts = read_xml(root, shape, self.operation.name)
            values.update(inner)
        elif "payload" not in shape.serialization and answer["body"]:
            self.fault("answer", "has a body where the model has none")
        for text in texts + list(faults_of(values, shape, self.operation.name)):
            self.fault("answer", text)
        self.parsed(answer)


def main():
    verdict = []
    for exchange in json.load(sys.stdin):
        judgement = Judgement(exchange)
        judgement.judge()
        verdict.append(
            {
                "service": judgement.service,
                "operation": judgement.operation.name if judgement.operation else None,
                "outcome": judgement.outcome,
                "throttled": judgement.throttled,
                "faults": judgement.faults,
            }
        )
    json.dump(verdict, sys.stdout)


main()
