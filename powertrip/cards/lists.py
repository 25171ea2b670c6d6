"""Several events in one message, each still decided on its own."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.cards import address_lines, buttons, words
from powertrip.cards.blocks import (
    MESSAGE_SIZE,
    Block,
    Line,
    as_text,
    calling,
    header,
    paragraph,
    paragraphs,
    size,
    text,
    text_size,
    user,
)
from powertrip.cards.message import CardView, Message
from powertrip.domain.event import Event, Status

WITH_BUTTONS = 20
"""Events of a list that carry buttons; Slack takes 50 blocks a message."""
AS_LINES = 100
"""Further events that are named with what to type."""

ROOM_FOR_THE_REST = 1000
"""Kept free for the lines without buttons, of what `blocks.size` counts."""


def reminder_list(events: Sequence[Event], view: CardView, now: datetime) -> Message:
    """One message for several events that are due together; says how many did not fit."""
    waiting = [event for event in events if event.is_open or event.status is Status.DENIED]
    decided = [event for event in events if event not in waiting]
    open_ones = sum(event.is_open for event in waiting)
    parts = [f"{words.count(open_ones, 'event')} to decide"] if open_ones else []
    if len(waiting) > open_ones:
        parts.append(f"{words.count(len(waiting) - open_ones, 'denied event')} to close")
    headline = f"Reminder: {words.listed(parts)}"
    # The list is updated as its events are decided, until none of them waits.
    if not waiting:
        headline = f"✅ All done: {words.count(len(decided), 'event')} decided"
    call = calling(view.mention) if waiting else []
    blocks = [*paragraphs(call), header(headline)]
    # Slack refuses a message that is too large as a whole, and nobody would be asked.
    room = MESSAGE_SIZE - sum(map(size, blocks)) - ROOM_FOR_THE_REST
    shown = 0
    for event in waiting[:WITH_BUTTONS]:
        pair = [paragraph([address_lines.entry(event, now)]), *buttons.for_status(event)]
        room -= sum(map(size, pair))
        if room < 0:
            break
        blocks += pair
        shown += 1
    rest = [*waiting[shown:], *decided]
    blocks += _without_buttons(rest, now=now, command=view.command, above=blocks)
    hint = f"Each is decided on its own: {view.command} approve, deny or close, and its id."
    lines = [_line(event, now) for event in [*waiting, *decided]]
    return Message(text=as_text([*call, [text(headline)], [text(hint)], *lines]), blocks=blocks)


def _without_buttons(
    events: Sequence[Event], *, now: datetime, command: str, above: Sequence[Block]
) -> list[Block]:
    """The lines of as many events as there is room for below `above`, and how many are left."""
    room = MESSAGE_SIZE - sum(map(size, above))
    lines: list[Line] = []
    for event in events[:AS_LINES]:
        line = _line(event, now)
        room -= text_size(line)
        if room < 0:
            break
        lines.append(line)
    left = len(events) - len(lines)
    if left:
        lines.append([text(f"… and {left:,} more: "), text(f"{command} pending all", code=True)])
    return [paragraph(lines)] if lines else []


def _line(event: Event, now: datetime) -> Line:
    line = address_lines.plain_entry(event, now)
    last = event.decisions[-1] if event.decisions else None
    return [*line, text(" · by "), user(last.actor_id)] if last else line
