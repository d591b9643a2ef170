# Requests and answers of a REST service, read and checked by its model: what the address, the query and the
# headers stand for.
import re
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, unquote

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
# The root of an answer's XML, which botocore's models leave out; Smithy's model of S3 has it.
ROOTS = {"ListObjectsV2": "ListBucketResult"}
# Headers that every request or answer may have, whatever the model says.
OF_REQUESTS = re.compile(r"x-amz-(date|user-agent|content-sha256|security-token)")
OF_ANSWERS = re.compile(r"x-amz-(request-id|id-2)")


def split(url):
    path, _, query = url.partition("?")
    params = dict(parse_qsl(query, keep_blank_values=True))
    # The SDK's own mark.
    params.pop("x-id", None)
    return path, params


def operation_of(model, request):
    """The operation that a method, an address and what must come with them stand for, if there is one."""
    path, query = split(request["url"])
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        template, _, literal = operation.http["requestUri"].partition("?")
        literals = dict(parse_qsl(literal, keep_blank_values=True))
        if operation.http["method"] != request["method"] or not re.fullmatch(as_pattern(template), path):
            continue
        if any(query.get(key) != value for key, value in literals.items()):
            continue
        shape = operation.input_shape
        required = [shape.members[one].serialization for one in shape.required_members]
        given = {"querystring": query, "header": request["headers"]}
        there = [
            one["name"].lower() in map(str.lower, given[one["location"]])
            for one in required
            if one.get("location") in given
        ]
        if all(there):
            found.append((len(literals) + len(there), name))
    return model.operation_model(max(found)[1]) if found else None


def as_pattern(template):
    named = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(template))
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", named) + ("/?" if template == "/{Bucket}" else "")


def read_request(operation, request):
    """The parameters that a request stands for, and the names in it that the model does not know."""
    path, query = split(request["url"])
    template, _, literal = operation.http["requestUri"].partition("?")
    unknown = set(query) - set(dict(parse_qsl(literal, keep_blank_values=True)))
    address = re.fullmatch(as_pattern(template), path).groupdict()
    headers = request["headers"]
    unknown |= {key for key in headers if key.startswith("x-amz-") and not OF_REQUESTS.fullmatch(key)}
    params = {}
    for name, member in operation.input_shape.members.items():
        place, key = (
            member.serialization.get("location"),
            member.serialization.get("name", name),
        )
        if place == "uri":
            params[name] = unquote(address[key])
        elif place == "querystring" and key in query:
            params[name] = typed(query[key], member)
            unknown.discard(key)
        elif place == "header" and key.lower() in headers:
            params[name] = typed(headers[key.lower()], member)
            unknown.discard(key.lower())
    payload = operation.input_shape.serialization.get("payload")
    if payload is not None:
        params[payload] = request["body"].encode()
    return params, sorted(unknown)


def differences(sent, serialized):
    """Where botocore would send something else for the same parameters."""
    path, query = split(sent["url"])
    theirs, their_query = split(serialized["url_path"])
    their_query.update({key: str(value) for key, value in serialized["query_string"].items()})
    if unquote(path).rstrip("/") != unquote(theirs).rstrip("/"):
        yield f"botocore would ask for {theirs}"
    if query != their_query:
        yield f"botocore would ask with {their_query}"
    for key, value in serialized["headers"].items():
        if sent["headers"].get(key.lower()) != str(value):
            yield f"botocore would send {key}: {value}"
    if (serialized["body"] or b"") != sent["body"].encode():
        yield "botocore would send another body"


def read_headers(shape, headers):
    """The members that an answer's headers stand for, and the names that the model does not know."""
    members = {} if shape is None else shape.members
    known = {
        member.serialization["name"].lower(): (name, member)
        for name, member in members.items()
        if member.serialization.get("location") == "header"
    }
    values = {known[key][0]: typed(value, known[key][1]) for key, value in headers.items() if key in known}
    own = {key for key in headers if key.startswith("x-amz-") and not OF_ANSWERS.fullmatch(key)}
    return values, sorted(own - known.keys())


def typed(text, member):
    if member.type_name in ("integer", "long"):
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    if member.type_name == "timestamp":
        return parsedate_to_datetime(text).timestamp()
    return text == "true" if member.type_name == "boolean" else text
