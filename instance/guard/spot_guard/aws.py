"""A signed request to AWS as the instance's role, and its answer within bounds."""

import http.client
import os
import re
import time
from typing import Dict
from urllib.parse import urlsplit

from . import role, sigv4
from .metadata import Metadata, NoAnswer

ANSWER_BYTES = 1_000_000
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
DOMAIN = re.compile(r"[a-z0-9.-]+")
SERVER_ERROR = 500
POLICY = "; attach the stack's instance policy to the instance's role"


class Failed(Exception):
    """Why there is no good answer, in words for the user."""


class Unsure(Failed):
    """The same request may have a good answer the next time."""


class NoRole(Failed):
    """Nothing is wrong: the instance may ask AWS for nothing."""


class Service:
    """`ec2`, `s3`: in the instance's own Region, unless AWS's own variable says where else, for the rehearsal."""

    def __init__(self, name: str, metadata: Metadata) -> None:
        """Raises Failed."""
        self._name = name
        try:
            self._credentials = role.credentials(metadata)
        except LookupError as error:
            raise NoRole("the instance has no role") from error
        except (NoAnswer, ValueError) as error:
            raise Failed(f"the metadata service: {error}") from error
        self.region = told(metadata, "/latest/meta-data/placement/region", REGION)
        domain = told(metadata, "/latest/meta-data/services/domain", DOMAIN)
        elsewhere = (os.environ.get(name) for name in (f"AWS_ENDPOINT_URL_{name.upper()}", "AWS_ENDPOINT_URL"))
        self.elsewhere = next(filter(None, elsewhere), "")
        self.endpoint = self.elsewhere or f"https://{name}.{self.region}.{domain}"

    def ask(self, method: str, path: str, kind: str, body: bytes, timeout: float) -> bytes:
        """The body of a good answer. `kind`: of the body; `timeout`: of each wait for it. Raises Failed."""
        url, name = urlsplit(self.endpoint), self._name.upper()
        open_ = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers: Dict[str, str] = sigv4.sign(
            self._credentials,
            self.region,
            self._name,
            url.netloc,
            {"content-type": kind},
            body,
            at,
            method,
            path,
        )
        connection = open_(url.netloc, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            status, said = answer.status, answer.read(ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Unsure(f"{name} at {url.netloc} does not answer: {error}") from error
        finally:
            connection.close()
        if len(said) > ANSWER_BYTES:
            raise Failed(f"{name}'s answer has more than {ANSWER_BYTES} bytes")
        if status != 200:
            fault = Unsure if status >= SERVER_ERROR else Failed
            raise fault(f"{name} answers HTTP {status}: {_error(said)}")
        return said


def told(metadata: Metadata, path: str, pattern: "re.Pattern[str]") -> str:
    """What the metadata service says there. Raises Failed, also where it does not match."""
    try:
        said = role.text(metadata, path)
    except (NoAnswer, LookupError) as error:
        raise Failed(f"the metadata service: {error}") from error
    if not pattern.fullmatch(said):
        raise Failed(f"the metadata service: got {said[:40]!a} for {path}")
    return said


def _error(said: bytes) -> str:
    match = re.search(rb"<Code>([A-Za-z.]{1,64})</Code>", said)
    code = match[1].decode() if match else "no error code"
    return code + (POLICY if "Unauthorized" in code or code == "AccessDenied" else "")
