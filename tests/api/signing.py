"""Signs what pipelines announce, as docs/expectations.md shows it."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from powertrip.api.expectations import NONCE, PIPELINE, SIGNATURE, TIMESTAMP

PIPELINE_SECRET = "5d0f9b27c1e84a6d93b2"
NAME = "deploy"
WORK = {"person": "oswaldo", "rule": "ssh_login", "host": "web-1", "lasts": "1h", "why": "release 7"}


def signed(
    body: bytes,
    now: datetime,
    *,
    nonce: str = "nonce-of-request-1",
    secret: str = PIPELINE_SECRET,
    name: str = NAME,
) -> dict[str, str]:
    """The headers of a request."""
    sent_at = str(int(now.timestamp()))
    mac = hmac.new(secret.encode(), f"{sent_at}.{nonce}.".encode() + body, hashlib.sha256)
    return {
        PIPELINE: name,
        TIMESTAMP: sent_at,
        NONCE: nonce,
        SIGNATURE: f"sha256={mac.hexdigest()}",
        "Content-Type": "application/json",
    }


def body_of(**changes: Any) -> bytes:
    """The work, with changes; what is None is left out."""
    return json.dumps({name: value for name, value in (WORK | changes).items() if value is not None}).encode()
