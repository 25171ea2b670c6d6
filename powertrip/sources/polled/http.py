"""One bounded request to a polled API, with its failures told apart: may work later, or needs an operator."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from powertrip.errors import PollRefused, PollUnavailable

ANSWER_LIMIT = 32 << 20
"""Bytes of one answer; 1000 records of 8 KiB are a quarter of that."""
TIMEOUT = 30.0
"""Seconds for a connection, or between two parts of an answer."""
_LATER = frozenset({408, 425, 429})
_LONGEST_WAIT = 3600.0
"""Seconds that a Retry-After is heeded at most."""


async def ask(client: httpx.AsyncClient, method: str, url: str, **how: Any) -> dict[str, Any]:
    """The JSON object that answers; raises PollUnavailable or PollRefused."""
    try:
        async with client.stream(method, url, timeout=TIMEOUT, follow_redirects=False, **how) as answer:
            if answer.status_code != 200:
                raise _failure(answer)
            return _object(await _body(answer))
    except httpx.HTTPError as error:
        raise PollUnavailable(f"no answer: {type(error).__name__}") from error


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes(65536):
        body += part
        if len(body) > ANSWER_LIMIT:
            raise PollUnavailable(f"the answer is larger than {ANSWER_LIMIT >> 20} MiB")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PollUnavailable("the answer is not JSON") from error
    if not isinstance(value, dict):
        raise PollUnavailable("the answer is not a JSON object")
    return value


def _failure(answer: httpx.Response) -> PollUnavailable | PollRefused:
    status = answer.status_code
    if status in _LATER or status >= 500:
        return PollUnavailable(f"answered {status}", _retry_after(answer.headers.get("Retry-After")))
    if status in (401, 403):
        return PollRefused(f"answered {status}: the credentials are wrong, or may not read this")
    return PollRefused(f"answered {status}; check the address and what is asked for")


def _retry_after(value: str | None) -> float | None:
    """Seconds; RFC 9110 section 10.2.3 allows a number or a date."""
    if value is None:
        return None
    if value.isdecimal() and len(value) < 10:
        return min(float(value), _LONGEST_WAIT)
    try:
        wait = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), _LONGEST_WAIT)


def listed(value: Any, what: str) -> list[dict[str, Any]]:
    """The objects of a list that the answer must hold; raises PollUnavailable where it holds none."""
    if not isinstance(value, list):
        raise PollUnavailable(f"the answer holds no list of {what}")
    return [item if isinstance(item, dict) else {"value": item} for item in value]
