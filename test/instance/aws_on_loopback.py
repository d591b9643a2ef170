"""What the guard asks of AWS, on loopback: the metadata service of an instance with a role, and S3."""

import contextlib
import json
import os
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Dict, Generator, List, NamedTuple
from unittest import mock

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
from spot_guard import contract, role

ACCOUNT = "123456789012"
REGION = "eu-central-1"
CREDENTIALS = {"Code": "Success", "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "s", "Token": "t=="}
TOLD = {
    "/latest/api/token": "token",
    role.ROLE_PATH: "app",
    f"{role.ROLE_PATH}app": json.dumps(CREDENTIALS),
    "/latest/meta-data/placement/region": REGION,
    "/latest/meta-data/services/domain": "amazonaws.com",
    "/latest/meta-data/services/partition": "aws",
    "/latest/dynamic/instance-identity/document": json.dumps(
        {"accountId": ACCOUNT, "kernelId": None}, indent=1
    ),
}


class Put(NamedTuple):
    path: str
    headers: Dict[str, str]
    body: str


class Handler(BaseHTTPRequestHandler):
    @property
    def loopback(self) -> "Loopback":
        assert isinstance(self.server, Loopback)
        return self.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: a test's output is its own."""

    def do_GET(self) -> None:
        said = self.loopback.told.get(self.path)
        self.reply(404 if said is None else 200, (said or "").encode())

    def do_PUT(self) -> None:
        if self.path.startswith("/latest/"):
            self.do_GET()
            return
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.loopback.puts.append(Put(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answers = self.loopback.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def reply(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Loopback(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.told = dict(TOLD)
        self.answers: List[Callable[[Handler], None]] = [done]
        """Of S3, one after the other; the last for all that follow."""
        self.puts: List[Put] = []
        self.over = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: whoever asked has gone, as it may."""


def done(handler: Handler) -> None:
    handler.reply(200)


def refuses(status: int, code: str) -> Callable[[Handler], None]:
    body = f'<?xml version="1.0"?>\n<Error><Code>{code}</Code><Message>no</Message></Error>'.encode()
    return lambda handler: handler.reply(status, body)


def hangs(handler: Handler) -> None:
    handler.loopback.over.wait(20)


def trickles(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
    while not handler.loopback.over.wait(0.1):
        handler.wfile.write(b"x")


def resets(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def floods(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(20):
        handler.wfile.write(b"x" * 100_000)
    hangs(handler)


@contextlib.contextmanager
def aws_on_loopback() -> Generator[Loopback, None, None]:
    """The guard's own requests go there."""
    server = Loopback()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    variables = {contract.METADATA_VARIABLE: server.url, "AWS_ENDPOINT_URL_S3": server.url}
    try:
        with mock.patch.dict(os.environ, variables):
            yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
