"""The window that asks for a reason: opened by a button or a command, and read when it is submitted."""

import json
from dataclasses import dataclass
from typing import Any

from powertrip import cards
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.event import Event
from powertrip.pipeline.decide import Reference, parse_reference
from powertrip.slack.calls import call


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a window decides once it is submitted. Slack keeps it with the view; it grants nothing."""

    reference: Reference
    verdict: Verdict
    via: Via
    channel: str
    """Where it was asked for, and where the answer goes."""


async def open_window(client: Any, trigger_id: str, event: Event, asked: Asked) -> None:
    """Show the window to whoever pressed or typed, within three seconds of that; raises SlackError."""
    kept = {
        "ref": str(asked.reference),
        "verdict": asked.verdict,
        "via": asked.via,
        "channel": asked.channel,
    }
    view = cards.reason_modal(event, asked.verdict, json.dumps(kept))
    await call(client.views_open(trigger_id=trigger_id, view=view))


def read_window(view: dict[str, Any]) -> tuple[Asked, str]:
    """What a submitted window was about, and the reason that was typed into it."""
    kept = json.loads(view["private_metadata"])
    asked = Asked(
        reference=parse_reference(kept["ref"]),
        verdict=Verdict(kept["verdict"]),
        via=Via(kept["via"]),
        channel=kept["channel"],
    )
    return asked, str(view["state"]["values"][cards.INPUT_BLOCK][cards.INPUT]["value"])
