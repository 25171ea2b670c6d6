"""The button on an approved card, and its window: what of the like need not be asked about for a while."""

import asyncio
import json
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.config.values import parse_duration
from powertrip.errors import PowertripError, Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import parse_reference
from powertrip.pipeline.expect import Expecter
from powertrip.slack.answering import (
    Asker,
    asker_of,
    give_answer,
    sentence,
)
from powertrip.slack.calls import call
from powertrip.slack.expectation_proofs import ExpectationProofs


class OfferListeners:
    """What is pressed on a card after its approval, and submitted in its window."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._expecter = Expecter(context)
        self._proofs = ExpectationProofs(context)

    async def on_button(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Show the window to whoever approved it."""
        await ack()
        try:
            event_id = parse_reference(str(body["actions"][0].get("value", ""))).event_id
            offer = await self._expecter.offer(event_id, body["user"]["id"])
            metadata = json.dumps({"ref": event_id, "channel": body["container"]["channel_id"]})
            section = self._context.settings.expectations
            window = cards.offer_modal(
                offer, metadata, with_ticket=section.ticket is not None, takes_two=section.second_person
            )
            await call(client.views_open(trigger_id=body["trigger_id"], view=window))
        except PowertripError as error:
            await give_answer(respond, cards.refusal(sentence(error)), asker_of(body, client))

    async def on_modal(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """Announce what was chosen; a refusal is shown in the window."""
        metadata, values = json.loads(view["private_metadata"]), view["state"]["values"]
        user = body["user"]
        announcing = asyncio.create_task(self._announce(metadata["ref"], values, user))
        asker = Asker(user=user["id"], channel=metadata["channel"], client=client)
        await self._proofs.answer_window(ack, asker, announcing, cards.INPUT_BLOCK, user)

    async def _announce(self, ref: str, values: dict[str, Any], user: dict[str, Any]) -> Message:
        try:
            length = parse_duration(_chosen(values, cards.LENGTH))
        except ValueError as error:
            raise Refused(str(error)) from error
        expected, week = await self._expecter.accept(
            parse_reference(ref).event_id,
            slack_id=user["id"],
            team_id=user.get("team_id"),
            host=_chosen(values, cards.WHERE) or "",
            network=_chosen(values, cards.NETWORK),
            length=length,
            ticket=_typed(values, cards.TICKET, cards.TICKET),
            why=_typed(values, cards.INPUT_BLOCK, cards.INPUT) or "",
        )
        return cards.expectation_card(expected, week, self._context.settings.command)


def _chosen(values: dict[str, Any], name: str) -> str | None:
    option = values.get(name, {}).get(name, {}).get("selected_option")
    return str(option["value"]) if option else None


def _typed(values: dict[str, Any], block: str, element: str) -> str | None:
    typed = values.get(block, {}).get(element, {}).get("value")
    return str(typed).strip() if typed else None
