"""One event as a message: the question or the outcome first, then the buttons, then the evidence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from powertrip.cards import (
    address,
    address_lines,
    buttons,
    containment,
    fields,
    follow_up,
    habits,
    hids,
    words,
)
from powertrip.cards.blocks import (
    MESSAGE_JSON,
    MESSAGE_SIZE,
    TEXT_BYTES,
    Block,
    Line,
    as_text,
    calling,
    date,
    divider,
    footer,
    header,
    json_size,
    link,
    paragraph,
    paragraphs,
    preformatted,
    size,
    text,
)
from powertrip.cards.message import CardView, Message
from powertrip.cards.text import named, show
from powertrip.domain import lifecycle
from powertrip.domain.address import RiskLevel
from powertrip.domain.event import FINAL, Event, NoticeKind, Status

# Characters of the log line, in the card and in its plain text.
MESSAGE_LIMIT = 1500
MESSAGE_LIMIT_IN_TEXT = 400
IN_DOUBT = "In doubt, do not approve: deny it, or say that you are not sure, and a reviewer looks into it."
BRIEF_TEXT_BYTES = 1500
"""Of the plain text of a card that has no room for more."""

GREY, GREEN, YELLOW, RED = "#8d8d8d", "#2eb67d", "#ecb22e", "#e01e5a"

_RISK_COLOURS = {
    RiskLevel.UNKNOWN: GREY,
    RiskLevel.LOW: GREEN,
    RiskLevel.MEDIUM: YELLOW,
    RiskLevel.HIGH: RED,
}
_DECIDED_COLOURS = {Status.APPROVED: GREEN, Status.DENIED: RED, Status.CLOSED: GREY}


def event_card(event: Event, view: CardView, now: datetime) -> Message:
    """The card of an event in whatever status it is; `now` is when it is sent."""
    message = _card(event, view, now)
    # What is written about a denied event comes on top of all that a card may hold: the evidence gives way.
    if event.follow_up is not None and not _fits(message):
        message = _card(event, replace(view, is_brief=True), now)
    return message


def _fits(message: Message) -> bool:
    blocks = [*message.blocks, *(block for part in message.attachments for block in part["blocks"])]
    return sum(map(size, blocks)) <= MESSAGE_SIZE and json_size(message.arguments()) <= MESSAGE_JSON


def _card(event: Event, view: CardView, now: datetime) -> Message:
    # A mention in an attachment might notify nobody, so the call stands among the blocks.
    call = [] if event.status in FINAL else calling(view.mention)
    asked, groups = headline(event, view, now), _groups(event, view, now)
    # Only reviewers close, and they look into the channel; a first notice to them asks no such thing yet.
    can_press = event.is_open or (view.kind is not NoticeKind.FIRST and view.audience == "channel")
    rows = buttons.for_status(event) if can_press else []
    if view.offers:
        rows = [buttons.not_again(event)]
    if can_press or view.audience == "person":
        rows = [*follow_up.rows(event, view), *containment.rows(event, view, now), *rows]
    identity = [text(f"Event {event.ref} · rule {show(event.rule, 60)}")]
    evidence = [*_evidence(event, view), footer([identity, *_next_reminder(event, now)])]
    return Message(
        text=as_text(
            [[text(asked)], *_in_order_of_weight(event, groups, call, now=now, command=view.command)],
            BRIEF_TEXT_BYTES if view.is_brief else TEXT_BYTES,
        ),
        blocks=[*paragraphs(call), header(asked), *_body(event, groups), *rows],
        # Slack folds a long attachment away, and never the question and its buttons.
        attachments=[{"color": colour(event), "blocks": evidence}],
    )


def _body(event: Event, groups: Sequence[Sequence[Line]]) -> list[Block]:
    """The paragraphs between headline and buttons."""
    if not (event.is_grave and event.is_open):
        return paragraphs(*groups)
    # Nobody sees any more what looks as ever, so what matters most is laid out otherwise: first what is
    # unusual, then, set apart, what it is about.
    trail, urgent, facts, unusual, *others = groups
    return [
        *paragraphs(unusual, trail, urgent),
        divider(),
        *paragraphs(facts),
        divider(),
        *paragraphs(*others, [[text(IN_DOUBT)]]),
    ]


def _evidence(event: Event, view: CardView) -> list[Block]:
    if view.is_brief:
        return [paragraph([[text("The evidence: "), text(f"{view.command} show {event.id}", code=True)]])]
    blocks = [paragraph([*fields.evidence(event), *address.evidence(event)])]
    if event.message:
        blocks.append(preformatted(show(event.message, MESSAGE_LIMIT)))
    if event.cut:
        blocks.append(paragraph([address_lines.cut_off(event.cut)]))
    return blocks


def denied_alert(event: Event, view: CardView, now: datetime) -> Message:
    """The notice that calls the reviewers to a denied event, whatever became of it since."""
    return event_card(event, replace(view, kind=NoticeKind.OUTCOME), now)


def headline(event: Event, view: CardView, now: datetime) -> str:
    """The question that is asked, or the outcome and whose it is."""
    if event.status in FINAL or (event.status is Status.DENIED and view.kind is not NoticeKind.REMINDER):
        if lifecycle.is_claimed(event) and view.kind is NoticeKind.OUTCOME:
            claimed = words.person(event.subject) or "The person"
            return f"↩️ {claimed} says it was them after all: it stays denied unless somebody else agrees"
        if event.status is Status.DENIED and view.kind is NoticeKind.OUTCOME:
            what = follow_up.who_has_it(event) or "somebody has to look into this now"
            return f"🚨 Denied{_by(event)}: {what}"
        mark, became = words.STATUS_MARK[event.status], words.STATUS[event.status].capitalize()
        return f"{mark} {became}{_by(event)}{words.for_agent(event)}"
    return words.alarm(event) + _question(event, view, now)


def _question(event: Event, view: CardView, now: datetime) -> str:
    if view.kind is NoticeKind.REMINDER:
        since = event.decisions[-1].at if event.decisions else event.received_at
        waited = words.duration(now - since)
        waits = {
            Status.PENDING: f"nobody has decided for {waited}",
            Status.HALF_APPROVED: f"waiting {waited} for a second person",
            Status.DENIED: f"denied {waited} ago, {follow_up.who_has_it(event) or 'not yet closed'}",
        }
        return f"Reminder {view.reminder}: {waits[event.status]}"
    if event.status is Status.HALF_APPROVED:
        return f"👥 Approved{_by(event)}, one more person is needed"
    name = words.person(event.subject)
    test = "🧪 A test: " if event.is_test else ""
    if unsure := _unsure(event, view):
        return f"{test}{unsure}"
    if view.audience == "person":
        asked = f"this you, {name}?" if name else "this you?"
        return f"{test}was {asked}" if test else f"Was {asked}"
    is_copy = view.kind is NoticeKind.COPY
    if is_copy:
        return f"{test}{name or 'Somebody'} is asked about this"
    return f"{test}is this expected?" if test else "Is this expected?"


def _unsure(event: Event, view: CardView) -> str:
    """That nobody is asked as if they had been silent; empty where nobody said that they are not sure."""
    if view.audience == "person":
        return "🤔 You are not sure whether this was you" if event.is_subject_unsure else ""
    return f"🤔 {words.unsure(event)}: is this expected?" if event.doubts else ""


def _by(event: Event) -> str:
    """` by Alice and Carol`, whose decisions made the status."""
    last = event.decisions[-1] if event.decisions else None
    if last and last.expectation_id:
        return f" by expectation {last.expectation_id} of {named(last.actor_name, words.NAME_LIMIT)}"
    verdict = last.verdict if last else None
    names = dict.fromkeys(item.actor_name for item in event.decisions if item.verdict is verdict)
    shown = [named(name, words.NAME_LIMIT) for name in names if name]
    return f" by {words.listed(shown)}" if shown else ""


def colour(event: Event) -> str:
    """The bar: the outcome of a decided event, the risk of an open one."""
    if event.status in _DECIDED_COLOURS:
        return _DECIDED_COLOURS[event.status]
    return _RISK_COLOURS[event.risk.level]


def _groups(event: Event, view: CardView, now: datetime) -> list[list[Line]]:
    after = [*follow_up.lines(event, view), *containment.lines(event, view, now)]
    is_urgent = view.audience == "person"
    # To the person a card never says why it came: it came because the event is theirs.
    why = address_lines.about(event) if view.audience == "channel" else []
    timing = address_lines.timing(event, view.cards.late_after, view.cards.future_after)
    demands = address_lines.demands(event) if event.is_open else []
    return [
        # Who decided and why comes before what it was about: that is what a decided card is read for.
        address_lines.trail(event),
        # What a person has to do now comes before all else; what reviewers tick stands above its buttons.
        after if is_urgent else [],
        [address_lines.summary(event), *address_lines.essentials(event), *why],
        # What is unusual comes before what is as ever.
        [
            *hids.unusual(event),
            *address_lines.failed(event),
            *address_lines.claim(event),
            *habits.unusual(event),
            *timing,
            *address.lines(event),
        ],
        [
            *habits.usual(event),
            *hids.usual(event),
            *address_lines.backups(event),
            *([[link(view.first_link, "Where it was asked first")]] if view.first_link else []),
            # What approving takes stands right above its button.
            *demands,
        ],
        [] if is_urgent else after,
    ]


def _next_reminder(event: Event, now: datetime) -> list[Line]:
    due = event.next_reminder_at
    if due is None or due <= now or event.status in FINAL:
        return []
    return [[text("Next reminder: "), date(due)]]


def _in_order_of_weight(
    event: Event, groups: Sequence[Sequence[Line]], call: Sequence[Line], *, now: datetime, command: str
) -> list[Line]:
    """The lines of the plain text below its headline: what must not be cut off comes first."""
    trail, urgent, facts, *others, after = groups
    # Slack's notification shows little more than the headline and this line.
    decisive = [text(f"{words.summary(event)} · {words.weight(event)}")]
    # Where no button can be pressed, the id is what a reader needs next.
    by_id = f"Event {event.ref}: {words.STATUS[event.status]}"
    if event.is_open:
        by_id = f"Event {event.ref}: {command} approve or {command} deny {event.ref}"
    log_line = [[text(f"Log line: {show(event.message, MESSAGE_LIMIT_IN_TEXT)}")]] if event.message else []
    return [
        decisive,
        *call,
        *trail,
        [text(by_id)],
        *urgent,
        *after,
        *facts[1:],
        *chain.from_iterable(others),
        *_next_reminder(event, now),
        *fields.evidence(event),
        *address.evidence(event),
        *log_line,
    ]
