"""The button and the window that decide the usual events of a storm together."""

import asyncio
import json
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.decision import FOR_AGENT, Agent, Verdict
from powertrip.errors import PowertripError
from powertrip.pipeline.decide_storm import (
    StormDecider,
    StormOutcome,
    StormReference,
    parse_storm_reference,
)
from powertrip.slack.answering import (
    Asker,
    answer_window,
    asker_of,
    give_answer,
    sentence,
    show_in_window,
)
from powertrip.slack.calls import call, within


class StormListeners:
    """What is pressed on the card of a storm, and submitted in its window."""

    def __init__(self, decider: StormDecider) -> None:
        self._decider = decider

    async def on_button(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Show the window to a reviewer, with what it covers and what not."""
        await ack()
        user = body["user"]
        try:
            reference = parse_storm_reference(str(body["actions"][0].get("value", "")))
            view, coverage, verdict = await self._decider.offer(
                reference, slack_id=user["id"], team_id=user.get("team_id")
            )
            # Slack keeps it with the window; it grants nothing. Ids of thousands of events would not fit.
            metadata = {
                "ref": str(StormReference(storm_id=reference.storm_id, watermark=coverage.watermark)),
                "count": coverage.count,
                "close": verdict is Verdict.CLOSE,
                "channel": body["container"]["channel_id"],
            }
            window = cards.storm_modal(view, coverage, verdict, json.dumps(metadata))
            await call(client.views_open(trigger_id=body["trigger_id"], view=window))
        except PowertripError as error:
            await give_answer(respond, cards.refusal(sentence(error)), asker_of(body, client))

    async def on_modal(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """Decide what the window said; a wrong count, and a refusal, are shown in it."""
        metadata, values = json.loads(view["private_metadata"]), view["state"]["values"]
        count = int(metadata["count"])
        typed = str(values[cards.COUNT_BLOCK][cards.COUNT]["value"] or "")
        if typed.replace(",", "").strip() != str(count):
            problem = f"This decides {count:,} events; type {count} if that is what you mean."
            await show_in_window(ack, cards.COUNT_BLOCK, problem)
            return
        verdict, agent = Verdict.CLOSE, None
        if not metadata["close"]:
            chosen = values[cards.VERDICT_BLOCK][cards.VERDICT]["selected_option"]["value"]
            verdict = Verdict.APPROVE if chosen in (Verdict.APPROVE, FOR_AGENT) else Verdict.DENY
            if chosen == FOR_AGENT:
                agent = Agent(name=str(within(values, cards.AGENT_BLOCK, cards.AGENT_INPUT, "value") or ""))
        if agent and not agent.name.strip():
            await show_in_window(ack, cards.AGENT_BLOCK, "Write which agent or script.")
            return
        user = body["user"]
        deciding = asyncio.create_task(
            self._decider.decide(
                parse_storm_reference(metadata["ref"]),
                verdict,
                slack_id=user["id"],
                team_id=user.get("team_id"),
                reason=str(values[cards.INPUT_BLOCK][cards.INPUT]["value"] or ""),
                count=count,
                agent=agent,
            )
        )
        asker = Asker(user=user["id"], channel=metadata["channel"], client=client)
        await answer_window(ack, asker, deciding, cards.INPUT_BLOCK, _in_words)


def _in_words(outcome: StormOutcome) -> Message:
    return cards.storm_answer(
        outcome.verdict, outcome.decided, outcome.missed, outcome.refused, outcome.still_open
    )
