"""One way to call Slack: errors become Powertrip's own, sorted by what the caller can do about them."""

import math
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from powertrip.errors import SlackAmbiguous, SlackRefused, SlackUnavailable

LONGEST_WAIT = 300.0
"""Seconds that a rate limit may hold up a conversation before Slack is asked again."""
CALL_TIMEOUT = 8
"""Seconds for one call; Slack usually answers within one."""
RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
AWAY = frozenset({"service_unavailable", "team_added_to_org", "org_login_required", "accesslimited"})
"""Slack's own errors that pass by themselves: it is away, or the workspace moves to another organisation."""
MAYBE_DONE = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""Slack's own errors after which part of the operation may have succeeded."""


async def call(method: Awaitable[Any]) -> Any:
    """Await a Web API call and return its answer.

    Raises SlackUnavailable where it did not take effect and may work later, SlackAmbiguous where it may
    have taken effect, SlackRefused where it will not work as asked.
    """
    try:
        return await method
    except SlackApiError as error:
        raise sorted_error(error) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise SlackUnavailable(f"Slack cannot be reached: {error}") from error
    except (aiohttp.ClientError, TimeoutError, SlackClientError) as error:
        raise SlackAmbiguous(f"Slack did not answer: {type(error).__name__} {error}") from error
    except AttributeError as error:
        # The SDK stumbles over a body of plain text with status 200, such as a proxy's.
        raise SlackAmbiguous("Slack's answer cannot be read") from error


def sorted_error(error: SlackApiError) -> SlackUnavailable | SlackAmbiguous | SlackRefused:
    """The error of ours that says what to do about one of Slack's."""
    response = error.response
    # Where the body is no JSON, the SDK hands over aiohttp's response.
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 200)
    body = _body(response)
    code = str(body.get("error", ""))
    if status == 429 or code in RATE_LIMITED:
        return SlackUnavailable("Slack's rate limit", retry_after=_retry_after(response))
    if status >= 500 or code in MAYBE_DONE or (status < 400 and not code):
        return SlackAmbiguous(f"Slack answered {status} {code}".strip())
    if code in AWAY:
        return SlackUnavailable(f"Slack is temporarily unavailable: {code}")
    return SlackRefused(code or f"http_{status}", f"Slack refused: {code or status}{_detail(body)}")


def _body(response: Any) -> dict[str, Any]:
    """The answer's JSON; empty for what a server in between answers in its place."""
    data = getattr(response, "data", response)
    return data if isinstance(data, dict) else {}


def _retry_after(response: Any) -> float:
    headers = {str(name).lower(): value for name, value in (getattr(response, "headers", None) or {}).items()}
    value = headers.get("retry-after", "1")
    try:
        seconds = float(value[0] if isinstance(value, list) else value)
    except ValueError:  # a date, as a server in between may write it
        return 1.0
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else 1.0


def _detail(body: dict[str, Any]) -> str:
    """What Slack adds in words: the scope that is missing, the block that is wrong."""
    needed = body.get("needed")
    messages = (body.get("response_metadata") or {}).get("messages")
    parts = [f"needs the scope {needed}"] if needed else []
    parts += [str(message) for message in messages or []]
    return f" ({'; '.join(parts)})" if parts else ""
