"""Calls Slack, and turns each error into one that says what the caller can do about it."""

import traceback
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from powertrip.errors import SlackAmbiguous, SlackMisconfigured, SlackRefused, SlackUnavailable
from powertrip.net import retry_after, utc_now

LONGEST_WAIT = 300.0
"""Seconds. A longer Retry-After is not believed: Slack is asked again after these."""
CALL_TIMEOUT = 8
"""Seconds for one call; Slack usually answers within one."""
RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
AWAY = frozenset({"service_unavailable", "team_added_to_org", "org_login_required", "accesslimited"})
"""Slack's own errors that pass by themselves: it is away, or the workspace moves to another organisation."""
MAYBE_DONE = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""Slack's own errors after which part of the operation may have succeeded."""
OPERATORS = frozenset(
    {
        *(
            "invalid_auth",
            "not_authed",
            "token_revoked",
            "token_expired",
            "account_inactive",
            "no_permission",
        ),
        *("missing_scope", "not_allowed_token_type", "ekm_access_denied", "team_access_not_granted"),
        *("two_factor_setup_required", "app_missing_action_url", "invalid_app_id"),
    }
)
"""Slack's own errors about the token and the app, which say nothing of what was asked."""
# What reads an answer: as JSON, as an object that says ok, and as the text of an error.
_READING = {
    function.__code__
    for function in (
        aiohttp.ClientResponse.json,
        AsyncSlackResponse.validate,
        AsyncSlackResponse.__str__,
    )
}


async def call(method: Awaitable[Any]) -> Any:
    """Await a Web API call and return its answer.

    Raises SlackUnavailable where it did not take effect and may work later, SlackAmbiguous where it may
    have taken effect, SlackRefused where it will not work as asked.
    """
    try:
        answer = await method
    except SlackApiError as error:
        raise classify(error) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise SlackUnavailable(f"Slack cannot be reached: {error}") from error
    except (aiohttp.ClientError, TimeoutError, SlackClientError) as error:
        raise SlackAmbiguous(f"Slack did not answer: {type(error).__name__} {error}") from error
    except (AttributeError, ValueError, RecursionError) as error:
        # The SDK's own reading trips over an answer that is no JSON object, such as a proxy's page.
        # Raised anywhere else it is a fault of ours: not to be retried, and logged with its traceback.
        if _READING.isdisjoint(frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)):
            raise
        raise SlackAmbiguous("Slack's answer cannot be read") from error
    # The SDK takes what says that it is compressed for a file, whatever was asked, and for a success.
    if isinstance(getattr(answer, "data", None), bytes):
        raise SlackAmbiguous("Slack's answer is no JSON")
    return answer


def within(value: Any, *keys: str) -> Any:
    """What stands at these keys, one inside the other; None where anything but an object is on the way.

    What calls itself Slack may say ok and give parts of its answer another shape.
    """
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def next_cursor(answer: Any) -> str | None:
    """Where the next page of a list begins; None where there is none."""
    cursor = within(answer.get("response_metadata"), "next_cursor")
    return cursor if isinstance(cursor, str) and cursor else None


def classify(error: SlackApiError) -> SlackUnavailable | SlackAmbiguous | SlackRefused:
    """The error of ours that says what to do about one of Slack's."""
    response = error.response
    # Where the body is no JSON, the SDK hands over aiohttp's response.
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 200)
    data = getattr(response, "data", response)
    # A server in between may answer anything in Slack's place.
    body: dict[str, Any] = data if isinstance(data, dict) else {}
    code = str(body.get("error", "")) if body.get("ok") is False else ""
    if status == 429 or code in RATE_LIMITED:
        return SlackUnavailable("Slack's rate limit", retry_after=_retry_after(response))
    if status >= 500 or code in MAYBE_DONE or (status < 400 and not code):
        return SlackAmbiguous(f"Slack answered {status} {code}".strip())
    if not code:
        # Slack gives each refusal a name; a server in between let nothing through.
        return SlackUnavailable(f"something between here and Slack answered {status}")
    if code in AWAY:
        return SlackUnavailable(f"Slack is temporarily unavailable: {code}")
    needed = str(body.get("needed") or "") or None
    details = [f"needs the scope {needed}"] if needed else []
    messages = within(body, "response_metadata", "messages")
    details += map(str, messages if isinstance(messages, list) else [])
    in_words = f" ({'; '.join(details)})" if details else ""
    text = f"Slack refused: {code}{in_words}"
    return SlackMisconfigured(code, text, needed) if code in OPERATORS else SlackRefused(code, text)


def _retry_after(response: Any) -> float:
    """Seconds to wait; a second where Slack does not say, or says what cannot be read."""
    # The SDK gives each header as Slack spelled it, and aiohttp's may be a list.
    headers = {str(name).lower(): value for name, value in (getattr(response, "headers", None) or {}).items()}
    value = headers.get("retry-after")
    wait = retry_after(value[0] if isinstance(value, list) else value, utc_now())
    return 1.0 if wait is None else min(wait, LONGEST_WAIT)
