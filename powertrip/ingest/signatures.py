"""Signatures over a request's body: HMAC-SHA256 with the source's secret, and the time it was made."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import SecretStr

from powertrip.errors import Unauthorized
from powertrip.ingest.contract import IngestRequest


def hmac_sha256(secret: SecretStr, signed: bytes) -> str:
    """The signature in lower-case hexadecimal digits."""
    return hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()


def check_signature(offered: Sequence[str], secret: SecretStr, signed: bytes, *, header: str) -> None:
    """Return if one of `offered`, all ASCII, is `hmac_sha256` of the two; raises Unauthorized.

    An empty secret lets nobody in. The refusal names `header`.
    """
    expected = hmac_sha256(secret, signed)
    # All of them, so that the time taken does not tell which is right.
    matches = [hmac.compare_digest(signature, expected) for signature in offered]
    if not (secret.get_secret_value() and any(matches)):
        raise Unauthorized(f"{header} is wrong; is the secret of the sender the source's own?")


def shaped(request: IngestRequest, header: str, shape: re.Pattern[str], advice: str) -> re.Match[str]:
    """The header, where it is of this shape; raises Unauthorized with the `advice`."""
    match = shape.fullmatch(request.header(header) or "")
    if match is None:
        raise Unauthorized(f"{header} is missing or malformed; {advice}")
    return match


def check_time(signed_at: str, received_at: datetime, window: timedelta) -> None:
    """Return if the Unix time `signed_at`, in digits, is within `window` of ours; raises Unauthorized."""
    ahead = int(signed_at) - int(received_at.timestamp())
    if abs(ahead) > window.total_seconds():
        direction = "ahead of" if ahead > 0 else "behind"
        raise Unauthorized(f"the request's clock is {abs(ahead)} s {direction} Powertrip's; set it right")
