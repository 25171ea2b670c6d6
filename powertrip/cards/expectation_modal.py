"""The window in which whoever approved something of their own says what of the like need not be asked."""

from collections.abc import Sequence
from typing import Any

from powertrip.cards import words
from powertrip.cards.blocks import Block, bold, labelled, paragraph, plain, text
from powertrip.cards.modals import INPUT, INPUT_BLOCK
from powertrip.cards.text import show
from powertrip.config.values import write_duration
from powertrip.domain.announcing import REASON_LIMIT
from powertrip.domain.offering import Offer

OFFER_CALLBACK = "expect_after"
WHERE, NETWORK, LENGTH, TICKET = "where", "network", "length", "ticket"
"""Blocks of the window, each with an element of the same name."""


def offer_modal(offer: Offer, private_metadata: str, *, with_ticket: bool, takes_two: bool) -> dict[str, Any]:
    """The window; in each list the narrowest is chosen, until somebody chooses another."""
    event = offer.event
    lines = [
        [bold("Don't ask me again about the like of this: "), text(words.summary(event))],
        labelled("Only", text(f"your own, {show(event.rule, 60)}, up to {event.severity} severity")),
        *([labelled("Only with this key", text(show(offer.key, 120), code=True))] if offer.key else []),
        [text("Powertrip asks about everything else, and counts what this covers.")],
    ]
    if takes_two:
        lines.append([text("It begins once another person, a reviewer, has confirmed it.")])
    networks = [_choice(NETWORK, "From", offer.networks)] if offer.networks else []
    tickets = [_typing(TICKET, TICKET, "Ticket", 64)] if with_ticket else []
    return {
        "type": "modal",
        "callback_id": OFFER_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain("Don't ask again", 24),
        "submit": plain("Announce it", 24),
        "close": plain("Go back", 24),
        "blocks": [
            paragraph(lines),
            _choice(WHERE, "On", offer.hosts),
            *networks,
            _choice(LENGTH, "For", [write_duration(length) for length in offer.lengths]),
            *tickets,
            _typing(INPUT_BLOCK, INPUT, "Why", REASON_LIMIT),
        ],
    }


def _choice(name: str, label: str, values: Sequence[str]) -> Block:
    options = [{"text": plain(value, 75), "value": value} for value in values]
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label, 100),
        "element": {
            "type": "radio_buttons",
            "action_id": name,
            "options": options,
            "initial_option": options[0],
        },
    }


def _typing(block_id: str, action_id: str, label: str, limit: int) -> Block:
    element = {"type": "plain_text_input", "action_id": action_id, "min_length": 1, "max_length": limit}
    return {"type": "input", "block_id": block_id, "label": plain(label, 100), "element": element}
