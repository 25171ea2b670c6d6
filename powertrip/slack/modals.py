"""The modal that asks for a reason: opened by a button or a command, and read when it is submitted."""

import json
from dataclasses import dataclass
from typing import Any

from powertrip import cards
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.event import Event
from powertrip.pipeline.decide import Reference, parse_reference
from powertrip.slack.calls import call


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalContext:
    """What the modal decides once it is submitted. Slack keeps it with the view; it grants nothing."""

    reference: Reference
    verdict: Verdict
    via: Via
    channel: str
    """Where the person pressed or typed, and where the answer goes."""


async def open_modal(client: Any, trigger_id: str, event: Event, context: ModalContext) -> None:
    """Show the modal to whoever pressed or typed, within three seconds of that; raises SlackError."""
    metadata = {
        "ref": str(context.reference),
        "verdict": context.verdict,
        "via": context.via,
        "channel": context.channel,
    }
    view = cards.reason_modal(event, context.verdict, json.dumps(metadata))
    await call(client.views_open(trigger_id=trigger_id, view=view))


def read_modal(view: dict[str, Any]) -> tuple[ModalContext, str]:
    """The context of a submitted modal, and the reason that was typed into it."""
    metadata = json.loads(view["private_metadata"])
    context = ModalContext(
        reference=parse_reference(metadata["ref"]),
        verdict=Verdict(metadata["verdict"]),
        via=Via(metadata["via"]),
        channel=metadata["channel"],
    )
    # Slack has null for an input that was left empty, and "None" is no reason.
    return context, str(view["state"]["values"][cards.INPUT_BLOCK][cards.INPUT]["value"] or "")
