"""Addresses that have to be https: but for this machine alone, everybody on the way reads http."""

from urllib.parse import urlsplit

from pydantic import AfterValidator

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""The names of this machine."""


def https_like(example: str, *, or_else: str) -> AfterValidator:
    """Refuses what is no https address without a user in it, such as `example`; takes http on this machine.

    `or_else` is why http will not do beyond it.
    """

    def check(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
            raise ValueError(f"must be an https address without a user in it, such as {example}")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(f"must be https beyond this machine: {or_else}")
        return value

    return AfterValidator(check)
