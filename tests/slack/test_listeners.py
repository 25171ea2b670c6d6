"""When a click is acknowledged, and answers that Slack does not take."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from powertrip.domain.deciding import Outcome
from powertrip.errors import NotAllowed
from powertrip.slack import listeners
from powertrip.slack.answering import Asker
from powertrip.slack.listeners import Listeners, PendingInteractions, _answer_after_modal
from tests.samples import ALICE


async def test_an_answer_after_a_modal_that_slack_does_not_take_breaks_nothing() -> None:
    async def refused() -> Outcome:
        raise NotAllowed("Only reviewers can.")

    away = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])
    with capture_logs() as logged:
        asker = Asker(user=ALICE, channel="C0GENERAL", client=away)
        await _answer_after_modal(asyncio.create_task(refused()), asker)
    assert [entry["event"] for entry in logged] == ["answer not delivered"]


class Click:
    """A click of a button, and in which order what became of it."""

    def __init__(self, *, takes_long: bool = False) -> None:
        self.order: list[str] = []
        self._goes_on = asyncio.Event()
        if not takes_long:
            self._goes_on.set()

    async def decide(self, *_: Any, **__: Any) -> Outcome:
        """In place of the decider."""
        await self._goes_on.wait()
        self.order.append("decided")
        raise NotAllowed("Only reviewers can.")

    async def ack(self) -> None:
        self.order.append("acknowledged")
        self._goes_on.set()

    async def respond(self, **_: Any) -> Any:
        self.order.append("answered")
        return SimpleNamespace(status_code=200, body="")

    async def press(self) -> list[str]:
        nothing: Any = None
        decider: Any = self
        listening = Listeners(nothing, decider, nothing, PendingInteractions())
        body = {"actions": [{"action_id": "approve", "value": "k3f9x2m8.1"}], "user": {"id": ALICE}}
        await listening.on_button(self.ack, body, None, self.respond)
        return self.order


async def test_a_click_is_kept_before_it_is_acknowledged() -> None:
    assert await Click().press() == ["decided", "acknowledged", "answered"]


async def test_a_click_that_takes_long_is_acknowledged_before_slack_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listeners, "ACK_PATIENCE", 0.01)

    assert await Click(takes_long=True).press() == ["acknowledged", "decided", "answered"]
