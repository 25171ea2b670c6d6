"""The windows that ask for a reason or a note, showing again what it is about."""

from typing import Any

from powertrip.cards import address_lines, habits
from powertrip.cards.blocks import paragraph, plain
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event

CALLBACK = "decide"
INPUT_BLOCK, INPUT = "reason", "text"
TYPED_LIMIT = 1000

_TITLES = {
    Verdict.APPROVE: ("Approve with a reason", "Approve", "Why is this right?"),
    Verdict.DENY: ("Deny with a reason", "Deny", "Why is this wrong?"),
    Verdict.CLOSE: ("Close a denied event", "Close it", "What was found, and what was done?"),
}


def reason_modal(event: Event, verdict: Verdict, private_metadata: str) -> dict[str, Any]:
    """The view that asks for the reason of `verdict`; what is typed is `reason`/`text` in its state."""
    title, submit, question = _TITLES[verdict]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": private_metadata,
        "title": plain(title, 24),
        "submit": plain(submit, 24),
        "close": plain("Go back", 24),
        "blocks": [
            # Shown again, for the modal covers the card.
            paragraph(
                [
                    address_lines.summary(event),
                    *address_lines.essentials(event),
                    *address_lines.failed(event),
                    *habits.unusual(event),
                ]
            ),
            {
                "type": "input",
                "block_id": INPUT_BLOCK,
                "label": plain(question, 100),
                "element": {
                    "type": "plain_text_input",
                    "action_id": INPUT,
                    "multiline": True,
                    "min_length": 1,
                    "max_length": TYPED_LIMIT,
                    "focus_on_load": True,
                },
            },
        ],
    }
