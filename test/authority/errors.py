# Which error codes AWS has, with which status, and what botocore's retries make of them.
import botocore.loaders
import botocore.retries.standard

# Codes that every operation can answer with and that the models leave out, with their status.
# EC2: "Error codes for the Amazon EC2 API"; SSM and SQS: "Common Errors" of their API references.
COMMON = {
    "ec2": {
        "FilterLimitExceeded": 400,
        "InternalError": 500,
        "InvalidAction": 400,
        "InvalidInstanceID.Malformed": 400,
        "InvalidInstanceID.NotFound": 400,
        "InvalidPaginationToken": 400,
        "InvalidParameterCombination": 400,
        "InvalidParameterValue": 400,
        "RequestLimitExceeded": 503,
        "UnauthorizedOperation": 403,
    },
    # Auto Scaling and Elastic Load Balancing: "Common Errors" of their API references.
    "autoscaling": {
        "AccessDenied": 403,
        "InternalFailure": 500,
        "InvalidAction": 400,
        "Throttling": 400,
        "ValidationError": 400,
    },
    "elasticloadbalancing": {
        "AccessDenied": 403,
        "InternalFailure": 500,
        "InvalidAction": 400,
        "Throttling": 400,
    },
    "tagging": {"AccessDeniedException": 400, "UnknownOperationException": 400},
    "ssm": {
        "AccessDeniedException": 400,
        "ThrottlingException": 400,
        "UnknownOperationException": 400,
        "ValidationException": 400,
    },
    # S3: "Error responses" of its API reference, and "Checking object integrity".
    "s3": {
        "AccessDenied": 403,
        "BadDigest": 400,
        "InternalError": 500,
        "InvalidArgument": 400,
        "InvalidRequest": 400,
        "KeyTooLongError": 400,
        "MissingContentLength": 411,
        "NoSuchBucket": 404,
        "NotImplemented": 501,
        "PreconditionFailed": 412,
        "SlowDown": 503,
        "XAmzContentSHA256Mismatch": 400,
    },
    "sqs": {
        "AccessDeniedException": 403,
        "InternalFailure": 500,
        "InvalidParameterValueException": 400,
        "MissingRequiredParameterException": 400,
    },
}
# Where the models of SQS name no status, the Smithy model that the SDKs are made of does.
STATUS = {"sqs": {"ReceiptHandleIsInvalid": 404, "RequestThrottled": 403}}

retry = botocore.loaders.Loader().load_data("_retry")


def status_of(service, code, shape):
    """The status that goes with a code, None if there is no such code. `shape`: the operation's own error."""
    if shape is None:
        return COMMON[service].get(code)
    if shape._shape_model.get("fault"):
        return 500
    return STATUS.get(service, {}).get(code, shape.metadata.get("error", {}).get("httpStatusCode", 400))


def is_throttling(code):
    return code in botocore.retries.standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES


def retried_statuses(service, code):
    """The statuses with which botocore's rules name the code; none if they do not."""
    policies = {**retry["retry"]["__default__"]["policies"]}
    policies.update(retry["retry"].get(service, {}).get("__default__", {}).get("policies", {}))
    rules = [retry["definitions"][rule["$ref"]] if "$ref" in rule else rule for rule in policies.values()]
    answers = [rule.get("applies_when", {}).get("response", {}) for rule in rules]
    return [answer["http_status_code"] for answer in answers if answer.get("service_error_code") == code]
