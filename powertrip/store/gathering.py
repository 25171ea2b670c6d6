"""Puts the first cards that wait for one channel into one message, where there are too many to read each."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.delivery import LISTED, RANK, Delivery, DeliveryKind
from powertrip.domain.event import Severity
from powertrip.store import deliveries
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.snapshots import snapshots
from powertrip.store.tables import DeliveryRow, DeliveryState

STORM = timedelta(minutes=1)
"""How long after the cards of a list further ones are listed too, however few they are."""
_GRAVE = RANK[Severity.HIGH]
"""Up to this rank a card is listed among its like alone, so that no list hides what is grave."""


def gather(delivery: Delivery, above: int, now: datetime) -> Delivery:
    """The delivery or, where more than `above` such cards wait for its channel, all these as one list.

    Call it before the first attempt: what may have been posted already stays as it was. The list takes this
    delivery's row, and the others end, in one transaction, so no crash tells of an event twice or never.
    """
    row = deliveries.mine(delivery)
    room = LISTED - len(delivery.event_ids)
    # Claimed once more since, it is somebody else's, who may be posting what they read of it.
    if row is None or room < 1:
        return delivery
    others = list(for_update(_alike(row, now).limit(room), skip_locked=True))
    # A storm that pauses for a breath is still one: its end comes as lists too.
    if len(others) < (1 if _is_listed(row.channel, now) else above):
        return delivery
    told_in = f"told in the list {row.uid}"
    ended = DeliveryRow.update(state=DeliveryState.SKIPPED, error=told_in, done_at=now)
    ended.where(DeliveryRow.id.in_([other.id for other in others])).execute()
    event_ids = list(dict.fromkeys([*row.event_ids, *(other.event_id for other in others)]))
    DeliveryRow.update(event_ids=event_ids, event_id=None).where(DeliveryRow.id == row.id).execute()
    return replace(delivery, event_ids=tuple(event_ids), snapshots=tuple(snapshots(event_ids)))


def _is_listed(channel: str, now: datetime) -> bool:
    """Whether first cards that came lately went to the channel as a list."""
    lists = (DeliveryRow.channel == channel) & (DeliveryRow.kind == DeliveryKind.FIRST)
    lately = DeliveryRow.event_id.is_null() & (DeliveryRow.created_at > now - STORM)
    return bool(DeliveryRow.select().where(lists & lately).exists())


def _alike(row: Any, now: datetime) -> Any:
    """The untried cards of one event each that are due in the row's channel, the gravest first."""
    severity = DeliveryRow.rank == row.rank if row.rank <= _GRAVE else DeliveryRow.rank > _GRAVE
    alike = (
        (DeliveryRow.state == DeliveryState.WAITING)
        & (DeliveryRow.lane == row.lane)
        & (DeliveryRow.priority == row.priority)
        & severity
        & (DeliveryRow.kind == row.kind)
        & (DeliveryRow.id != row.id)
        & DeliveryRow.event_id.is_null(False)
        & (DeliveryRow.due_at <= now)
        & DeliveryRow.leased_until.is_null()
        & DeliveryRow.attempted_at.is_null()
    )
    return DeliveryRow.select().where(alike).order_by(DeliveryRow.rank, DeliveryRow.id)


def ask_again(delivery: Delivery, event_ids: Collection[str], now: datetime) -> None:
    """Queue those events of a list that had no room in it; belongs in the transaction that ends it."""
    left = [item.event for item in delivery.snapshots if item.event.id in event_ids]
    rows = [
        deliveries.new(delivery.kind, delivery.channel, now, event_ids=[event.id], severity=event.severity)
        for event in left
    ]
    # They have waited since their cards were queued.
    deliveries.enqueue([row | {"created_at": delivery.created_at} for row in rows])


def weigh(severities: Mapping[str, Severity]) -> None:
    """Move what waits about each of these events to the place that its severity gives it."""
    update_all(
        DeliveryRow,
        [
            {"event_id": event_id, "state": DeliveryState.WAITING, "rank": RANK[severity]}
            for event_id, severity in sorted(severities.items())
        ],
        key=("event_id", "state"),
    )


class Gathering(Role):
    """Cards that go out together."""

    gather = transaction(gather)
