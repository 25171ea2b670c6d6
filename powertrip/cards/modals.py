"""The windows that ask for a reason or a note, showing again what it is about."""

from typing import Any

from powertrip.cards import address_lines, follow_up, habits
from powertrip.cards.blocks import Block, paragraph, plain, text
from powertrip.domain.agents import NAME_LIMIT
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event

CALLBACK = "decide"
AGENT_CALLBACK = "decide_for_agent"
AGENT_BLOCK, AGENT_INPUT = "agent", "name"
RUNNING_BLOCK, RUNNING = "running", "choice"
YES, NO, UNKNOWN = "yes", "no", "unknown"
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
    if verdict is Verdict.CLOSE and event.follow_up is not None and event.follow_up.undone:
        question = "What was found and done, and why is the rest waived?"
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": private_metadata,
        "title": plain(title, 24),
        "submit": plain(submit, 24),
        "close": plain("Go back", 24),
        "blocks": [about(event), _reason(question, has_focus=True)],
    }


def agent_modal(event: Event, private_metadata: str) -> dict[str, Any]:
    """The view that approves for an agent or a script: which it is, and whether it still runs."""
    going = ((YES, "Yes, it goes on"), (NO, "No, it has ended"), (UNKNOWN, "I do not know"))
    why = "Why is this right?"
    return {
        "type": "modal",
        "callback_id": AGENT_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain("My agent or script", 24),
        "submit": plain("Approve", 24),
        "close": plain("Go back", 24),
        "blocks": [
            about(event),
            paragraph(
                [
                    *address_lines.demands(event),
                    [text("This approves it, and you answer for what the agent or script did.")],
                ]
            ),
            {
                "type": "input",
                "block_id": AGENT_BLOCK,
                "label": plain("Which agent or script?", 100),
                "element": {
                    "type": "plain_text_input",
                    "action_id": AGENT_INPUT,
                    "min_length": 1,
                    "max_length": NAME_LIMIT,
                    "focus_on_load": True,
                },
            },
            {
                "type": "input",
                "block_id": RUNNING_BLOCK,
                "label": plain("Does it still run?", 100),
                "element": {
                    "type": "radio_buttons",
                    "action_id": RUNNING,
                    "options": [{"text": plain(label, 75), "value": value} for value, label in going],
                },
            },
            _reason(why, has_focus=False) | ({} if event.requires_reason else {"optional": True}),
        ],
    }


def about(event: Event) -> Block:
    """What it is about, shown again, for a window covers the card."""
    return paragraph(
        [
            address_lines.summary(event),
            *address_lines.essentials(event),
            *address_lines.failed(event),
            *address_lines.claim(event),
            *habits.unusual(event),
            *follow_up.in_modal(event),
        ]
    )


def _reason(question: str, *, has_focus: bool) -> Block:
    return {
        "type": "input",
        "block_id": INPUT_BLOCK,
        "label": plain(question, 100),
        "element": {
            "type": "plain_text_input",
            "action_id": INPUT,
            "multiline": True,
            "min_length": 1,
            "max_length": TYPED_LIMIT,
            "focus_on_load": has_focus,
        },
    }
