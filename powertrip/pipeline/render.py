"""What a delivery says: rendered at the last moment, so that it is true when it is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from powertrip import cards
from powertrip.cards import CardView, Mention, Message
from powertrip.domain import lifecycle, reminders
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind, Digest, Note, Question, ReminderNumbers, Shown
from powertrip.domain.event import FINAL, Event, NoticeKind, Snapshot, Status
from powertrip.domain.offering import is_offered
from powertrip.domain.people import SubjectKind
from powertrip.domain.quarantine import QuarantineReport
from powertrip.domain.routing import DIRECT
from powertrip.domain.storm_view import StormNotice
from powertrip.pipeline.context import Settings

FIRST_KINDS = (NoticeKind.FIRST, NoticeKind.COPY)

NOTICE_KIND = {
    DeliveryKind.FIRST: NoticeKind.FIRST,
    DeliveryKind.OUTCOME: NoticeKind.OUTCOME,
    DeliveryKind.SECOND: NoticeKind.SECOND,
    DeliveryKind.COPY: NoticeKind.COPY,
    DeliveryKind.REMINDER: NoticeKind.REMINDER,
    DeliveryKind.NUDGE: NoticeKind.NUDGE,
}


Link = Callable[[str, str], str | None]
"""Returns the address of a message, by its channel and `ts`, for those who can see it."""


def render(delivery: Delivery, settings: Settings, *, link: Link, now: datetime) -> Message | None:
    """What a delivery says now, and shows of which events; None where it is of no use any more."""
    snapshots: Sequence[Snapshot] = delivery.snapshots
    match delivery.payload:
        case Question() | Digest() | Note() as note:
            return _of_note(note)
        case QuarantineReport() as report:
            return cards.quarantine_notice(
                count=report.count,
                sources=report.sources,
                reasons=report.reasons,
                samples=report.samples,
                since=report.since,
                how_to_look="bot.py quarantine list",
            )
        case StormNotice() as notice:
            return _storm(delivery, notice, settings, link=link, now=now)
        case ReminderNumbers(numbers=numbers):
            snapshots = [item for item in snapshots if _is_still_due(item, numbers)]
        case _:
            snapshots = [item for item in snapshots if _is_still_of_use(item, delivery)]
    if not snapshots:
        return None
    view = _view(snapshots, delivery, settings, link, now)
    events = [item.event for item in snapshots]
    if view.kind is NoticeKind.NUDGE:
        message = cards.nudge(events, view, now)
    elif len(events) > 1 and view.kind is NoticeKind.REMINDER:
        message = cards.reminder_list(events, view, now)
    elif len(events) > 1:
        message = cards.first_list(events, view, now)
    elif view.kind is NoticeKind.OUTCOME:
        message = cards.denied_alert(events[0], view, now)
    else:
        message = cards.event_card(events[0], view, now)
    shows = tuple(
        Shown(
            event_id=item.event.id,
            revision=item.event.revision,
            version=item.version,
            reminder=item.event.reminders if view.reminder and len(events) > 1 else view.reminder,
        )
        for item in snapshots
        # Asked about for the first time is only what can be read: the others get a message of their own.
        if not (view.kind in FIRST_KINDS and item.event.id in message.counted)
    )
    return replace(message, shows=shows)


def _of_note(note: Question | Digest | Note) -> Message:
    if isinstance(note, Question):
        return cards.question_card(note)
    if isinstance(note, Digest):
        return cards.digest_card(note)
    return cards.security_note(note.title, note.lines, quiet=note.quiet)


def _storm(
    delivery: Delivery, notice: StormNotice, settings: Settings, *, link: Link, now: datetime
) -> Message | None:
    """A message of a storm; None where nothing of it waits and none is there that should say so."""
    view = delivery.storm
    if view is None or (delivery.ts is None and not (view.open or view.denied)):
        return None
    calls = notice.kind is NoticeKind.OUTCOME or (
        notice.kind is NoticeKind.REMINDER
        and reminders.mentions_reviewers(settings.reminders, notice.reminder)
    )
    shown = CardView(
        kind=notice.kind,
        audience="channel",
        reminder=notice.reminder,
        first_link=link(*view.card) if view.card else None,
        mention=tuple(map(Mention, settings.reviewers.called)) if calls else (),
        cards=settings.cards,
        command=settings.command,
        checklist=settings.not_me.checklist_of(view.storm.rule),
    )
    if notice.kind is not NoticeKind.FIRST:
        return cards.storm_reminder(view, shown)
    links = {
        item.event.id: link(*item.asked_in)
        for item in view.outliers
        # Nobody else can open what stands in somebody's direct messages.
        if item.asked_in and not item.asked_in[0].startswith(DIRECT)
    }
    return cards.storm_card(view, shown, links=links, bulk=settings.storms.bulk, now=now)


def _view(
    snapshots: Sequence[Snapshot], delivery: Delivery, settings: Settings, link: Link, now: datetime
) -> CardView:
    kind, channel, number = NOTICE_KIND.get(delivery.kind, NoticeKind.REMINDER), delivery.channel, 0
    if delivery.kind is DeliveryKind.UPDATE:
        # An updated message stays the kind it was sent as.
        notice = delivery.notices[0]
        kind, channel, number = notice.kind, notice.channel, notice.reminder
    if kind is NoticeKind.REMINDER and (number == 0 or len(snapshots) > 1):
        number = max(item.event.reminders for item in snapshots)
    # In somebody's direct messages nobody else would see the call.
    calls_reviewers = not channel.startswith(DIRECT) and (
        kind is NoticeKind.SECOND
        # That somebody is not sure is told without the alarm of a denial.
        or (kind is NoticeKind.OUTCOME and not snapshots[0].event.is_open)
        or (kind is NoticeKind.REMINDER and reminders.mentions_reviewers(settings.reminders, number))
    )
    events = [item.event for item in snapshots]
    only = events[0] if len(events) == 1 else None
    return CardView(
        kind=kind,
        audience="person" if channel.startswith(DIRECT) else "channel",
        offers=only is not None
        and channel.startswith(DIRECT)
        and is_offered(only, settings.expectable(only)),
        reminder=number,
        first_link=_first_link(snapshots, kind, channel, link),
        mention=tuple(map(Mention, _called(events, kind, settings, now))) if calls_reviewers else (),
        cards=settings.cards,
        command=settings.command,
        for_reviewers=channel == settings.security_channel,
        guidance=settings.not_me.guidance(events[0].rule),
        contains=tuple(settings.offers(only))
        if only is not None and only.status is Status.DENIED and channel == settings.security_channel
        else (),
    )


def _called(events: Sequence[Event], kind: NoticeKind, settings: Settings, now: datetime) -> tuple[str, ...]:
    """Whom a message mentions: the reviewers, or whoever has all of these events."""
    called, first = settings.reviewers.called, events[0]
    is_claimed = len(events) == 1 and lifecycle.is_claimed(first)
    if kind is NoticeKind.SECOND or is_claimed:
        # Whoever approved already, or denied, cannot be the second; nor can who says that it was them.
        one = {item.actor_id for item in first.decisions if not is_claimed or item.verdict is Verdict.DENY}
        one |= {first.subject.slack_id or ""} if is_claimed else set()
        return tuple(slack_id for slack_id in called if slack_id not in one)
    denied = [event for event in events if event.status is Status.DENIED]
    owners = [event.follow_up.quiet_for(now) for event in denied if event.follow_up]
    if len(owners) < len(events) or not all(owners):
        return called
    # An update of the first call would notify nobody anyway.
    is_again = kind is NoticeKind.REMINDER
    return tuple(dict.fromkeys(owner.slack_id for owner in owners if owner)) if is_again else ()


def _first_link(snapshots: Sequence[Snapshot], kind: NoticeKind, channel: str, link: Link) -> str | None:
    """The address of the first notice, where the readers of `channel` can open it."""
    if kind is NoticeKind.FIRST or len(snapshots) > 1:
        return None
    for notice in snapshots[0].first_notices:
        # A nudge is addressed to a member, and goes to the direct messages that the first notice is in.
        if notice.channel == channel or (kind is NoticeKind.NUDGE and notice.channel.startswith(DIRECT)):
            return link(notice.channel, notice.ts)
    return None


def reminder_numbers(delivery: Delivery) -> Mapping[str, int]:
    """Numbers of the reminders in the delivery, by event; empty where it is no reminder."""
    return delivery.payload.numbers if isinstance(delivery.payload, ReminderNumbers) else {}


def _is_still_due(snapshot: Snapshot, numbers: Mapping[str, int]) -> bool:
    """False where the event is final, a newer reminder waits, or the first notice has yet to go out."""
    event = snapshot.event
    is_newest = event.reminders <= numbers.get(event.id, event.reminders)
    # A question stays with the person whom it is about, however long Slack does not take it. The channel is
    # reminded all the same, if not at once: that one conversation fails must not be silence.
    is_stuck = event.subject.kind in (SubjectKind.PERSON, SubjectKind.AWAITED) and event.reminders > 1
    return (snapshot.was_asked or is_stuck) and is_newest and event.status not in FINAL


def _is_still_of_use(snapshot: Snapshot, delivery: Delivery) -> bool:
    """False where what is to be asked for has been given meanwhile, or cannot be given."""
    event = snapshot.event
    if delivery.kind is DeliveryKind.SECOND:
        return event.status is Status.HALF_APPROVED
    if delivery.kind is DeliveryKind.NUDGE:
        # Where the first card has yet to reach the person, or only just did after an outage, that one asks.
        was_asked = any(
            notice.channel.startswith(DIRECT) and notice.posted_at <= delivery.created_at
            for notice in snapshot.first_notices
        )
        return event.status is Status.PENDING and was_asked and not event.is_subject_unsure
    if delivery.kind is DeliveryKind.COPY:
        # Whoever cannot be asked in person is asked in the security channel, which then needs no copy.
        return all(notice.channel != delivery.channel for notice in snapshot.first_notices)
    return True
