"""Messages that Slack confirmed, what each of them shows, and which of them are out of date."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.event import Notice, NoticeKind
from powertrip.ports import Delivery, DeliveryKind, Posted, Shown
from powertrip.store import audit, deliveries
from powertrip.store.database import Role, transaction
from powertrip.store.models import EventRow, NoticeRow
from powertrip.store.rows import notice_from, rows_of


def posted(
    delivery: Delivery, kind: NoticeKind, where: Posted, shown: Sequence[Shown], now: datetime
) -> None:
    """Write down a message that Slack took, and who could see what in it."""
    audit.write_alone()
    deliveries.finish(delivery, now)
    for item in shown:
        # Somebody else may have found the same message and written it down.
        NoticeRow.insert(
            event_id=item.event_id,
            kind=kind,
            channel=where.channel,
            ts=where.ts,
            reminder=item.reminder,
            posted_at=now,
            shown_revision=item.revision,
            shown_version=item.version,
        ).on_conflict_ignore().execute()
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
            _keep_only_the_newest_reminder(item.event_id, now)
    _update_if_outdated(where.channel, where.ts, shown, now)


def updated(delivery: Delivery, shown: Sequence[Shown], now: datetime) -> None:
    """Write down that a message shows its events as they were when it was rendered."""
    audit.write_alone()
    channel, ts = delivery.channel, delivery.ts or ""
    deliveries.finish(delivery, now)
    for item in shown:
        this_row = (
            (NoticeRow.event_id == item.event_id) & (NoticeRow.channel == channel) & (NoticeRow.ts == ts)
        )
        NoticeRow.update(shown_revision=item.revision, shown_version=item.version).where(this_row).execute()
        audit.append(
            "notice_updated", now, event_id=item.event_id, channel=channel, ts=ts, revision=item.revision
        )
    _update_if_outdated(channel, ts, shown, now)


def _update_if_outdated(channel: str, ts: str, shown: Sequence[Shown], now: datetime) -> None:
    for item in shown:
        row = EventRow.get_by_id(item.event_id)
        if row.version != item.version:
            deliveries.enqueue_update(channel, ts, now)


def _keep_only_the_newest_reminder(event_id: str, now: datetime) -> None:
    live = (
        (NoticeRow.event_id == event_id)
        & (NoticeRow.kind == NoticeKind.REMINDER)
        & NoticeRow.removed_at.is_null()
    )
    # By their numbers: a reminder whose answer was lost can be found after the next one was posted.
    for row in list(NoticeRow.select().where(live).order_by(NoticeRow.reminder, NoticeRow.id))[:-1]:
        NoticeRow.update(removed_at=now).where(NoticeRow.id == row.id).execute()
        _shrink_or_remove(row.channel, row.ts, now)


def _shrink_or_remove(channel: str, ts: str, now: datetime) -> None:
    if rows_in_message(channel, ts):
        deliveries.enqueue_update(channel, ts, now)
    else:
        deliveries.enqueue(DeliveryKind.REMOVE, channel, now, ts=ts)


def gone(delivery: Delivery, now: datetime) -> None:
    """Remember that the delivery's message is no longer in Slack, and that there is nothing to tell it."""
    audit.write_alone()
    channel, ts = delivery.channel, delivery.ts or ""
    deliveries.finish(delivery, now)
    for row in rows_in_message(channel, ts):
        audit.append("notice_gone", now, event_id=row.event_id, channel=channel, ts=ts)
    this_message = (NoticeRow.channel == channel) & (NoticeRow.ts == ts)
    NoticeRow.update(removed_at=now).where(this_message).execute()


def rows_in_message(channel: str, ts: str) -> list[Notice]:
    """The notices that one message carries, in the order they were listed."""
    live = (NoticeRow.channel == channel) & (NoticeRow.ts == ts) & NoticeRow.removed_at.is_null()
    return [notice_from(row) for row in NoticeRow.select().where(live).order_by(NoticeRow.id)]


def of_event(event_id: str) -> list[Notice]:
    """All messages about an event that are still there, oldest first."""
    return [notice_from(row) for row in rows_of(event_id, NoticeRow) if row.removed_at is None]


class Notices(Role):
    """Messages that Slack took."""

    posted = transaction(posted)
    updated = transaction(updated)
    of_event = transaction(of_event)
    rows_in_message = transaction(rows_in_message)
    gone = transaction(gone)
