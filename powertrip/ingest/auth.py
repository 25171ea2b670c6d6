"""Checks that a sender knows its source's secret, by whichever way the sender can carry one.

Bearer token, basic auth (any user name, the secret as the password), a configured header, or the last
segment of the path. Nothing here logs.
"""

import base64
import binascii

from pydantic import SecretStr

from powertrip.config.secret import is_any
from powertrip.errors import Unauthorized
from powertrip.ingest.contract import IngestRequest

_REFUSAL = (
    "the secret is missing or wrong; send it as a bearer token, as the basic auth password, "
    "in the configured header, or as the last segment of the path"
)


def authorize(request: IngestRequest, secret: SecretStr, header: str | None) -> None:
    """Return if the request carries `secret`; raises Unauthorized. An empty secret lets nobody in."""
    scheme, _, credentials = (request.header("authorization") or "").partition(" ")
    offered = (
        credentials.strip() if scheme.lower() == "bearer" else None,
        _basic_password(credentials.strip()) if scheme.lower() == "basic" else None,
        request.header(header) if header else None,
        request.path_secret,
    )
    if not (is_any(filter(None, offered), secret) and secret.get_secret_value()):
        raise Unauthorized(_REFUSAL)


def _basic_password(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):  # not base64, or not UTF-8: no password of ours
        return None
