"""Lists of events that a person asked for, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from powertrip.cards import address_lines, buttons, words
from powertrip.cards.alike import told_apart
from powertrip.cards.blocks import Block, Line, actions, button, footer, header, paragraph, paragraphs, text
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
    apart = told_apart(events[:PAGE_SIZE])
    lines = [address_lines.entry(event, now, apart[event.id]) for event in events[:PAGE_SIZE]]
    rows: list[Block] = []
    for event, line in zip(events, lines, strict=False):
        rows += [paragraph([line]), *buttons.for_status(event)]
    headline = show(title, 120)
    blocks = [header(headline), *rows, *turning(page, pages, query)]
    return answer([[text(headline)], *lines], blocks)


def history(
    events: Sequence[Event], page: int, pages: int, title: str, now: datetime, query: str = ""
) -> Message:
    """One page of events, a line each, the buttons for other pages as in `event_list`."""
    headline = show(title, 120)
    apart = told_apart(events[:HISTORY_PAGE_SIZE])
    lines = [_past(event, now, apart[event.id]) for event in events[:HISTORY_PAGE_SIZE]]
    blocks = [header(headline), *paragraphs(lines), *turning(page, pages, query)]
    return answer([[text(headline)], *lines], blocks)


def _past(event: Event, now: datetime, apart: str) -> Line:
    happened = event.occurred_at
    when = f"{happened:%m-%d %H:%M} UTC" if happened.year == now.year else f"{happened:%Y-%m-%d}"
    became = words.STATUS[event.status]
    by = f" by {named(event.decisions[-1].actor_name, words.NAME_LIMIT)}" if event.decisions else ""
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
    return button(label, action_id, f"{page} {query[:_QUERY_LIMIT]}", says=f"{label} page, {page}")
