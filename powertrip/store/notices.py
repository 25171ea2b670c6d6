"""Messages that Slack confirmed, what each of them shows, and which of them are out of date."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.event import Notice, NoticeKind
from powertrip.store import audit, deliveries
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.rows import LockedEvent, lock_events, notice_from, notices_in, rows_of
from powertrip.store.tables import NoticeRow


def posted(
    delivery: Delivery, kind: NoticeKind, where: Posted, shown: Sequence[Shown], now: datetime
) -> None:
    """Record a message that Slack took, and what it shows of which events."""
    if kind is NoticeKind.REMINDER:
        wait_for(Turn.REMINDING)
    event_ids = [item.event_id for item in shown]
    locked = lock_events(event_ids)
    deliveries.finish(delivery, now)
    rows = [
        {
            "event_id": item.event_id,
            "kind": kind,
            "channel": where.channel,
            "ts": where.ts,
            "reminder": item.reminder,
            "posted_at": now,
            "shown_revision": item.revision,
            "shown_version": item.version,
        }
        for item in shown
    ]
    # Somebody else may have found the same message and written it down.
    insert_all(NoticeRow, rows, "ON CONFLICT DO NOTHING")
    for item in shown:
        audit.append(
            "notice_posted",
            now,
            event_id=item.event_id,
            kind=kind,
            channel=where.channel,
            ts=where.ts,
            revision=item.revision,
        )
    if kind is NoticeKind.REMINDER:
        _remove_older_reminders(event_ids, now)
    if _is_outdated(shown, locked):
        deliveries.update_messages([(where.channel, where.ts)], now)


def updated(delivery: Delivery, shown: Sequence[Shown], now: datetime) -> None:
    """Record that a message shows its events as they were when it was rendered."""
    channel, ts = delivery.channel, delivery.ts or ""
    locked = lock_events([item.event_id for item in shown])
    deliveries.finish(delivery, now)
    rows = [
        {
            "event_id": item.event_id,
            "channel": channel,
            "ts": ts,
            "shown_revision": item.revision,
            "shown_version": item.version,
        }
        for item in shown
    ]
    update_all(NoticeRow, rows, key=("event_id", "channel", "ts"))
    for item in shown:
        audit.append(
            "notice_updated", now, event_id=item.event_id, channel=channel, ts=ts, revision=item.revision
        )
    if _is_outdated(shown, locked):
        deliveries.update_messages([(channel, ts)], now)


def _is_outdated(shown: Sequence[Shown], events: Mapping[str, LockedEvent]) -> bool:
    return any(events[item.event_id].version != item.version for item in shown)


def _remove_older_reminders(event_ids: Sequence[str], now: datetime) -> None:
    """Leave one reminder of each event: messages without any event are deleted, the others updated."""
    live = NoticeRow.removed_at.is_null()
    mine = NoticeRow.event_id.in_(event_ids) & (NoticeRow.kind == NoticeKind.REMINDER)
    # By their numbers: a reminder whose answer was lost can be found after the next one was posted.
    columns = (NoticeRow.event_id, NoticeRow.id, NoticeRow.channel, NoticeRow.ts)
    query: Any = NoticeRow.select(*columns).where(mine & live).order_by(NoticeRow.reminder, NoticeRow.id)
    rows = list(query.tuples())
    newest = {event_id: row_id for event_id, row_id, *_ in rows}
    older = [row for row in rows if row[1] != newest[row[0]]]
    if not older:
        return
    NoticeRow.update(removed_at=now).where(NoticeRow.id.in_([row_id for _, row_id, *_ in older])).execute()
    messages = dict.fromkeys((channel, ts) for *_, channel, ts in older)
    in_messages = NoticeRow.channel.in_({channel for channel, _ in messages}) & NoticeRow.ts.in_(
        [ts for _, ts in messages]
    )
    query = NoticeRow.select(NoticeRow.channel, NoticeRow.ts).where(in_messages & live).distinct()
    carrying = set(query.tuples())
    deliveries.update_messages([message for message in messages if message in carrying], now)
    empty = [message for message in messages if message not in carrying]
    deliveries.enqueue([deliveries.new(DeliveryKind.REMOVE, channel, now, ts=ts) for channel, ts in empty])


def gone(delivery: Delivery, now: datetime) -> None:
    """Record that the message no longer exists in Slack."""
    channel, ts = delivery.channel, delivery.ts or ""
    deliveries.finish(delivery, now)
    for notice in notices_in(channel, ts):
        audit.append("notice_gone", now, event_id=notice.event_id, channel=channel, ts=ts)
    this_message = (NoticeRow.channel == channel) & (NoticeRow.ts == ts)
    NoticeRow.update(removed_at=now).where(this_message).execute()


def of_event(event_id: str) -> list[Notice]:
    """All messages about an event that are still there, oldest first."""
    return [notice_from(row) for row in rows_of(event_id, NoticeRow) if row.removed_at is None]


class Notices(Role):
    """Messages that Slack took."""

    posted = transaction(posted)
    updated = transaction(updated)
    of_event = transaction(of_event)
    gone = transaction(gone)
