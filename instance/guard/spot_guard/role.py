"""The role of the instance profile, as the metadata service tells it."""

import json
import re
from typing import Any, Dict, cast

from .answer import Asked, NoAnswer
from .sigv4 import Credentials

ROLE_PATH = "/latest/meta-data/iam/security-credentials/"
NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
"""As IAM allows it: it becomes part of a path, and of words for the user."""
SECRET = re.compile(r"[!-~]{1,16384}")
"""Part of a header: no line may end in it."""


def credentials(metadata: Asked) -> Credentials:
    """Raises NoAnswer, LookupError where the instance has no role, ValueError."""
    name = text(metadata, ROLE_PATH).split("\n")[0]
    if not NAME.fullmatch(name):
        raise ValueError(f"the name of the role is {name[:40]!a}, not a name")
    try:
        said: Any = json.loads(text(metadata, ROLE_PATH + name))
    except RecursionError as error:
        raise ValueError("the credentials are nested too deep") from error
    fields = cast("Dict[str, Any]", said) if isinstance(said, dict) else {}
    if fields.get("Code") != "Success":
        raise ValueError(
            f"the credentials of the role {name} are {str(fields.get('Code'))[:40]!a}, not Success"
        )
    parts = [fields.get(part) for part in ("AccessKeyId", "SecretAccessKey", "Token")]
    if not all(isinstance(part, str) and SECRET.fullmatch(part) for part in parts):
        raise ValueError(f"the credentials of the role {name} are not whole")
    return Credentials(*cast("list[str]", parts))


def text(metadata: Asked, path: str) -> str:
    """Raises NoAnswer, LookupError where there is none."""
    answer = metadata.get(path)
    if answer.status == 404:
        raise LookupError(f"{path}: HTTP 404")
    if answer.status != 200:
        raise NoAnswer(f"{path}: HTTP {answer.status}")
    return answer.body.strip()
