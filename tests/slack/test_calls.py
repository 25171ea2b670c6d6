"""What Slack refuses is sorted by what can be done about it."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from powertrip.errors import SlackUnavailable
from powertrip.net import utc_now
from powertrip.slack.calls import sorted_error


def limited(headers: dict[str, str | list[str]]) -> SlackApiError:
    """Slack's answer to one call too many."""
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data={"ok": False, "error": "ratelimited"},
        headers=headers,
        status_code=429,
    )
    return SlackApiError("limited", response)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 1.0),
        ({"Retry-After": "30"}, 30.0),
        ({"retry-after": ["30"]}, 30.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "nan"}, 1.0),
    ],
)
def test_a_rate_limit_says_how_long_or_is_short(headers: dict[str, str | list[str]], wait: float) -> None:
    error = sorted_error(limited(headers))
    assert isinstance(error, SlackUnavailable)
    assert error.retry_after == wait


def test_a_rate_limit_until_a_date_is_waited_for() -> None:
    date = format_datetime(utc_now() + timedelta(minutes=2), usegmt=True)
    wait = sorted_error(limited({"Retry-After": date})).retry_after
    assert wait is not None
    assert 100 < wait <= 120
