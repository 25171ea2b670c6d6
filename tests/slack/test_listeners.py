"""When a click is acknowledged, and answers that Slack does not take."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from powertrip import cards
from powertrip.domain.deciding import Outcome
from powertrip.errors import NotAllowed
from powertrip.net import steady_now
from powertrip.slack import answering, listeners
from powertrip.slack.answering import Asker, tell_what_became
from powertrip.slack.home import HomeTab
from powertrip.slack.listeners import Listeners, PendingInteractions
from powertrip.slack.offers import OfferListeners
from tests.samples import ALICE


async def test_an_answer_after_a_modal_that_slack_does_not_take_breaks_nothing() -> None:
    async def refused() -> Outcome:
        raise NotAllowed("Only reviewers can.")

    away = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])
    with capture_logs() as logged:
        asker = Asker(user=ALICE, channel="C0GENERAL", client=away)
        await tell_what_became(asker, asyncio.create_task(refused()), lambda _: cards.note("Denied."))
    assert [entry["event"] for entry in logged] == ["answer not delivered"]


@pytest.mark.parametrize("part", ["2026-01-15", 7, ["x"], None])
def test_who_asks_is_read_from_what_has_any_shape(part: object) -> None:
    asker = answering.asker_of({"user": part, "channel": part, "user_id": ALICE, "channel_id": "C0"}, None)
    assert asker == Asker(user=ALICE, channel="C0", client=None)


class Click:
    """A click, a modal or a command that decides, and in which order what became of it."""

    def __init__(
        self,
        *,
        takes_long: bool = False,
        is_told: bool = True,
        is_allowed: bool = False,
        is_answered: bool = True,
    ) -> None:
        """`takes_long`: longer than Slack waits; `is_told`: Slack takes what the person is told meanwhile;
        `is_allowed`: the decision is taken; `is_answered`: Slack takes the answer."""
        self._is_allowed, self._is_answered = is_allowed, is_answered
        self.order: list[str] = []
        self._goes_on = asyncio.Event()
        if not takes_long:
            self._goes_on.set()
        self._is_told = is_told

    async def decide(self, *_: Any, **__: Any) -> Outcome:
        """In place of the decider."""
        await self._goes_on.wait()
        self.order.append("decided")
        if self._is_allowed:
            return cast("Outcome", None)
        raise NotAllowed("Only reviewers can.")

    async def ack(self, **said: Any) -> None:
        self.order.append("acknowledged" if not said else f"acknowledged with {said['response_action']}")
        self._goes_on.set()

    async def respond(self, *, text: str, **_: Any) -> Any:
        is_early = "not kept yet" in text
        if is_early and not self._is_told:
            # Slack gives no answer, and the database gets on a moment after that was waited for.
            asyncio.get_running_loop().call_later(answering.TELL_PATIENCE + 0.05, self._goes_on.set)
            await asyncio.Event().wait()
        self.order.append("told that it is not kept yet" if is_early else "answered")
        return SimpleNamespace(status_code=200 if self._is_answered else 500, body="")

    async def press(self) -> list[str]:
        body = {"actions": [{"action_id": "approve", "value": "k3f9x2m8.1"}], "user": {"id": ALICE}}
        away: Any = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])
        await self._listeners().on_button(self.ack, body, away, self.respond)
        return self.order

    async def type(self, text: str) -> list[str]:
        body = {"user_id": ALICE, "channel_id": "C0GENERAL", "trigger_id": "1", "text": text}
        await self._listeners().on_command(self.ack, body, self.respond, None)
        return self.order

    async def submit(self) -> list[str]:
        context = {"ref": "k3f9x2m8.1", "verdict": "deny", "via": "button", "channel": "C0GENERAL"}
        block = {cards.INPUT: {"value": "Not me."}}
        view = {"private_metadata": json.dumps(context), "state": {"values": {cards.INPUT_BLOCK: block}}}
        away: Any = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])
        await self._listeners().on_modal(self.ack, {"user": {"id": ALICE}}, view, away)
        return self.order

    def _listeners(self) -> Listeners:
        nothing: Any = None
        decider: Any = self
        home = HomeTab(nothing, nothing, nothing, steady=steady_now, version="")
        return Listeners(nothing, decider, nothing, PendingInteractions(), home)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "ACK_PATIENCE", 0.01)
    monkeypatch.setattr(answering, "TELL_PATIENCE", 0.05)


async def test_a_click_is_kept_before_it_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "_in_words", lambda _: cards.note("You approved it."))

    assert await Click(is_allowed=True).press() == ["decided", "acknowledged", "answered"]


async def test_a_click_that_is_refused_is_acknowledged_once_its_person_knows() -> None:
    assert await Click().press() == ["decided", "answered", "acknowledged"]


async def test_a_click_that_is_refused_and_whose_person_cannot_be_told_is_not_acknowledged() -> None:
    assert await Click(is_answered=False).press() == ["decided", "answered"]


LATE = ["told that it is not kept yet", "acknowledged", "decided", "answered"]


@pytest.mark.usefixtures("impatient")
async def test_a_click_that_takes_long_is_acknowledged_once_its_person_knows_that_it_is_not_kept() -> None:
    assert await Click(takes_long=True).press() == LATE


@pytest.mark.usefixtures("impatient")
async def test_a_click_that_takes_long_and_whose_person_cannot_be_told_is_not_acknowledged() -> None:
    """Slack itself shows then that the click did not work."""
    assert await Click(takes_long=True, is_told=False).press() == ["decided", "answered"]


async def test_a_command_that_decides_is_kept_before_it_is_acknowledged() -> None:
    assert await Click().type("deny k3f9x2m8 Not me.") == ["decided", "acknowledged", "answered"]


@pytest.mark.usefixtures("impatient")
async def test_a_command_whose_decision_takes_long_is_acknowledged_once_its_person_knows() -> None:
    assert await Click(takes_long=True).type("deny k3f9x2m8 Not me.") == LATE


@pytest.mark.usefixtures("impatient")
async def test_a_modal_whose_decision_takes_long_stays_open_and_says_so() -> None:
    assert await Click(takes_long=True).submit() == ["acknowledged with errors", "decided"]


@pytest.mark.usefixtures("impatient")
async def test_the_window_that_leaves_the_like_out_stays_open_and_says_so_where_that_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = Click(takes_long=True)
    context: Any = SimpleNamespace(settings=SimpleNamespace(command="/powertrip"))
    offers = OfferListeners(context)

    async def announce(*_: Any) -> Any:
        return await late.decide()

    monkeypatch.setattr(offers, "_announce", announce)
    view = {"private_metadata": json.dumps({"ref": "k3f9x2m8", "channel": "C0"}), "state": {"values": {}}}
    away: Any = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])
    await offers.on_modal(late.ack, {"user": {"id": ALICE}}, view, away)

    assert late.order == ["acknowledged with errors", "decided"]
