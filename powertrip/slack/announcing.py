"""The window that announces work, and the buttons on what was announced."""

import asyncio
import json
from dataclasses import replace
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.expectation_proof import ProofWanted
from powertrip.domain.expectation_words import CONFIRM_EXPECTED
from powertrip.errors import PowertripError
from powertrip.pipeline.context import Context
from powertrip.pipeline.expect import Expecter
from powertrip.slack.answering import (
    Asker,
    answer_press,
    asker_of,
    channel_of,
    sentence,
)
from powertrip.slack.caller import Caller
from powertrip.slack.calls import within
from powertrip.slack.expectations import ExpectationCommands, read_wish


class AnnouncingListeners:
    """What is pressed on an announcement in the channel, and submitted in the window that makes one."""

    def __init__(self, context: Context, commands: ExpectationCommands) -> None:
        self._context = context
        self._commands = commands
        self._expecter = Expecter(context)

    async def on_button(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Confirm it or end it; the message, redrawn, says so to all."""
        doing = asyncio.create_task(self._button_answer(body, client))
        await answer_press(doing, asker_of(body, client), ack=ack, respond=respond)

    async def _button_answer(self, body: dict[str, Any], client: Any) -> Message | None:
        action, user = body["actions"][0], body["user"]
        step = self._expecter.confirm if action["action_id"] == CONFIRM_EXPECTED else self._expecter.end
        try:
            actor = await self._context.member(user["id"], user.get("team_id"))
            expected = await step(str(action.get("value", "")), actor)
        except ProofWanted as wanted:
            return await self._ask_for_proof(wanted, body, client)
        except Exception as error:  # noqa: BLE001 (whoever pressed is told, and the log says the rest)
            return cards.refusal(sentence(error))
        return cards.expectation_card(expected, None, self._context.settings.command)

    async def _ask_for_proof(self, wanted: ProofWanted, body: dict[str, Any], client: Any) -> Message | None:
        user = body["user"]
        caller = Caller(
            slack_id=user["id"],
            team_id=user.get("team_id"),
            channel=channel_of(body),
            trigger_id=body["trigger_id"],
            client=client,
        )
        try:
            await self._commands.proofs.open(wanted, caller)
        except PowertripError as error:
            return cards.refusal(sentence(error))
        # The window is the answer.
        return None

    async def on_modal(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """Announce what was filled in; a refusal is shown in the window."""
        metadata, values = json.loads(view["private_metadata"]), view["state"]["values"]
        user = body["user"]
        announcing = asyncio.create_task(self._announce(values, user))
        asker = Asker(user=user["id"], channel=metadata["channel"], client=client)
        await self._commands.proofs.answer_window(ack, asker, announcing, cards.INPUT_BLOCK, user)

    async def _announce(self, values: dict[str, Any], user: dict[str, Any]) -> Message:
        section = self._expecter.section
        bot = within(values, cards.BOT, cards.BOT, "selected_option", "value")
        member = within(values, cards.WHO, cards.WHO, "selected_user") or user["id"]
        actor = await self._context.member(user["id"], user.get("team_id"))
        person, slack_id = await self._commands.person(None if bot in (None, cards.NO_BOT) else bot, member)
        ticket, network, begins = (
            _typed(values, name) for name in (cards.TICKET, cards.FROM_NETWORK, cards.BEGINS)
        )
        words = [_typed(values, name) for name in (cards.RULE, cards.HOST, cards.LASTS)]
        options = {name: typed for name, typed in (("network", network), ("at", begins)) if typed}
        wish = read_wish(
            [*words, *([ticket] if section.ticket else [])], options, section, self._commands.rules()
        )
        wish = replace(wish, why=_typed(values, cards.INPUT_BLOCK, cards.INPUT))
        expected, week = await self._expecter.announce(wish, actor, person, slack_id)
        return cards.expectation_card(expected, week, self._context.settings.command)


def _typed(values: dict[str, Any], block: str, element: str = "") -> str:
    # Slack has null for an input that was left empty.
    return str(within(values, block, element or block, "value") or "").strip()
