"""What a delivery says: rendered from the store at the last moment, so that it is true when it is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from powertrip import cards, reminders
from powertrip.cards import CardView, Mention, Message
from powertrip.event import Event, Notice, NoticeKind, Status
from powertrip.ports import Delivery, DeliveryKind, Shown, Snapshot
from powertrip.workflow.parts import Parts

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

    async def post(self, delivery: Delivery) -> Rendered | None:
        """What a delivery posts; None where it is of no use any more."""
        match delivery.kind:
            case DeliveryKind.QUARANTINE:
                return Rendered(message=self._quarantine(delivery))
            case DeliveryKind.NOTE:
                return Rendered(message=cards.security_note(**delivery.payload))
            case DeliveryKind.REMINDER:
                return await self._reminder(delivery)
            case _:
                return await self._single(delivery)

    async def again(self, notices: Sequence[Notice]) -> Rendered | None:
        """What a message that carries these notices should say now; None where it carries none."""
        snapshots = await self._parts.store.snapshots([notice.event_id for notice in notices])
        if not snapshots:
            return None
        if len(snapshots) > 1:
            return self._list(snapshots)
        notice, snapshot = notices[0], snapshots[0]
        return await self._card(snapshot, notice.kind, notice.channel, notice.reminder)

    async def _single(self, delivery: Delivery) -> Rendered | None:
        snapshots = await self._parts.store.snapshots(delivery.event_ids)
        if not snapshots:
            return None
        return await self._card(snapshots[0], NOTICE_KIND[delivery.kind], delivery.channel, 0)

    async def _reminder(self, delivery: Delivery) -> Rendered | None:
        numbers = reminder_numbers(delivery)
        snapshots = await self._parts.store.snapshots(delivery.event_ids)
        live = [item for item in snapshots if _still_due(item, numbers)]
        if not live:
            return None
        if len(live) > 1:
            return self._list(live)
        event = live[0].event
        return await self._card(live[0], NoticeKind.REMINDER, delivery.channel, event.reminders)

    async def _card(self, snapshot: Snapshot, kind: NoticeKind, channel: str, reminder: int) -> Rendered:
        event, settings, now = snapshot.event, self._parts.settings, self._parts.clock()
        calls = kind is NoticeKind.OUTCOME or (
            kind is NoticeKind.REMINDER and reminders.mentions_reviewers(settings.reminders, reminder)
        )
        view = CardView(
            kind=kind,
            audience="person" if channel.startswith(DIRECT) else "channel",
            reminder=reminder,
            first_link=await self._first_link(event, channel) if kind is not NoticeKind.FIRST else None,
            mention=tuple(map(Mention, settings.reviewers.called)) if calls else (),
            cards=settings.cards,
            command=settings.command,
        )
        render = cards.denied_alert if kind is NoticeKind.OUTCOME else cards.event_card
        return Rendered(message=render(event, view, now), shown=(_shown(snapshot, reminder),))

    async def _first_link(self, event: Event, channel: str) -> str | None:
        """The first notice's address, where the readers of `channel` can open it."""
        for notice in await self._parts.store.notices(event.id):
            if notice.kind is NoticeKind.FIRST and notice.channel == channel:
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

    def _quarantine(self, delivery: Delivery) -> Message:
        return cards.quarantine_notice(**delivery.payload, how_to_look="bot.py events quarantine")


def reminder_numbers(delivery: Delivery) -> dict[str, int]:
    """The number of the reminder that the delivery is, by event; empty where it is none."""
    numbers: dict[str, int] = delivery.payload.get("numbers", {})
    return numbers


def _shown(snapshot: Snapshot, reminder: int) -> Shown:
    return Shown(
        event_id=snapshot.event.id,
        revision=snapshot.event.revision,
        version=snapshot.version,
        reminder=reminder,
    )


def _still_due(snapshot: Snapshot, numbers: dict[str, int]) -> bool:
    """A reminder is of use unless the event is final, a newer one waits, or the first has yet to go out."""
    event = snapshot.event
    is_newest = event.reminders <= numbers.get(event.id, event.reminders)
    return snapshot.was_asked and is_newest and event.status not in FINAL
