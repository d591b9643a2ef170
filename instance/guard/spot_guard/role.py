"""The role of the instance profile, as the metadata service tells it."""

import json
from typing import Any, Dict, cast

from .metadata import Metadata, NoAnswer
from .sigv4 import Credentials

ROLE_PATH = "/latest/meta-data/iam/security-credentials/"


def credentials(metadata: Metadata) -> Credentials:
    """Raises NoAnswer, LookupError where the instance has no role, ValueError."""
    name = text(metadata, ROLE_PATH).split("\n")[0]
    said: Any = json.loads(text(metadata, ROLE_PATH + name))
    fields = cast("Dict[str, Any]", said) if isinstance(said, dict) else {}
    if fields.get("Code") != "Success":
        raise ValueError(
            f"the credentials of the role {name[:64]} are {str(fields.get('Code'))[:40]}, not Success"
        )
    return Credentials(str(fields["AccessKeyId"]), str(fields["SecretAccessKey"]), str(fields["Token"]))


def text(metadata: Metadata, path: str) -> str:
    """Raises NoAnswer, LookupError where there is none."""
    answer = metadata.get(path)
    if answer.status == 404:
        raise LookupError(f"{path}: HTTP 404")
    if answer.status != 200:
        raise NoAnswer(f"{path}: HTTP {answer.status}")
    return answer.body.strip()
