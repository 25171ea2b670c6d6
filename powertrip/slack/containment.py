"""The buttons of containment: the card, redrawn, is the answer, and a refusal is told."""

import asyncio
import re
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.pipeline.containments import Containments, Press
from powertrip.pipeline.decide import parse_reference
from powertrip.slack.answering import answer_press, asker_of, sentence

CONTAINING = re.compile(f"^(?:{cards.CONTAIN}|{cards.AGREE}|{cards.UNDO}|{cards.TRY})[0-9]+$")


class ContainmentListeners:
    """What is pressed to contain, to agree, to undo, and to try again."""

    def __init__(self, containments: Containments) -> None:
        self._containments = containments

    async def on_button(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Write down what is wanted; it is done a moment later."""
        doing = asyncio.create_task(self._refusal(body))
        await answer_press(doing, asker_of(body, client), ack=ack, respond=respond)

    async def _refusal(self, body: dict[str, Any]) -> Message | None:
        action = body["actions"][0]
        action_id, (ref, *rest) = str(action["action_id"]), str(action.get("value", "")).split(" ")
        kind = f"{action_id.rpartition('_')[0]}_"
        try:
            press = Press(
                reference=parse_reference(ref),
                slack_id=body["user"]["id"],
                team_id=body["user"].get("team_id"),
                doing=kind.removesuffix("_") if kind != cards.TRY else "try again",
            )
            # Whatever a button that is none of ours holds.
            first, second = (*rest, "", "")[:2]
            if kind == cards.CONTAIN:
                await self._containments.ask(press, first, second)
            elif kind == cards.AGREE:
                await self._containments.agree(press, _number(first))
            elif kind == cards.UNDO:
                await self._containments.undo(press, _number(first))
            else:
                await self._containments.try_again(press, _number(first), _number(second))
        except Exception as error:  # noqa: BLE001 (whoever pressed is told, and the log says the rest)
            return cards.refusal(sentence(error))
        return None


def _number(value: str) -> int:
    # No row has one; longer than this no database takes.
    return int(value) if re.fullmatch(r"[0-9]{1,15}", value, re.ASCII) else 0
