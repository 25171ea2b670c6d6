"""Whose fault it is when a call of Slack goes wrong, and what can be done about what Slack refuses."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from powertrip.errors import SlackAmbiguous, SlackError, SlackMisconfigured, SlackRefused, SlackUnavailable
from powertrip.net import utc_now
from powertrip.slack.calls import LONGEST_WAIT, call, classify


@pytest.fixture
async def proxy() -> AsyncIterator[AsyncWebClient]:
    """A client whose calls end at something that is not Slack, and answers 200 with the path's last word."""
    kinds = {"text": ("text/plain", b"Welcome to Example Wi-Fi"), "list": ("application/json", b"[1]")}
    kinds["nothing"] = ("application/json", b"{}")
    kinds["latin"] = ("application/json", '{"ok": "zoë"}'.encode("latin-1"))
    kinds["deep"] = ("application/json", b"[" * 100_000)
    kinds["packed"] = ("application/gzip", b"?")
    kinds["refused"] = ("application/gzip", b"?")

    async def answer(request: web.Request) -> web.Response:
        content_type, body = kinds[request.match_info["kind"]]
        status = 503 if request.match_info["kind"] == "refused" else 200
        return web.Response(status=status, content_type=content_type, body=body)

    application = web.Application()
    application.router.add_route("*", "/{kind}", answer)
    async with TestServer(application) as server:
        yield AsyncWebClient(token="xoxb-1", base_url=str(server.make_url("/")))


@pytest.mark.parametrize("method", ["text", "list", "latin", "deep", "packed", "refused"])
async def test_an_answer_that_is_no_object_is_called_unreadable(proxy: AsyncWebClient, method: str) -> None:
    with pytest.raises(SlackAmbiguous, match=r"Slack's answer (cannot be read|is no JSON)"):
        await call(proxy.api_call(method))


async def test_after_an_answer_that_says_neither_yes_nor_no_a_message_may_have_arrived(
    proxy: AsyncWebClient,
) -> None:
    with pytest.raises(SlackAmbiguous, match="Slack answered 200"):
        await call(proxy.api_call("nothing"))


async def test_an_attribute_error_of_our_own_is_not_called_slacks() -> None:
    async def faulty() -> None:
        getattr("a text", "there_is_no_such_thing")  # noqa: B009 (the fault)

    with pytest.raises(AttributeError):
        await call(faulty())


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
        ({"Retry-After": "-3"}, 1.0),
        ({"Retry-After": "1e400"}, 1.0),
        ({"Retry-After": "99999"}, LONGEST_WAIT),
    ],
)
def test_a_rate_limit_says_how_long_or_is_short(headers: dict[str, str | list[str]], wait: float) -> None:
    error = classify(limited(headers))
    assert isinstance(error, SlackUnavailable)
    assert error.retry_after == wait


def test_a_rate_limit_until_a_date_is_waited_for() -> None:
    date = format_datetime(utc_now() + timedelta(minutes=2), usegmt=True)
    wait = classify(limited({"Retry-After": date})).retry_after
    assert wait is not None
    assert 100 < wait <= 120


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
    return classify(SlackApiError("refused", response))


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
        (403, "", SlackUnavailable),
        (404, "", SlackUnavailable),
        (407, "", SlackUnavailable),
        (200, "invalid_auth", SlackMisconfigured),
        (200, "token_revoked", SlackMisconfigured),
        (200, "missing_scope", SlackMisconfigured),
    ],
)
def test_an_error_says_whether_it_may_work_later(status: int, code: str, kind: type[SlackError]) -> None:
    assert type(answered(status, code)) is kind


def test_a_refusal_that_does_not_say_that_it_is_slacks_is_a_proxys() -> None:
    answers: list[Any] = [{"error": "forbidden"}, {"ok": True, "error": "x"}, ["forbidden"], "forbidden"]
    for data in answers:
        response = AsyncSlackResponse(
            client=None,
            http_verb="POST",
            api_url="https://slack.test/api/chat.postMessage",
            req_args={},
            data=data,
            headers={},
            status_code=403,
        )
        assert type(classify(SlackApiError("refused", response))) is SlackUnavailable
