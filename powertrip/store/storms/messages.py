"""The messages of storms: which there are, which are out of date, and when they are brought up to date."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.delivery import Delivery, DeliveryKind, Posted
from powertrip.domain.event import NoticeKind, Severity
from powertrip.domain.storm_view import StormNotice
from powertrip.store import audit, deliveries, written
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.storms.tables import StormMessageRow, StormRow
from powertrip.store.tables import WAITING, DeliveryRow


def lock(storm_ids: Collection[str]) -> dict[str, Any]:
    """The rows of these storms; nobody else changes them until the commit. Belongs after rows of events."""
    if not storm_ids:
        return {}
    query = StormRow.select().where(StormRow.id.in_(list(storm_ids))).order_by(StormRow.id)
    return {row.id: row for row in for_update(query)}


def changed(storm_ids: Collection[str], now: datetime, *, at_once: bool = False) -> None:
    """Mark the messages of these storms as out of date; belongs in the transaction of the change.

    They are brought up to date as often as the storm says and no oftener, unless `at_once`.
    """
    storms = lock(storm_ids)
    if not storms:
        return
    StormRow.update(version=StormRow.version + 1).where(StormRow.id.in_(list(storms))).execute()
    live = StormMessageRow.storm_id.in_(list(storms)) & StormMessageRow.removed_at.is_null()
    messages = list(
        StormMessageRow.select().where(live).order_by(StormMessageRow.channel, StormMessageRow.ts)
    )
    unbegun, begun = _waiting(messages)
    if at_once:
        soon = DeliveryRow.id.in_(list(unbegun.values()))
        DeliveryRow.update(due_at=now).where(soon & (DeliveryRow.attempts == 0)).execute()
    queued = []
    for row in messages:
        if (row.channel, row.ts) in unbegun:
            continue
        # One under way is as good as shown, and shows not yet what has changed.
        shown_at = now if (row.channel, row.ts) in begun else row.shown_at
        due_at = now if at_once else max(now, shown_at + _pace(storms[row.storm_id]))
        queued.append(_update(row, due_at, now))
    deliveries.enqueue(queued)


def moved(event_ids: Collection[str], now: datetime) -> None:
    """Mark the messages of the storms that these events are part of, or stand beside, as out of date."""
    if not event_ids:
        return
    of_storms = f"id IN ({written.marks(event_ids)}) AND storm_id IS NOT NULL"
    rows = written.run(f"SELECT DISTINCT storm_id FROM event WHERE {of_storms}", *event_ids)  # noqa: S608 (ours)
    changed({storm_id for (storm_id,) in rows.fetchall() if storm_id}, now)


def _pace(storm: Any) -> timedelta:
    return timedelta(seconds=storm.update_every)


def _update(row: Any, due_at: datetime, now: datetime) -> dict[str, Any]:
    notice = StormNotice(storm=row.storm_id, kind=NoticeKind(row.kind), reminder=row.reminder)
    return deliveries.new(DeliveryKind.STORM, row.channel, now, ts=row.ts, payload=notice, due_at=due_at)


def _waiting(messages: Collection[Any]) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]]]:
    """Of these messages those with an update not yet begun, with its id, and those with one under way."""
    if not messages:
        return {}, set()
    query = for_update(
        DeliveryRow.select(DeliveryRow.channel, DeliveryRow.ts, DeliveryRow.id, DeliveryRow.leased_until)
        .where(
            DeliveryRow.channel.in_({row.channel for row in messages})
            & DeliveryRow.ts.in_([row.ts for row in messages])
            & (DeliveryRow.kind == DeliveryKind.STORM)
            & WAITING
        )
        .order_by(DeliveryRow.id)
    )
    rows = list(query)
    unbegun = {(row.channel, row.ts): row.id for row in rows if row.leased_until is None}
    return unbegun, {(row.channel, row.ts) for row in rows if row.leased_until is not None}


def post(
    storm: Any, kind: NoticeKind, now: datetime, *, reminder: int = 0, event_ids: Collection[str] = ()
) -> dict[str, Any]:
    """The delivery of a new message of the storm; `event_ids` are told of where Slack does not take it."""
    notice = StormNotice(storm=storm.id, kind=kind, reminder=reminder)
    # What does not fit in is gravest, and goes before; a call after a denial goes before all.
    severity = None if kind is NoticeKind.OUTCOME else Severity(storm.severity)
    return deliveries.new(
        DeliveryKind.STORM, storm.channel, now, payload=notice, event_ids=event_ids, severity=severity
    )


def posted(
    delivery: Delivery, where: Posted, found: bool, now: datetime, *, digest: str | None = None
) -> None:
    """Record a message that Slack took; one that was `found` shows nobody knows what."""
    notice, view = _notice_of(delivery), delivery.storm
    storm = lock([notice.storm])[notice.storm]
    deliveries.finish(delivery, now, where)
    shown = view.storm.version if view and not found else 0
    row = {
        "channel": where.channel,
        "ts": where.ts,
        "storm_id": storm.id,
        "kind": notice.kind,
        "reminder": notice.reminder,
        "shown_version": shown,
        "shown_at": now,
    }
    insert_all(StormMessageRow, [row], "ON CONFLICT DO NOTHING")
    _shown(delivery, where, "storm_posted", digest, now)
    if notice.kind is not NoticeKind.FIRST:
        _remove_older(storm.id, where, notice.kind, now)
    if shown != storm.version:
        changed([storm.id], now, at_once=found)


def updated(delivery: Delivery, now: datetime, *, digest: str | None = None) -> None:
    """Record that a message shows its storm as it was when it was read."""
    notice, view, where = (
        _notice_of(delivery),
        delivery.storm,
        Posted(channel=delivery.channel, ts=delivery.ts or ""),
    )
    storm = lock([notice.storm])[notice.storm]
    deliveries.finish(delivery, now, where)
    shown = view.storm.version if view else 0
    StormMessageRow.update(shown_version=shown, shown_at=now).where(_at(where)).execute()
    _shown(delivery, where, "storm_updated", digest, now)
    # One that was queued meanwhile waits its turn, unless it is wanted at once.
    later = (DeliveryRow.ts == where.ts) & (DeliveryRow.channel == where.channel) & (DeliveryRow.due_at > now)
    queued = (DeliveryRow.kind == DeliveryKind.STORM) & WAITING
    DeliveryRow.update(due_at=now + _pace(storm)).where(queued & later).execute()
    if shown != storm.version:
        changed([storm.id], now)


def _shown(delivery: Delivery, where: Posted, action: str, digest: str | None, now: datetime) -> None:
    view = delivery.storm
    audit.append(
        action,
        now,
        storm=_notice_of(delivery).storm,
        channel=where.channel,
        ts=where.ts,
        watermark=view.watermark if view else 0,
        events=view.events if view else 0,
        shown=digest,
    )


def _remove_older(storm_id: str, where: Posted, kind: NoticeKind, now: datetime) -> None:
    """Leave one reminder, and one call, of each storm."""
    older = (
        (StormMessageRow.storm_id == storm_id)
        & (StormMessageRow.kind == kind)
        & StormMessageRow.removed_at.is_null()
        & ~_at(where)
    )
    rows = list(StormMessageRow.select().where(older))
    StormMessageRow.update(removed_at=now).where(older).execute()
    deliveries.enqueue([deliveries.new(DeliveryKind.REMOVE, row.channel, now, ts=row.ts) for row in rows])


def gone(channel: str, ts: str, now: datetime) -> None:
    """Record that a message is no longer there, or stays as it is: the storm gets a new card."""
    this = _at(Posted(channel=channel, ts=ts))
    StormMessageRow.update(removed_at=now).where(this & StormMessageRow.removed_at.is_null()).execute()


def show_again(channel: str, ts: str, now: datetime) -> None:
    """Queue an update of a message that is still there, for a late one may have overwritten it."""
    row = StormMessageRow.get_or_none(
        _at(Posted(channel=channel, ts=ts)) & StormMessageRow.removed_at.is_null()
    )
    if row is not None and not _waiting([row])[0]:
        deliveries.enqueue([_update(row, now, now)])


def _at(where: Posted) -> Any:
    return (StormMessageRow.channel == where.channel) & (StormMessageRow.ts == where.ts)


def _notice_of(delivery: Delivery) -> StormNotice:
    if not isinstance(delivery.payload, StormNotice):
        raise TypeError(f"delivery {delivery.id} is about no storm")
    return delivery.payload


class StormMessages(Role):
    """The messages of storms that Slack took."""

    posted = transaction(posted)
    updated = transaction(updated)
