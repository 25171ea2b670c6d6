"""The window in which somebody announces work: what the command takes, but for a key, uses and a severity."""

from collections.abc import Sequence
from typing import Any

from powertrip.cards.blocks import Block, paragraph, plain, text
from powertrip.cards.expectation_modal import TICKET
from powertrip.cards.modals import INPUT, INPUT_BLOCK
from powertrip.config.values import write_duration
from powertrip.domain.announcing import REASON_LIMIT
from powertrip.domain.expectations import ExpectationSection

ANNOUNCE_CALLBACK = "announce"
WHO, BOT, RULE, HOST = "who", "bot", "rule", "host"
BEGINS, LASTS, FROM_NETWORK = "begins", "lasts", "from_network"
"""Blocks of the window, each with an element of the same name."""
NO_BOT = "-"
BOTS_SHOWN = 99
"""Bots that one list has room for beside the line for none; the command takes any."""


def announcing_modal(
    section: ExpectationSection,
    private_metadata: str,
    *,
    caller: str,
    bots: Sequence[str],
    is_reviewer: bool,
) -> dict[str, Any]:
    """The window; only reviewers are asked whose work it is."""
    # Of others only reviewers announce, and that stands at once.
    whose = "Your own work" if is_reviewer else "It"
    second = f"{whose} begins once another person, a reviewer, has confirmed it."
    said = "Powertrip approves what it covers without asking, and counts it. It asks about everything else."
    who = [_member(caller), *_bots(bots)] if is_reviewer else []
    ticket = [_typing(TICKET, "Ticket", 64)] if section.ticket is not None else []
    longest = write_duration(section.max)
    return {
        "type": "modal",
        "callback_id": ANNOUNCE_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain("Announce work", 24),
        "submit": plain("Announce it", 24),
        "close": plain("Go back", 24),
        "blocks": [
            paragraph([[text(said)], *([[text(second)]] if section.second_person else [])]),
            *who,
            _typing(RULE, "What: a rule", 60, example="ssh, or sudo_command"),
            _typing(HOST, "Where: a host, with * for any text", 100, example="web-*"),
            _typing(BEGINS, "From (UTC; now, if empty)", 20, example="2026-01-31T18:00", is_needed=False),
            _typing(LASTS, f"How long, {longest} at most", 20, example="2h"),
            _typing(FROM_NETWORK, "Only from this network", 64, example="192.0.2.0/24", is_needed=False),
            *ticket,
            _typing(INPUT_BLOCK, "Why", REASON_LIMIT, action_id=INPUT),
        ],
    }


def _member(caller: str) -> Block:
    element = {"type": "users_select", "action_id": WHO, "initial_user": caller}
    return {"type": "input", "block_id": WHO, "label": plain("Whose work", 100), "element": element}


def _bots(bots: Sequence[str]) -> list[Block]:
    if not bots:
        return []
    none = {"text": plain("No bot", 75), "value": NO_BOT}
    # Values are names of the configuration, and cut nowhere: one that is too long is for the command.
    named = [{"text": plain(name, 75), "value": name} for name in bots if len(name) <= 75][:BOTS_SHOWN]
    element = {
        "type": "static_select",
        "action_id": BOT,
        "options": [none, *named],
        "initial_option": none,
    }
    return [{"type": "input", "block_id": BOT, "label": plain("Or a bot's", 100), "element": element}]


def _typing(
    block_id: str,
    label: str,
    limit: int,
    *,
    action_id: str = "",
    example: str = "",
    is_needed: bool = True,
) -> Block:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": action_id or block_id,
        "max_length": limit,
    }
    if example:
        element["placeholder"] = plain(example, 150)
    return {
        "type": "input",
        "block_id": block_id,
        "optional": not is_needed,
        "label": plain(label, 100),
        "element": element,
    }
