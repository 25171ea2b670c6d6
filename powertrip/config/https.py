"""Addresses that have to be https: but for this machine alone, everybody on the way reads http."""

import re
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""The names of this machine."""


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:  # beyond 65535
        return False


def https_like(example: str, *, or_else: str) -> AfterValidator:
    """Refuses what is no https address without a user in it, such as `example`; takes http on this machine.

    `or_else` is why http will not do beyond it.
    """

    def check(value: str) -> str:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and parts.hostname and _has_port(parts)
        if not is_address or parts.username or parts.fragment or re.search(r"[\s\x00-\x1f\x7f]", value):
            raise ValueError(f"must be an https address without a user in it, such as {example}")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(f"must be https beyond this machine: {or_else}")
        return value

    return AfterValidator(check)
