"""What a delivery says: rendered from the store at the last moment, so that it is true when it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from powertrip import cards
from powertrip.cards import CardView, Mention, Message
from powertrip.domain import reminders
from powertrip.domain.delivery import Delivery, DeliveryKind, Note, Reminders, Shown
from powertrip.domain.event import NoticeKind, Snapshot, Status
from powertrip.domain.people import SubjectKind
from powertrip.domain.quarantine import QuarantineReport
from powertrip.pipeline.context import Parts

DIRECT = ("D", "U", "W")
"""How the ids of direct messages, and of the members they are addressed by, begin."""
FINAL = (Status.APPROVED, Status.CLOSED)

NOTICE_KIND = {
    DeliveryKind.FIRST: NoticeKind.FIRST,
    DeliveryKind.OUTCOME: NoticeKind.OUTCOME,
    DeliveryKind.REMINDER: NoticeKind.REMINDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message, and what it shows of which events."""

    message: Message
    shown: tuple[Shown, ...] = ()


class Renderer:
    """Makes messages of events as they are now."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def post(self, delivery: Delivery) -> Rendered | None:
        """What a delivery posts; None where it is of no use any more."""
        match delivery.payload:
            case QuarantineReport():
                return Rendered(message=_quarantine(delivery.payload))
            case Note(title=title, lines=lines):
                return Rendered(message=cards.security_note(title, lines))
            case Reminders(numbers=numbers):
                return self._reminder(delivery, numbers)
            case _:
                return self._single(delivery)

    def again(self, delivery: Delivery) -> Rendered | None:
        """What a message should say now; None where it carries no event any more."""
        if not delivery.snapshots:
            return None
        if len(delivery.snapshots) > 1:
            return self._list(delivery.snapshots)
        notice = delivery.notices[0]
        return self._card(delivery.snapshots[0], notice.kind, notice.channel, notice.reminder)

    def _single(self, delivery: Delivery) -> Rendered | None:
        if not delivery.snapshots:
            return None
        return self._card(delivery.snapshots[0], NOTICE_KIND[delivery.kind], delivery.channel, 0)

    def _reminder(self, delivery: Delivery, numbers: Mapping[str, int]) -> Rendered | None:
        live = [item for item in delivery.snapshots if _still_due(item, numbers)]
        if not live:
            return None
        if len(live) > 1:
            return self._list(live)
        return self._card(live[0], NoticeKind.REMINDER, delivery.channel, live[0].event.reminders)

    def _card(self, snapshot: Snapshot, kind: NoticeKind, channel: str, reminder: int) -> Rendered:
        event, settings, now = snapshot.event, self._parts.settings, self._parts.clock()
        calls = kind is NoticeKind.OUTCOME or (
            kind is NoticeKind.REMINDER and reminders.mentions_reviewers(settings.reminders, reminder)
        )
        view = CardView(
            kind=kind,
            audience="person" if channel.startswith(DIRECT) else "channel",
            reminder=reminder,
            first_link=self._first_link(snapshot, channel) if kind is not NoticeKind.FIRST else None,
            mention=tuple(map(Mention, settings.reviewers.called)) if calls else (),
            cards=settings.cards,
            command=settings.command,
        )
        render = cards.denied_alert if kind is NoticeKind.OUTCOME else cards.event_card
        return Rendered(message=render(event, view, now), shown=(_shown(snapshot, reminder),))

    def _first_link(self, snapshot: Snapshot, channel: str) -> str | None:
        """The first notice's address, where the readers of `channel` can open it."""
        for notice in snapshot.first_notices:
            if notice.channel == channel:
                return self._parts.notifier.link(notice.channel, notice.ts)
        return None

    def _list(self, snapshots: Sequence[Snapshot]) -> Rendered:
        settings = self._parts.settings
        highest = max(item.event.reminders for item in snapshots)
        calls = reminders.mentions_reviewers(settings.reminders, highest)
        view = CardView(
            kind=NoticeKind.REMINDER,
            audience="channel",
            reminder=highest,
            mention=tuple(map(Mention, settings.reviewers.called)) if calls else (),
            cards=settings.cards,
            command=settings.command,
        )
        message = cards.reminder_list([item.event for item in snapshots], view, self._parts.clock())
        return Rendered(
            message=message, shown=tuple(_shown(item, item.event.reminders) for item in snapshots)
        )


def _quarantine(found: QuarantineReport) -> Message:
    return cards.quarantine_notice(
        count=found.count,
        sources=found.sources,
        reasons=found.reasons,
        samples=found.samples,
        since=found.since,
        how_to_look="bot.py events quarantine",
    )


def reminder_numbers(delivery: Delivery) -> Mapping[str, int]:
    """The number of the reminder that the delivery is, by event; empty where it is none."""
    return delivery.payload.numbers if isinstance(delivery.payload, Reminders) else {}


def _shown(snapshot: Snapshot, reminder: int) -> Shown:
    return Shown(
        event_id=snapshot.event.id,
        revision=snapshot.event.revision,
        version=snapshot.version,
        reminder=reminder,
    )


def _still_due(snapshot: Snapshot, numbers: Mapping[str, int]) -> bool:
    """A reminder is of use unless the event is final, a newer one waits, or the first has yet to go out."""
    event = snapshot.event
    is_newest = event.reminders <= numbers.get(event.id, event.reminders)
    # A question stays with the person whom it is about, however long Slack does not take it. The channel is
    # reminded all the same, if not at once: that one conversation fails must not be silence.
    is_stuck = event.subject.kind is SubjectKind.PERSON and event.reminders > 1
    return (snapshot.was_asked or is_stuck) and is_newest and event.status not in FINAL
