"""One way to call Slack: errors become Powertrip's own, sorted by what the caller can do about them."""

import traceback
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from powertrip.errors import SlackAmbiguous, SlackRefused, SlackUnavailable
from powertrip.net import retry_after, utc_now

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
        if not _is_of_the_sdk_reading(error):
            raise
        raise SlackAmbiguous("Slack's answer cannot be read") from error


def _is_of_the_sdk_reading(error: AttributeError) -> bool:
    """Whether the SDK raised it at an answer that is no JSON object, such as a proxy's page."""
    # Where it was raised tells: any other AttributeError is a fault of ours, and the caller logs it as one.
    frames = list(traceback.walk_tb(error.__traceback__))
    return frames[-1][0].f_code is AsyncSlackResponse.validate.__code__


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
    value = headers.get("retry-after")
    wait = retry_after(value[0] if isinstance(value, list) else value, utc_now())
    return 1.0 if wait is None else min(wait, LONGEST_WAIT)


def _detail(body: dict[str, Any]) -> str:
    """What Slack adds in words: the scope that is missing, the block that is wrong."""
    needed = body.get("needed")
    messages = (body.get("response_metadata") or {}).get("messages")
    parts = [f"needs the scope {needed}"] if needed else []
    parts += [str(message) for message in messages or []]
    return f" ({'; '.join(parts)})" if parts else ""
