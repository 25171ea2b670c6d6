"""One event as a message: the question or the outcome first, then the buttons, then the evidence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from powertrip.cards import address, address_lines, buttons, habits, hids, words
from powertrip.cards.blocks import (
    Block,
    Line,
    as_text,
    calling,
    date,
    footer,
    header,
    link,
    paragraph,
    paragraphs,
    preformatted,
    text,
)
from powertrip.cards.message import CardView, Message
from powertrip.cards.text import show
from powertrip.domain.address import RiskLevel
from powertrip.domain.event import Event, NoticeKind, Status

MESSAGE_LIMIT = 1500
"""Characters of the log line that a card shows."""
MESSAGE_LIMIT_IN_TEXT = 400

GREY, GREEN, YELLOW, RED = "#8d8d8d", "#2eb67d", "#ecb22e", "#e01e5a"

FINAL = (Status.APPROVED, Status.CLOSED)
_RISK_COLOURS = {
    RiskLevel.UNKNOWN: GREY,
    RiskLevel.LOW: GREEN,
    RiskLevel.MEDIUM: YELLOW,
    RiskLevel.HIGH: RED,
}
_DECIDED_COLOURS = {Status.APPROVED: GREEN, Status.DENIED: RED, Status.CLOSED: GREY}


def event_card(event: Event, view: CardView, now: datetime) -> Message:
    """The card of an event in whatever status it is; `now` is when it is sent."""
    # A mention in an attachment might notify nobody, so the call stands among the blocks.
    call = [] if event.status in FINAL else calling(view.mention)
    asked, groups = headline(event, view, now), _groups(event, view)
    blocks = [*paragraphs(call), header(asked), *paragraphs(*groups), *_buttons(event, view)]
    return Message(
        text=as_text([*call, [text(asked)], *_in_order_of_weight(event, view, groups, now)]),
        blocks=blocks,
        attachments=[{"color": colour(event), "blocks": _evidence(event, now)}],
    )


def denied_alert(event: Event, view: CardView, now: datetime) -> Message:
    """The notice that calls the reviewers to a denied event, whatever became of it since."""
    return event_card(event, replace(view, kind=NoticeKind.OUTCOME), now)


def headline(event: Event, view: CardView, now: datetime) -> str:
    """The question that is asked, or the outcome."""
    if view.kind is NoticeKind.REMINDER and event.status not in FINAL:
        return f"Reminder {view.reminder}: {_waiting(event, now)}"
    if event.status is Status.PENDING:
        return _question(event, view)
    if event.status is Status.HALF_APPROVED:
        return "Approved by one, a second person is needed"
    if event.status is Status.DENIED and view.kind is NoticeKind.OUTCOME:
        return "🚨 Denied: somebody has to look into this now"
    return f"{words.STATUS_MARK[event.status]} {words.STATUS[event.status].capitalize()}"


def _question(event: Event, view: CardView) -> str:
    if view.audience == "channel":
        return "Is this expected?"
    name = words.person(event.subject)
    return f"Was this you, {name}?" if name else "Was this you?"


def _waiting(event: Event, now: datetime) -> str:
    since = event.decisions[-1].at if event.decisions else event.received_at
    waited = words.duration(now - since)
    if event.status is Status.PENDING:
        return f"nobody has decided for {waited}"
    if event.status is Status.HALF_APPROVED:
        return f"waiting {waited} for a second person"
    return f"denied {waited} ago, not yet closed"


def colour(event: Event) -> str:
    """The bar: the outcome of a decided event, the risk of an open one."""
    if event.status in _DECIDED_COLOURS:
        return _DECIDED_COLOURS[event.status]
    return _RISK_COLOURS[event.risk.level]


def _groups(event: Event, view: CardView) -> list[list[Line]]:
    why = address_lines.about(event) if view.audience == "channel" else []
    timing = address_lines.timing(event, view.cards.late_after, view.cards.future_after)
    demands = address_lines.demands(event) if event.is_open else []
    return [
        [
            address_lines.summary(event),
            *address_lines.essentials(event),
            *why,
            *address.lines(event),
            *habits.lines(event),
        ],
        address_lines.trail(event),
        [
            *hids.alone(event),
            *address_lines.severity(event),
            *timing,
            *demands,
            *hids.standings(event),
            *address_lines.backups(event),
            *_first_notice(view),
        ],
    ]


def _first_notice(view: CardView) -> list[Line]:
    return [[link(view.first_link, "Where it was asked first")]] if view.first_link else []


def _next_reminder(event: Event, now: datetime) -> list[Line]:
    due = event.next_reminder_at
    if due is None or due <= now or event.status in FINAL:
        return []
    return [[text("Next reminder: "), date(due)]]


def _buttons(event: Event, view: CardView) -> list[Block]:
    if event.is_open:
        return [buttons.deciding(event)]
    can_close = event.status is Status.DENIED and view.kind is not NoticeKind.FIRST
    return [buttons.closing(event)] if can_close and view.audience == "channel" else []


def _evidence(event: Event, now: datetime) -> list[Block]:
    blocks = [paragraph([*address_lines.details(event), *address.evidence(event)])]
    if event.message:
        blocks.append(preformatted(show(event.message, MESSAGE_LIMIT)))
    if event.cut:
        blocks.append(paragraph([address_lines.cut_off(event.cut)]))
    small_print = [[text(f"Event {event.ref} · rule {show(event.rule, 60)}")], *_next_reminder(event, now)]
    return [*blocks, footer(small_print)]


def _in_order_of_weight(
    event: Event, view: CardView, groups: Sequence[Sequence[Line]], now: datetime
) -> list[Line]:
    """The lines of the plain text: what must not be cut off comes first."""
    facts_first, *others = groups
    log_line = [[text(f"Log line: {show(event.message, MESSAGE_LIMIT_IN_TEXT)}")]] if event.message else []
    return [
        *facts_first[:3],
        [text(_by_id(event, view))],
        *facts_first[3:],
        *chain.from_iterable(others),
        *_next_reminder(event, now),
        *address_lines.details(event),
        *address.evidence(event),
        *log_line,
    ]


def _by_id(event: Event, view: CardView) -> str:
    if event.is_open:
        return f"Event {event.ref}: {view.command} approve or {view.command} deny {event.ref}"
    return f"Event {event.ref}: {words.STATUS[event.status]}"
