"""AWS Signature Version 4, as far as the guard's own requests need it."""

import hashlib
import hmac
from typing import Dict, NamedTuple


class Credentials(NamedTuple):
    key_id: str
    secret: str
    token: str


def sign(
    credentials: Credentials,
    region: str,
    service: str,
    host: str,
    headers: Dict[str, str],
    body: bytes,
    at: str,
    method: str = "POST",
    path: str = "/",
) -> Dict[str, str]:
    """A request's headers, signed. `at`: like 20260204T153015Z. `path`: percent-encoded as it is sent."""
    digest = hashlib.sha256(body).hexdigest()
    named = {
        **{name.lower(): value.strip() for name, value in headers.items()},
        "host": host,
        "x-amz-date": at,
    }
    if credentials.token:
        named["x-amz-security-token"] = credentials.token
    if service == "s3":
        named["x-amz-content-sha256"] = digest
    names = ";".join(sorted(named))
    lines = "".join(f"{name}:{named[name]}\n" for name in sorted(named))
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{digest}"
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={credentials.key_id}/{scope}"
    named["authorization"] = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}"
    return named
