"""Queues what Slack does not take for the backup channels, once, and one digest when that is over."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.delivery import Delivery, DeliveryKind, Overdue
from powertrip.store import audit, deliveries
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.tables import BackupRow, DeliveryRow

TOGETHER = 25
"""Events in one message; a longer one is cut by mail gateways and pagers."""


def enqueue_overdue(before: datetime, channels: Sequence[str], now: datetime) -> int:
    """Queue for the channels what Slack has not taken since `before`; returns how many deliveries."""
    overdue = (
        deliveries.undelivered() & DeliveryRow.backed_up_at.is_null() & (DeliveryRow.created_at <= before)
    )
    query = DeliveryRow.select().where(overdue).order_by(DeliveryRow.id).limit(TOGETHER)
    rows = list(for_update(query, skip_locked=True))
    if not rows:
        return 0
    ids = [row.id for row in rows]
    DeliveryRow.update(backed_up_at=now).where(DeliveryRow.id.in_(ids)).execute()
    payload = Overdue(deliveries=tuple(ids))
    deliveries.enqueue([deliveries.new(DeliveryKind.BACKUP, name, now, payload=payload) for name in channels])
    return len(rows)


def told(delivery: Delivery, event_ids: Sequence[str], now: datetime) -> None:
    """Record that a channel was told of events, so that their cards say so."""
    deliveries.touch(event_ids, now)
    deliveries.finish(delivery, now)
    said = {snapshot.event.id: snapshot.event.status for snapshot in delivery.snapshots}
    told_of = [{"event_id": event_id, "status": said.get(event_id)} for event_id in event_ids]
    insert_all(BackupRow, [{**about, "channel": delivery.channel, "sent_at": now} for about in told_of])
    for event_id in event_ids:
        audit.append("backup_told", now, event_id=event_id, channel=delivery.channel)


def enqueue_digests(now: datetime) -> int:
    """Queue a digest for each channel once nothing told there waits any more; returns how many."""
    waiting = DeliveryRow.select().where(deliveries.undelivered() & DeliveryRow.backed_up_at.is_null(False))
    if waiting.exists():
        return 0
    rows = list(for_update(BackupRow.select().where(BackupRow.digest_at.is_null()).order_by(BackupRow.id)))
    undigested: dict[str, list[str]] = {}
    for row in rows:
        undigested.setdefault(row.channel, []).append(row.event_id)
    deliveries.enqueue(
        [
            deliveries.new(DeliveryKind.BACKUP, channel, now, event_ids=dict.fromkeys(event_ids))
            for channel, event_ids in undigested.items()
        ]
    )
    # Not what a channel was told meanwhile: that is in no digest yet.
    BackupRow.update(digest_at=now).where(BackupRow.id.in_([row.id for row in rows])).execute()
    return len(undigested)


class Backups(Role):
    """What goes to the backup channels."""

    enqueue_overdue = transaction(enqueue_overdue)
    told = transaction(told)
    enqueue_digests = transaction(enqueue_digests)
