"""Answers that Slack does not take."""

import asyncio

from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from powertrip.domain.deciding import Outcome
from powertrip.errors import NotAllowed
from powertrip.slack.answering import Asker
from powertrip.slack.listeners import _answer_after_modal
from tests.samples import ALICE


async def test_an_answer_after_a_modal_that_slack_does_not_take_breaks_nothing() -> None:
    async def refused() -> Outcome:
        raise NotAllowed("Only reviewers can.")

    away = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])
    with capture_logs() as logged:
        asker = Asker(user=ALICE, channel="C0GENERAL", client=away)
        await _answer_after_modal(asyncio.create_task(refused()), asker)
    assert [entry["event"] for entry in logged] == ["answer not delivered"]
