"""What is pressed on a denied event's card, and written in the windows that it opens."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.event import Event
from powertrip.errors import PowertripError, Refused
from powertrip.pipeline.decide import REASON_LIMIT, Reference, parse_reference
from powertrip.pipeline.follow_up import FollowUps, Wish
from powertrip.slack.answering import (
    Asker,
    answer_press,
    asker_of,
    give_answer,
    refusal_in_window,
    sentence,
    show_in_window,
    tell_what_became,
)
from powertrip.slack.calls import call

ACTIONS = re.compile(f"^(?:{cards.OWN}|{cards.GIVE_BACK}|{cards.TICK}[1-9])$")
WRITING = re.compile(f"^(?:{cards.NOTE}|{cards.CLAIM})$")
"""What opens a window."""
_SAID = {
    cards.OWN: "You have this now, and its card says so. For a while nobody else is mentioned. If you cannot "
    "go on, press Give back on the card.",
    cards.GIVE_BACK: "Nobody has this now, and reviewers are mentioned again.",
    cards.NOTE: "Your note is kept.",
    cards.CLAIM: "Security is asked. It stays denied until a reviewer who has not denied it agrees.",
}


class FollowUpListeners:
    """The buttons and windows of denied events."""

    def __init__(self, follow_ups: FollowUps, at_home: Callable[[Asker], Asker]) -> None:
        """`at_home` lets whoever pressed on their Home tab be answered there."""
        self._follow_ups = follow_ups
        self._at_home = at_home

    async def on_button(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Do what the button says; the card, redrawn, is the answer, and a refusal is told."""
        doing = asyncio.create_task(self._button_answer(body))
        await answer_press(doing, self._at_home(asker_of(body, client)), ack=ack, respond=respond)

    async def _button_answer(self, body: dict[str, Any]) -> Message | None:
        action = body["actions"][0]
        action_id, (ref, _, rest) = str(action["action_id"]), str(action.get("value", "")).partition(" ")
        try:
            wish = _wish(parse_reference(ref), body["user"], action_id)
            if action_id == cards.OWN:
                await self._follow_ups.own(wish, None if rest == cards.NOBODY else rest)
            elif action_id == cards.GIVE_BACK:
                await self._follow_ups.give_back(wish)
            else:
                number = int(action_id.removeprefix(cards.TICK))
                await self._follow_ups.tick(wish, number, done=rest == "on")
        except Exception as error:  # noqa: BLE001 (whoever pressed is told, and the log says the rest)
            return cards.refusal(sentence(error))
        return cards.note(_SAID[action_id]) if action_id in _SAID else None

    async def on_writing(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Open the window for a note or a claim, for those who may write one."""
        await ack()
        action = body["actions"][0]
        try:
            wish = _wish(
                parse_reference(str(action.get("value", ""))), body["user"], str(action["action_id"])
            )
            event = await self._follow_ups.may_write(wish)
            await _open(client, body["trigger_id"], event, wish, body["container"]["channel_id"])
        except PowertripError as error:
            await give_answer(respond, cards.refusal(sentence(error)), asker_of(body, client))

    async def on_modal(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """Keep what was written before the window closes; a refusal is shown in it."""
        metadata = json.loads(view["private_metadata"])
        doing = cards.CLAIM if metadata["doing"] == cards.CLAIM else cards.NOTE
        wish = _wish(parse_reference(metadata["ref"]), body["user"], doing)
        # Slack has null for an input that was left empty.
        typed = str(view["state"]["values"][cards.TYPED_BLOCK][cards.TYPED]["value"] or "")
        keeping = asyncio.create_task(self._keep(wish, typed))
        if (error := await refusal_in_window(ack, keeping, cards.TYPED_BLOCK)) is not None:
            # A window shows no mentions.
            problem = re.sub(r"<@[A-Z0-9]+>", "Somebody", sentence(error))
            await show_in_window(ack, cards.TYPED_BLOCK, problem)
            return
        asker = Asker(user=body["user"]["id"], channel=metadata["channel"], client=client)

        def said(event: Event) -> Message:
            is_asked = not (wish.of_subject and event.is_test)
            return cards.note(_SAID[doing] if is_asked else "It is kept. This is a test: nobody is asked.")

        await tell_what_became(asker, keeping, said)

    async def _keep(self, wish: Wish, typed: str) -> Event:
        if wish.of_subject:
            return await self._follow_ups.claim(wish, typed)
        return await self._follow_ups.note(wish, typed)


async def note_by_command(
    follow_ups: FollowUps, slack_id: str, team_id: str | None, arguments: list[str], *, command: str
) -> Message:
    """`note ID text`: what was found out about a denied event; raises Refused."""
    if len(arguments) < 2:
        raise Refused(f"Type {command} note ID and what was found, or done; cards show the id.")
    text = " ".join(arguments[1:])
    wish = _wish(parse_reference(arguments[0]), {"id": slack_id, "team_id": team_id}, cards.NOTE)
    await follow_ups.note(wish, text)
    cut = f" Only its first {REASON_LIMIT:,} characters were kept." if len(text) > REASON_LIMIT else ""
    return cards.note(f"{_SAID[cards.NOTE]}{cut}")


def _wish(reference: Reference, user: dict[str, Any], doing: str) -> Wish:
    return Wish(
        reference=reference,
        slack_id=user["id"],
        team_id=user.get("team_id"),
        doing=doing,
        of_subject=doing == cards.CLAIM,
    )


async def _open(client: Any, trigger_id: str, event: Event, wish: Wish, channel: str) -> None:
    # Slack keeps it with the window; it grants nothing.
    metadata = {"ref": str(wish.reference), "doing": wish.doing, "channel": channel}
    view = cards.typing_modal(event, wish.doing, json.dumps(metadata))
    await call(client.views_open(trigger_id=trigger_id, view=view))
