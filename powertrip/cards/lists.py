"""Several events in one message, each still decided on its own; and the few words that nudge a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from powertrip.cards import address_lines, buttons, words
from powertrip.cards.alike import told_apart
from powertrip.cards.blocks import (
    MESSAGE_JSON,
    MESSAGE_SIZE,
    NEW_LINE,
    Block,
    Line,
    as_text,
    bold,
    calling,
    header,
    json_size,
    link,
    paragraph,
    paragraphs,
    size,
    text,
    user,
)
from powertrip.cards.message import CardView, Message
from powertrip.domain.event import Event, NoticeKind, Status, worst_first

WITH_BUTTONS = 10
"""Events of a list that carry buttons: what people look through, and what one message has room for."""
WITH_MENUS = 5
"""Up to so many events of a nudge carry menus too; of more, the menus would take the room of buttons."""
OF_A_STORM = 5
"""The same of a list of first cards, in which as many as possible have to be named."""
AS_LINES = 100
"""Further events that are named with what to type."""
LIST_TEXT_BYTES = 2000
"""Of plain text in a list, which takes room from its buttons."""
ROOM_FOR_THE_REST = 800
"""Kept free for the lines without buttons."""
ROOM_FOR_THE_COUNT = 300
"""Of that, for the last line, which counts what has no room."""


def reminder_list(events: Sequence[Event], view: CardView, now: datetime) -> Message:
    """One message for several events that are due together, the worst first; counts those without room."""
    waiting = worst_first(event for event in events if event.is_open or event.status is Status.DENIED)
    decided = [event for event in events if event not in waiting]
    open_ones = sum(event.is_open for event in waiting)
    parts = [f"{words.count(open_ones, 'event')} to decide"] if open_ones else []
    if len(waiting) > open_ones:
        parts.append(f"{words.count(len(waiting) - open_ones, 'denied event')} to close")
    headline = f"{words.alarm(waiting[0]) if waiting else ''}Reminder: {words.listed(parts)}"
    # The list is updated as its events are decided, until none of them waits.
    if not waiting:
        headline = f"✅ All done: {words.count(len(decided), 'event')} decided"
    call = calling(view.mention) if waiting else []
    hint = f"Each is decided on its own: {view.command} approve, deny or close, and its id."
    above = [*paragraphs(call), header(headline)]
    return _listed(above, [headline, hint], waiting=waiting, decided=decided, view=view, now=now)


def first_list(events: Sequence[Event], view: CardView, now: datetime) -> Message:
    """One message for several events that are asked about for the first time, or copied, the worst first."""
    waiting = worst_first(event for event in events if event.is_open or event.status is Status.DENIED)
    decided = [event for event in events if event not in waiting]
    open_ones = sum(event.is_open for event in waiting)
    if not waiting:
        headline = f"✅ All done: {words.count(len(events), 'event')} decided"
    elif open_ones < len(events):
        headline = f"{words.alarm(waiting[0])}{open_ones:,} of {len(events):,} events still to decide"
    elif view.kind is NoticeKind.COPY:
        headline = f"{words.alarm(waiting[0])}{len(events):,} events at once are asked about"
    else:
        headline = f"{words.alarm(waiting[0])}{len(events):,} events at once: are these expected?"
    said = [headline, f"Each is decided on its own: {view.command} approve, deny or close, and its id."]
    return _listed(
        [header(headline)], said, waiting=waiting, decided=decided, view=view, now=now, buttons_for=OF_A_STORM
    )


def nudge(events: Sequence[Event], view: CardView, now: datetime) -> Message:
    """A few words to the person whose answer is missing, below the cards that ask in full."""
    waiting = worst_first(event for event in events if event.is_open and not event.is_subject_unsure)
    decided = [event for event in events if event not in waiting]
    if not waiting and any(event.is_open for event in decided):
        headline = "🤔 You are not sure: you are not asked again. Approve or deny it once you know."
    elif not waiting:
        headline = "✅ No answer is needed any more."
    elif len(waiting) == 1:
        # For how long is in the line below: of the event, for the question may have come later.
        headline = "⏰ Still no answer from you. Was this you?"
    else:
        headline = f"⏰ {len(waiting):,} questions still wait for your answer. Was this you?"
    lines: list[Line] = [[bold(headline)]]
    # No headline in large letters: that is what the question itself looks like.
    if view.first_link and waiting:
        lines.append([link(view.first_link, "The card tells more.")])
    return _listed(
        [paragraph(lines)],
        [headline],
        waiting=waiting,
        decided=decided,
        view=view,
        now=now,
        with_menu=len(waiting) <= WITH_MENUS,
    )


def _listed(
    above: Sequence[Block],
    said: Sequence[str],
    *,
    waiting: Sequence[Event],
    decided: Sequence[Event],
    view: CardView,
    now: datetime,
    buttons_for: int = WITH_BUTTONS,
    with_menu: bool = False,
) -> Message:
    blocks = list(above)
    apart = told_apart([*waiting, *decided])
    worst, *others = [_line(event, now, apart[event.id]) for event in [*waiting, *decided]]
    call = calling(view.mention) if waiting else []
    # The worst comes right after the headline, for a notification shows little more.
    first, *hints = [[text(line)] for line in said]
    shown_text = as_text([first, worst, *call, *hints, *others], LIST_TEXT_BYTES)
    # Slack refuses a message that is too large as a whole, and nobody would be asked.
    room = MESSAGE_SIZE - sum(map(size, blocks)) - ROOM_FOR_THE_REST
    json_room = MESSAGE_JSON - json_size([shown_text, blocks]) - ROOM_FOR_THE_REST
    shown = 0
    for event in waiting[:buttons_for]:
        entry = address_lines.entry(event, now, apart[event.id])
        pair = [paragraph([entry]), *buttons.for_status(event, with_menu=with_menu)]
        room -= sum(map(size, pair))
        json_room -= json_size(pair)
        if min(room, json_room) < 0:
            break
        blocks += pair
        shown += 1
    rest = [*waiting[shown:], *decided]
    room = min(MESSAGE_SIZE - sum(map(size, blocks)), MESSAGE_JSON - json_size([shown_text, blocks]))
    lines = _without_buttons(rest, apart, room, now=now)
    left = tuple(event.id for event in rest[len(lines) :])
    if left:
        whose = "me" if view.audience == "person" else "all"
        lines.append(
            [text(f"… and {len(left):,} more: "), text(f"{view.command} pending {whose}", code=True)]
        )
    if lines:
        if any(event in waiting for event in rest):
            typed = text(f"{view.command} approve ID", code=True)
            lines.insert(0, [text("These by their ids, at the end of each line: "), typed])
        blocks.append(paragraph(_merged(lines)))
    return Message(text=shown_text, blocks=blocks, counted=left)


def _merged(lines: Sequence[Line]) -> list[Line]:
    """The lines with those that are plain text in one piece: half the JSON of a piece is not its text."""
    merged: list[Line] = []
    for line in lines:
        if merged and _is_plain(merged[-1]) and _is_plain(line):
            merged[-1] = [text(f"{merged[-1][0]['text']}\n{line[0]['text']}")]
        else:
            merged.append(line)
    return merged


def _without_buttons(
    events: Sequence[Event], apart: Mapping[str, str], room: int, *, now: datetime
) -> list[Line]:
    """The lines of as many events as there is room for."""
    lines: list[Line] = []
    for event in events[:AS_LINES]:
        line = _line(event, now, apart[event.id])
        # Each line comes with a line break, and with the JSON around both.
        room -= json_size(line[0]["text"]) if _is_plain(line) else json_size([line, NEW_LINE])
        if room < ROOM_FOR_THE_COUNT:
            break
        lines.append(line)
    return lines


def _is_plain(line: Line) -> bool:
    """Whether a line is one piece of text without a style."""
    return len(line) == 1 and line[0].keys() == {"type", "text"}


def _line(event: Event, now: datetime, apart: str) -> Line:
    line = address_lines.plain_entry(event, now, apart)
    last = event.decisions[-1] if event.decisions else None
    by = " · by an expectation of " if last and last.expectation_id else " · by "
    return [*line, text(by), user(last.actor_id)] if last else line
