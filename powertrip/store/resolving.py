"""Sends on what waits until it is known whom it is about: all that waits for one person at once.

Nothing of it was posted yet, so nothing need be looked for.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from powertrip.domain.delivery import Delivery
from powertrip.domain.people import Subject
from powertrip.store import deliveries, events, written
from powertrip.store.database import Role, transaction
from powertrip.store.tables import DeliveryRow, DeliveryState

AT_ONCE = 500
"""Deliveries in one transaction: clicks and records behind it hardly wait."""


def waiting_together(delivery: Delivery, now: datetime) -> list[Any]:
    """The rows of the delivery and of what else is due in its lane, the most urgent first, locked.

    None at all where the delivery is another worker's by now, who does the same.
    """
    own = deliveries.mine(delivery)
    if own is None:
        return []
    others = (
        f"lane = ? AND kind = ? AND id <> ? AND {deliveries.DUE} ORDER BY {deliveries.URGENT_FIRST} LIMIT ?"
    )
    values = (delivery.lane, delivery.kind, own.id, now, now, AT_ONCE - 1)
    rows = [own, *written.rows(DeliveryRow, others, *values)]
    return sorted(rows, key=lambda row: (row.priority, row.rank, row.id))


def events_of(rows: Iterable[Any]) -> list[str]:
    """The ids of the events that these deliveries are about, each once."""
    return list(dict.fromkeys(event_id for row in rows for event_id in row.event_ids))


def resolve(delivery: Delivery, subject: Subject, channel: str, now: datetime) -> None:
    """Record whom the events are about, and send their notices to `channel`."""
    rows = waiting_together(delivery, now)
    settle(rows, subject, {channel: rows}, now)


def settle(rows: Sequence[Any], subject: Subject, to: dict[str, Sequence[Any]], now: datetime) -> None:
    """Record whom the events of these deliveries are about, and send them on by channel."""
    events.set_subject(events_of(rows), subject, now)
    for channel, its in to.items():
        deliveries.send_on(its, channel, now)


def tell(delivery: Delivery, channel: str, now: datetime) -> None:
    """Send the notices to `channel`, though it is not known whom they are about."""
    deliveries.send_on(waiting_together(delivery, now), channel, now)


def skip(delivery: Delivery, now: datetime) -> None:
    """End what waits there: it is told where it is asked about."""
    ids = [row.id for row in waiting_together(delivery, now)]
    ended = DeliveryRow.update(state=DeliveryState.SKIPPED, done_at=now, leased_until=None)
    ended.where(DeliveryRow.id.in_(ids)).execute()


class Resolving(Role):
    """What waits until it is known whom it is about."""

    tell = transaction(tell)
