"""The modals that ask for a reason, or for an agent: opened by a press or a command, read when submitted."""

import json
from dataclasses import dataclass
from typing import Any

from powertrip import cards
from powertrip.domain.decision import Agent, Verdict, Via
from powertrip.domain.event import Event
from powertrip.pipeline.decide import Reference, parse_reference
from powertrip.slack.calls import call, within


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalContext:
    """What the modal decides once it is submitted. Slack keeps it with the view; it grants nothing."""

    reference: Reference
    verdict: Verdict
    via: Via
    channel: str
    """Where the person pressed or typed, and where the answer goes."""


async def open_modal(
    client: Any, trigger_id: str, event: Event, context: ModalContext, *, for_agent: bool = False
) -> None:
    """Show the modal to whoever pressed or typed, within three seconds of that; raises SlackError."""
    metadata = {
        "ref": str(context.reference),
        "verdict": context.verdict,
        "via": context.via,
        "channel": context.channel,
    }
    kept = json.dumps(metadata)
    view = cards.agent_modal(event, kept) if for_agent else cards.reason_modal(event, context.verdict, kept)
    await call(client.views_open(trigger_id=trigger_id, view=view))


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A modal as it came back."""

    context: ModalContext
    reason: str
    agent: Agent | None
    error_block: str
    """The input under which the modal shows why it was not taken."""


_IS_RUNNING = {cards.YES: True, cards.NO: False}


def read_modal(view: dict[str, Any]) -> Submitted:
    """What a submitted modal says."""
    metadata = json.loads(view["private_metadata"])
    context = ModalContext(
        reference=parse_reference(metadata["ref"]),
        verdict=Verdict(metadata["verdict"]),
        via=Via(metadata["via"]),
        channel=metadata["channel"],
    )
    values, agent = view["state"]["values"], None
    if view.get("callback_id") == cards.AGENT_CALLBACK:
        going = within(values, cards.RUNNING_BLOCK, cards.RUNNING, "selected_option", "value")
        agent = Agent(
            name=str(values[cards.AGENT_BLOCK][cards.AGENT_INPUT]["value"] or ""),
            is_running=_IS_RUNNING.get(str(going)),
        )
    return Submitted(
        context=context,
        # Slack has null for an input that was left empty, and "None" is no reason.
        reason=str(values[cards.INPUT_BLOCK][cards.INPUT]["value"] or ""),
        agent=agent,
        error_block=cards.AGENT_BLOCK if agent else cards.INPUT_BLOCK,
    )
