"""Whose fault it is when a call of Slack goes wrong."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import SlackAmbiguous
from powertrip.slack.calls import call


@pytest.fixture
async def proxy() -> AsyncIterator[AsyncWebClient]:
    """A client whose calls end at something that is not Slack, and answers 200 with the path's last word."""
    kinds = {"text": ("text/plain", "Welcome to Example Wi-Fi"), "list": ("application/json", "[1]")}

    async def answer(request: web.Request) -> web.Response:
        content_type, text = kinds[request.match_info["kind"]]
        return web.Response(content_type=content_type, text=text)

    application = web.Application()
    application.router.add_route("*", "/{kind}", answer)
    async with TestServer(application) as server:
        yield AsyncWebClient(token="xoxb-1", base_url=str(server.make_url("/")))


@pytest.mark.parametrize("method", ["text", "list"])
async def test_an_answer_that_is_no_object_is_called_unreadable(proxy: AsyncWebClient, method: str) -> None:
    with pytest.raises(SlackAmbiguous, match="Slack's answer cannot be read"):
        await call(proxy.api_call(method))


async def test_an_attribute_error_of_our_own_is_not_called_slacks() -> None:
    async def faulty() -> None:
        getattr("a text", "there_is_no_such_thing")  # noqa: B009 (the fault)

    with pytest.raises(AttributeError):
        await call(faulty())
