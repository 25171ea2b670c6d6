"""Lists of events that a person asked for, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from powertrip.cards import address_lines, buttons, words
from powertrip.cards.blocks import Block, actions, button, footer, header, paragraph, preformatted, text
from powertrip.cards.message import Message, answer
from powertrip.cards.table import table
from powertrip.cards.text import show
from powertrip.domain.event import Event

PAGE_SIZE = 8
"""Events on a page with buttons."""
HISTORY_PAGE_SIZE = 20
"""Events on a page of the history."""
PREVIOUS, NEXT = "page:previous", "page:next"

# Slack takes 2,000 characters in the value of a button.
_QUERY_LIMIT = 1500
_COLUMNS = {"id": 20, "UTC": 11, "user": 12, "host": 14, "from": 39, "status": 13, "by": 10, "what": 16}
"""The columns of the history, and the most each may take."""


def event_list(
    events: Sequence[Event], page: int, pages: int, title: str, now: datetime, query: str = ""
) -> Message:
    """One page of events, each with its buttons; `page` counts from 1.

    The buttons for other pages carry the page's number, a blank and `query`, which says what is listed.
    """
    lines = [address_lines.entry(event, now) for event in events[:PAGE_SIZE]]
    rows: list[Block] = []
    for event, line in zip(events, lines, strict=False):
        rows += [paragraph([line]), *buttons.for_status(event)]
    shown = rows or [paragraph([[text("Nothing.")]])]
    headline = show(title, 120)
    blocks = [header(headline), *shown, *_turning(page, pages, query)]
    return answer([[text(headline)], *(lines or [[text("Nothing.")]])], blocks)


def history_table(
    events: Sequence[Event], page: int, pages: int, title: str, now: datetime, query: str = ""
) -> Message:
    """One page of events as a table, the buttons for other pages as in `event_list`."""
    shown = events[:HISTORY_PAGE_SIZE]
    headline = show(title, 120)
    body = _history(shown, now) if shown else [paragraph([[text("Nothing.")]])]
    blocks = [header(headline), *body, *_turning(page, pages, query)]
    lines = [address_lines.entry(event, now) for event in shown] or [[text("Nothing.")]]
    return answer([[text(headline)], *lines], blocks)


def _history(events: Sequence[Event], now: datetime) -> list[Block]:
    titles = {words.title(event) for event in events}
    # A narrow window breaks wide rows, so what is the same in all of them is said once.
    columns = [name for name in _COLUMNS if name != "what" or len(titles) > 1]
    rows = []
    for event in events:
        happened = event.occurred_at
        cells = {
            "id": event.id,
            "UTC": f"{happened:%m-%d %H:%M}" if happened.year == now.year else f"{happened:%Y-%m-%d}",
            "user": event.user_name or "",
            "host": event.host_name or "",
            "from": event.source_ip or "",
            "status": words.STATUS[event.status],
            "by": event.decisions[-1].actor_name if event.decisions else "",
            "what": event.title,
        }
        rows.append([cells[name] for name in columns])
    body = preformatted(table(columns, rows, [_COLUMNS[name] for name in columns]))
    return [body] if len(titles) > 1 else [paragraph([[text(f"All: {titles.pop()}")]]), body]


def _turning(page: int, pages: int, query: str) -> list[Block]:
    if pages <= 1:
        return []
    back = [_turn("Previous", PREVIOUS, page - 1, query)] if page > 1 else []
    on = [_turn("Next", NEXT, page + 1, query)] if page < pages else []
    return [actions([*back, *on]), footer([[text(f"Page {page:,} of {pages:,}")]])]


def _turn(label: str, action_id: str, page: int, query: str) -> dict[str, Any]:
    return button(label, action_id, f"{page} {query[:_QUERY_LIMIT]}", says=f"{label} page, {page}")
