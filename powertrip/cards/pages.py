"""Lists of events that a person asked for, a page at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from powertrip.cards import address_lines, buttons, words
from powertrip.cards.alike import told_apart
from powertrip.cards.blocks import (
    MESSAGE_JSON,
    Block,
    Line,
    actions,
    button,
    footer,
    header,
    json_size,
    paragraph,
    paragraphs,
    text,
)
from powertrip.cards.message import Message, answer
from powertrip.cards.text import named, show
from powertrip.domain.event import Event

PAGE_SIZE = 8
"""Events on a page with buttons."""
HISTORY_PAGE_SIZE = 20
"""Events on a page of the history."""
PREVIOUS, NEXT = "page:previous", "page:next"

# Slack takes 2,000 characters in the value of a button.
_QUERY_LIMIT = 1500


def event_list(
    events: Sequence[Event], page: int, pages: int, title: str, now: datetime, query: str = ""
) -> Message:
    """One page of events, each with its buttons; `page` counts from 1.

    The buttons for other pages carry the page's number, a blank and `query`, which says what is listed.
    """
    listed = events[:PAGE_SIZE]
    apart = told_apart(listed)
    lines = [address_lines.entry(event, now, apart[event.id]) for event in listed]
    entries = [paragraph([line]) for line in lines]
    headline, turns = show(title, 120), turning(page, pages, query)
    said = answer([[text(headline)], *lines], [header(headline)])
    # Slack refuses a message that is too large as a whole. Only hostile names make one so large; then the
    # last events are without buttons, and the id in each line says what to type.
    room = MESSAGE_JSON - json_size([said.text, *said.blocks, *turns, *entries])
    rows: list[Block] = []
    for event, entry in zip(listed, entries, strict=True):
        pressed = buttons.for_status(event)
        room -= json_size(pressed)
        rows += [entry, *(pressed if room > 0 else [])]
    return replace(said, blocks=[*said.blocks, *rows, *turns])


def history(
    events: Sequence[Event], page: int, pages: int, title: str, now: datetime, query: str = ""
) -> Message:
    """One page of events, a line each, the buttons for other pages as in `event_list`."""
    headline = show(title, 120)
    apart = told_apart(events[:HISTORY_PAGE_SIZE])
    lines = [past(event, now, apart[event.id]) for event in events[:HISTORY_PAGE_SIZE]]
    blocks = [header(headline), *paragraphs(lines), *turning(page, pages, query)]
    return answer([[text(headline)], *lines], blocks)


def past(event: Event, now: datetime, apart: str = "") -> Line:
    """An event as one line of a history: when, what, what became of it."""
    happened = event.occurred_at
    when = f"{happened:%m-%d %H:%M} UTC" if happened.year == now.year else f"{happened:%Y-%m-%d}"
    became = words.STATUS[event.status]
    last = event.decisions[-1] if event.decisions else None
    whose = "an expectation of " if last and last.expectation_id else ""
    by = f" by {whose}{named(last.actor_name, words.NAME_LIMIT)}" if last else ""
    mark = words.STATUS_MARK[event.status]
    return [text(f"{mark} {when} · {words.summary(event)}{apart} · {became}{by} · {event.id}")]


def turning(page: int, pages: int, query: str) -> list[Block]:
    """The buttons for other pages; `query` is the command whose pages they are."""
    if pages <= 1:
        return []
    back = [_turn("Previous", PREVIOUS, page - 1, query)] if page > 1 else []
    on = [_turn("Next", NEXT, page + 1, query)] if page < pages else []
    return [actions([*back, *on]), footer([[text(f"Page {page:,} of {pages:,}")]])]


def _turn(label: str, action_id: str, page: int, query: str) -> dict[str, Any]:
    return button(label, action_id, f"{page} {query[:_QUERY_LIMIT]}", about=f"page {page}")
