"""The buttons under an event. Their values name the event and the revision shown, and grant nothing."""

from typing import Any

from powertrip.cards import words
from powertrip.cards.blocks import Block, actions, button, confirm
from powertrip.cards.text import fit
from powertrip.domain.event import Event

APPROVE, DENY, CLOSE = "approve", "deny", "close"


def value(event: Event) -> str:
    """What a button carries: the event, and the revision that its card shows."""
    return f"{event.id}.{event.revision}"


def deciding(event: Event) -> Block:
    """Approve, asking once more, and Deny, which never hesitates."""
    return actions([_approve(event), _deny(event)])


def closing(event: Event) -> Block:
    """Close, for a denied event; the note is asked in a modal."""
    says = f"Close {words.summary(event)}"
    return actions([button("Close…", CLOSE, value(event), says=says)])


def _approve(event: Event) -> dict[str, Any]:
    says = f"Approve {words.summary(event)}"
    if event.requires_reason:
        return button("Approve…", APPROVE, value(event), says=says, style="primary")
    return button("Approve", APPROVE, value(event), says=says, style="primary", confirm=_really(event))


def _really(event: Event) -> dict[str, Any]:
    often = f", {words.times(event.occurrences)}" if event.occurrences > 1 else ""
    what = f"{words.summary(event)} from {words.address(event)}{often}"
    body = f"{fit(what, 250)}. Approve only what you know to be right."
    return confirm("Approve this?", body, "Yes, approve", "Go back")


def _deny(event: Event) -> dict[str, Any]:
    return button("Deny", DENY, value(event), says=f"Deny {words.summary(event)}", style="danger")
