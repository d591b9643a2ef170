"""A signed request to AWS as the instance's role, and its answer within bounds."""

import http.client
import os
import re
import time
from typing import Dict, Tuple
from urllib.parse import urlsplit

from . import role, sigv4
from .answer import TOKEN_PATH, Answer, NoAnswer, address

ANSWER_BYTES = 1_000_000
METADATA_SECONDS = 1.0
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
DOMAIN = re.compile(r"[a-z0-9.-]+")
FAULTS = (OSError, http.client.HTTPException)


class Failed(Exception):
    """Why there is no good answer, in words for the user."""


class Unsure(Failed):
    """The same request may have a good answer the next time."""


class NoRole(Failed):
    """Nothing is wrong: the instance may ask AWS for nothing."""


class Service:
    """`ec2` or `s3`, in the instance's own Region; elsewhere only where AWS's own variable says so."""

    def __init__(self, name: str) -> None:
        """Raises Failed."""
        self._name = name
        try:
            self._metadata = _Metadata()
            self._credentials = role.credentials(self._metadata)
        except LookupError as error:
            raise NoRole("the instance has no role") from error
        except (NoAnswer, ValueError) as error:
            raise Failed(f"the metadata service: {error}") from error
        self.region = self.told("meta-data/placement/region", REGION)
        domain = self.told("meta-data/services/domain", DOMAIN)
        elsewhere = map(os.environ.get, (f"AWS_ENDPOINT_URL_{name.upper()}", "AWS_ENDPOINT_URL"))
        self.elsewhere = next(filter(None, elsewhere), "")
        self.endpoint = self.elsewhere or f"https://{name}.{self.region}.{domain}"

    def told(self, path: str, pattern: "re.Pattern[str]") -> str:
        """What the metadata service says there. Raises Failed, also where it does not match."""
        try:
            said = role.text(self._metadata, f"/latest/{path}")
        except (NoAnswer, LookupError) as error:
            raise Failed(f"the metadata service: {error}") from error
        if not pattern.fullmatch(said):
            raise Failed(f"the metadata service: got {said[:40]!a} for {path}")
        return said

    def ask(self, method: str, path: str, kind: str, body: bytes, timeout: float) -> bytes:
        """The body of a good answer. `kind`: of the body; `timeout`: of each wait for it. Raises Failed."""
        host, name = urlsplit(self.endpoint).netloc, self._name.upper()
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        kinds = {"content-type": kind}
        headers = sigv4.sign(self._credentials, self.region, self._name, host, kinds, body, at, method, path)
        try:
            status, said = _exchange(self.endpoint, method, path, headers, body, timeout)
        except FAULTS as error:
            raise Unsure(f"{name} at {host} does not answer: {error}") from error
        if len(said) > ANSWER_BYTES:
            raise Failed(f"{name}'s answer has more than {ANSWER_BYTES} bytes")
        if status != 200:
            raise (Failed if status < 500 else Unsure)(f"{name} answers HTTP {status}: {_error(said)}")
        return said


class _Metadata:
    """For a few questions in a row, over http: who asks AWS has loaded it, and the watcher must not."""

    def __init__(self) -> None:
        """Raises NoAnswer, ValueError."""
        self._headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        self._headers = {"X-aws-ec2-metadata-token": self._ask("PUT", TOKEN_PATH).body}

    def get(self, path: str) -> Answer:
        """Raises NoAnswer, ValueError."""
        return self._ask("GET", path)

    def _ask(self, method: str, path: str) -> Answer:
        host, port = address()
        try:
            status, said = _exchange(
                f"http://{host}:{port}", method, path, self._headers, b"", METADATA_SECONDS
            )
        except FAULTS as error:
            raise NoAnswer(str(error)) from error
        return Answer(status, said.decode("utf-8"), None)


def _exchange(
    endpoint: str, method: str, path: str, headers: Dict[str, str], body: bytes, timeout: float
) -> Tuple[int, bytes]:
    """Status and body, of which no more is read than shows that it is too long. Raises FAULTS, ValueError."""
    url = urlsplit(endpoint)
    secure = url.scheme == "https"
    open_ = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = open_(url.netloc, timeout=timeout)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(ANSWER_BYTES + 1)
    finally:
        connection.close()


def _error(said: bytes) -> str:
    match = re.search(rb"<Code>([A-Za-z.]{1,64})</Code>", said)
    code = match[1].decode() if match else "no error code"
    denied = "Unauthorized" in code or code == "AccessDenied"
    return code + ("; attach the stack's instance policy to the instance's role" if denied else "")
