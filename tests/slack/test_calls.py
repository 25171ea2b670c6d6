"""Slack's answers, sorted by what can be done about them."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from powertrip.errors import SlackAmbiguous, SlackError, SlackRefused, SlackUnavailable
from powertrip.slack.calls import LONGEST_WAIT, sorted_error


def answered(status: int = 200, code: str = "", **headers: str) -> SlackError:
    """What becomes of an answer of Slack's."""
    response = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.test/api/chat.postMessage",
        req_args={},
        data={"ok": False, "error": code} if code else {},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        status_code=status,
    )
    return sorted_error(SlackApiError("refused", response))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "ratelimited", SlackUnavailable),
        (200, "rate_limited", SlackUnavailable),
        (200, "service_unavailable", SlackUnavailable),
        (200, "team_added_to_org", SlackUnavailable),
        (200, "org_login_required", SlackUnavailable),
        (200, "accesslimited", SlackUnavailable),
        (500, "", SlackAmbiguous),
        (200, "fatal_error", SlackAmbiguous),
        (200, "user_disabled", SlackRefused),
        (403, "", SlackRefused),
    ],
)
def test_an_error_says_whether_it_may_work_later(status: int, code: str, kind: type[SlackError]) -> None:
    assert type(answered(status, code)) is kind


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("Wed, 25 Nov 2026 10:00:00 GMT", 1.0),
        ("", 1.0),
        ("-3", 0.0),
        ("nan", 1.0),
        ("1e400", 1.0),
        ("99999999999999", LONGEST_WAIT),
    ],
)
def test_no_retry_after_holds_a_conversation_up_for_ever_or_breaks_the_sender(
    stated: str, seconds: float
) -> None:
    limited = answered(429, "ratelimited", Retry_After=stated)
    assert isinstance(limited, SlackUnavailable)
    assert limited.retry_after == seconds
