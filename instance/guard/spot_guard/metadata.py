"""The instance metadata service, IMDSv2 alone. Over a bare socket: http would double a watcher's memory."""

import re
import socket
import time
from typing import Dict, Optional, Tuple

from .answer import TOKEN_PATH, Answer, NoAnswer, address

TOKEN_SECONDS = 21600
"""The longest that AWS grants."""
AGAIN_SECONDS = 10.0
"""After a renewal that failed: it may have taken its whole second."""
TOKEN_CHARS = 1024
ANSWER_SECONDS = 1.0
"""For the whole of one answer. The service is on the machine's own host: it answers in a millisecond."""
ANSWER_BYTES = 65536
STATUS = re.compile(r"HTTP/1\.[0-9] ([0-9]{3})(?: |$)")
LENGTH = re.compile(r"[0-9]{1,9}")
UNAUTHORIZED = 401


class Metadata:
    """Asks with a token that it renews at half its life, and keeps where renewing fails."""

    def __init__(self) -> None:
        self._address = address()
        self._token = ""
        self._refusal = "no token was granted"
        self._renew_at = 0.0

    def get(self, path: str) -> Answer:
        """Raises NoAnswer."""
        if time.monotonic() >= self._renew_at:
            self._renew()
        answer = self._ask(path)
        if answer.status == UNAUTHORIZED:
            self._renew()
            answer = self._ask(path)
        return answer

    def _ask(self, path: str) -> Answer:
        if not self._token:
            raise NoAnswer(self._refusal)
        return request(self._address, "GET", path, {"X-aws-ec2-metadata-token": self._token})

    def _renew(self) -> None:
        asked = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
        self._renew_at = time.monotonic() + (AGAIN_SECONDS if self._token else 0.0)
        try:
            answer = request(self._address, "PUT", TOKEN_PATH, asked)
        except NoAnswer as error:
            self._refusal = f"no token: {error}"
            return  # the token that there is may still do
        self._refusal = f"no token: HTTP {answer.status}"
        token = answer.body.strip()
        if (
            answer.status == 200
            and 0 < len(token) <= TOKEN_CHARS
            and token.isascii()
            and token.isprintable()
            and " " not in token
        ):
            self._token = token
            self._renew_at = time.monotonic() + TOKEN_SECONDS / 2


def request(address: Tuple[str, int], method: str, path: str, headers: Dict[str, str]) -> Answer:
    """One connection for one answer. Raises NoAnswer."""
    until = time.monotonic() + ANSWER_SECONDS
    lines = [f"{method} {path} HTTP/1.1", f"Host: {address[0]}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method == "PUT":
        lines.append("Content-Length: 0")
    try:
        # Not create_connection: it looks an address up as a name, and loads all of Unicode for that.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(address)
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
            return _read(connection, until)
    except OSError as error:
        raise NoAnswer(str(error)) from error


def _read(connection: socket.socket, until: float) -> Answer:
    data = b""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise NoAnswer(f"not whole after {ANSWER_SECONDS} s")
        connection.settimeout(left)
        more = connection.recv(4096)
        data += more
        if len(data) > ANSWER_BYTES:
            raise NoAnswer(f"longer than {ANSWER_BYTES} bytes")
        answer = _parse(data, closed=not more)
        if answer:
            return answer


def _parse(data: bytes, closed: bool) -> Optional[Answer]:
    """None where more must come. Raises NoAnswer for what is no HTTP, or ends too soon."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        if closed:
            raise NoAnswer("closed before its headers ended")
        return None
    status_line, *lines = head.decode("latin-1").split("\r\n")
    status = STATUS.match(status_line)
    if status is None:
        raise NoAnswer("not HTTP")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
    }
    if "transfer-encoding" in headers:
        raise NoAnswer("in a transfer encoding that the service does not use")
    length = headers.get("content-length")
    if length is None:
        if not closed:
            return None
    elif not LENGTH.fullmatch(length) or (closed and len(body) < int(length)):
        raise NoAnswer("shorter than it says")
    elif len(body) < int(length):
        return None
    else:
        body = body[: int(length)]
    try:
        return Answer(int(status[1]), body.decode("utf-8"), headers.get("date"))
    except UnicodeDecodeError as error:
        raise NoAnswer("not UTF-8") from error
