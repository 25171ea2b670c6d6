"""Checks that a sender knows its source's secret, by whichever way the sender can carry one.

Bearer token, basic auth (any user name, the secret as the password), a configured header, or the last
segment of the path. All ways are compared every time, as digests, so that neither the time taken nor
the length of the secret tells a stranger anything. Nothing here logs.
"""

import base64
import binascii
import hashlib
import hmac

from pydantic import SecretStr

from powertrip.errors import Unauthorized
from powertrip.ingest.contract import IngestRequest

_REFUSAL = (
    "the secret is missing or wrong; send it as a bearer token, as the basic auth password, "
    "in the configured header, or as the last segment of the path"
)


def authorize(request: IngestRequest, secret: SecretStr, header: str | None) -> None:
    """Return if the request carries `secret`; raises Unauthorized. An empty secret lets nobody in."""
    expected = secret.get_secret_value()
    offered = (
        _bearer_token(request),
        _basic_password(request),
        request.header(header) if header else None,
        request.path_secret,
    )
    matches = [_same(value or "", expected) for value in offered]
    if not (expected and any(matches)):
        raise Unauthorized(_REFUSAL)


def _same(offered: str, expected: str) -> bool:
    return hmac.compare_digest(_digest(offered), _digest(expected))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _bearer_token(request: IngestRequest) -> str | None:
    return _credentials(request, "bearer")


def _basic_password(request: IngestRequest) -> str | None:
    encoded = _credentials(request, "basic")
    if encoded is None:
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):  # not base64, or not UTF-8: no password of ours
        return None


def _credentials(request: IngestRequest, scheme: str) -> str | None:
    given_scheme, _, credentials = (request.header("authorization") or "").partition(" ")
    return credentials.strip() if given_scheme.lower() == scheme else None
