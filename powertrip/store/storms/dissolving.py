"""Takes storms apart where they are switched off: each of their events is asked about on its own again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import UNDONE, Event, NoticeKind, Severity
from powertrip.store import audit, deliveries
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, transaction
from powertrip.store.rows import events_from, lock_events
from powertrip.store.storms import messages
from powertrip.store.storms.tables import StormRow
from powertrip.store.tables import WAITING, DeliveryRow, EventRow, NoticeRow

AT_ONCE = 500
"""Events in one transaction: clicks and records behind it hardly wait."""
WHY = "storms are switched off"


def _usual() -> Any:
    """The condition of events that wait, and of which only the card of a storm tells."""
    in_storms = EventRow.storm_id.is_null(False) & EventRow.storm_apart.is_null()
    return in_storms & EventRow.status.in_(UNDONE)


def undone() -> list[Event]:
    """Events that wait in storms, AT_ONCE at most, the oldest first."""
    query = EventRow.select().where(_usual()).order_by(EventRow.storm_id, EventRow.storm_seq).limit(AT_ONCE)
    return events_from(list(query))


def dissolve(conversations: Mapping[str, str], remind_at: datetime, now: datetime) -> int:
    """Ask about these events with cards of their own, each in its conversation; returns how many do it."""
    locked = lock_events(conversations)
    still = EventRow.id.in_(list(locked)) & _usual()
    rows: list[Any] = list(EventRow.select().where(still).order_by(EventRow.id))
    update_all(EventRow, [{"id": row.id, "storm_apart": WHY, "next_reminder_at": remind_at} for row in rows])
    for row in rows:
        audit.append("storm_apart", now, event_id=row.id, storm=row.storm_id, why=WHY)
    told = _told([row.id for row in rows])
    cards = [
        deliveries.new(
            DeliveryKind.FIRST,
            conversations[row.id],
            now,
            event_ids=[row.id],
            severity=Severity(row.severity),
        )
        for row in rows
        if row.id not in told
    ]
    deliveries.enqueue(cards)
    messages.changed({row.storm_id for row in rows}, now)
    return len(cards)


def end_all(now: datetime) -> None:
    """End the storms that go on, so that none takes in what comes when they are switched on again."""
    going_on = [row.id for row in StormRow.select(StormRow.id).where(StormRow.ended_at.is_null())]
    ended = [row.id for row in messages.lock(going_on).values() if row.ended_at is None]
    StormRow.update(ended_at=now).where(StormRow.id.in_(ended)).execute()
    for storm_id in ended:
        audit.append("storm_ended", now, storm=storm_id)
    messages.changed(ended, now)


def _told(event_ids: list[str]) -> set[str]:
    """Those of the events that have a card, or one on its way."""
    live = NoticeRow.removed_at.is_null() & (NoticeRow.kind == NoticeKind.FIRST)
    shown = NoticeRow.select(NoticeRow.event_id).where(live & NoticeRow.event_id.in_(event_ids))
    first = (DeliveryRow.kind == DeliveryKind.FIRST) & WAITING
    of_these = DeliveryRow.event_id.in_(event_ids) | DeliveryRow.event_id.is_null()
    coming = DeliveryRow.select(DeliveryRow.event_ids).where(first & of_these)
    return {row.event_id for row in shown} | {event_id for row in coming for event_id in row.event_ids}


class Dissolving(Role):
    """Storms that are no more."""

    undone = transaction(undone)
    dissolve = transaction(dissolve)
    end_all = transaction(end_all)
