"""Messages that Slack confirmed, what each of them shows, and which of them are out of date."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from powertrip.domain.delivery import GATHERED, Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.event import Notice, NoticeKind, Status
from powertrip.store import audit, deliveries, follow_ups, gathering
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.rows import LockedEvent, lock_events, notice_from, notices_in, rows_of
from powertrip.store.storms import messages as storm_messages
from powertrip.store.tables import DeliveryRow, DeliveryState, EventRow, NoticeRow


def posted(
    delivery: Delivery, kind: NoticeKind, where: Posted, shown: Sequence[Shown], now: datetime
) -> None:
    """Record a message that Slack took, and what it shows of which events."""
    if kind is NoticeKind.REMINDER:
        wait_for(Turn.REMINDING)
    event_ids = [item.event_id for item in shown]
    locked = lock_events(event_ids)
    deliveries.finish(delivery, now, where)
    if kind is NoticeKind.OUTCOME and follow_ups.told(delivery.uid, event_ids, now):
        # This message says nothing of when it was told, so it is as good as new.
        shown = [replace(item, version=item.version + 1) if item.version else item for item in shown]
        locked = lock_events(event_ids)
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
            "shown_digest": item.digest,
        }
        for item in shown
    ]
    # Somebody else may have found the same message and written it down.
    insert_all(NoticeRow, rows, "ON CONFLICT DO NOTHING")
    _record("notice_posted", shown, where, now, kind=kind)
    if delivery.kind in GATHERED:
        gathering.ask_again(delivery, {*delivery.event_ids} - {*event_ids}, now)
    if kind is NoticeKind.REMINDER:
        _remove_older_reminders(event_ids, now)
    if kind is NoticeKind.FIRST:
        # The usual events of a storm are not offered together before what does not fit was shown.
        storm_messages.moved(event_ids, now)
    if _is_outdated(shown, locked):
        deliveries.update_messages([(where.channel, where.ts)], now)


def updated(delivery: Delivery, shown: Sequence[Shown], now: datetime) -> None:
    """Record that a message shows its events as they were when it was rendered."""
    channel, ts = delivery.channel, delivery.ts or ""
    locked = lock_events([item.event_id for item in shown])
    deliveries.finish(delivery, now, Posted(channel=channel, ts=ts))
    rows = [
        {
            "event_id": item.event_id,
            "channel": channel,
            "ts": ts,
            "shown_revision": item.revision,
            "shown_version": item.version,
            "shown_digest": item.digest,
            "redrawn_at": now,
        }
        for item in shown
    ]
    update_all(NoticeRow, rows, key=("event_id", "channel", "ts"))
    _record("notice_updated", shown, Posted(channel=channel, ts=ts), now)
    if _is_outdated(shown, locked):
        is_undecided = all(locked[item.event_id].status == Status.PENDING for item in shown)
        due = {(channel, ts): now + deliveries.REDRAWN_EVERY} if is_undecided else {}
        deliveries.update_messages([(channel, ts)], now, due)


def _record(action: str, shown: Sequence[Shown], where: Posted, now: datetime, **detail: Any) -> None:
    """Write down what a message shows, in one line however many events it lists."""
    detail |= {"channel": where.channel, "ts": where.ts}
    if shown and shown[0].digest is not None:
        detail["shown"] = shown[0].digest
    if len(shown) == 1:
        audit.append(action, now, event_id=shown[0].event_id, revision=shown[0].revision, **detail)
    elif shown:
        audit.append(action, now, events={item.event_id: item.revision for item in shown}, **detail)


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
    storm_messages.gone(channel, ts, now)
    for notice in notices_in(channel, ts):
        audit.append("notice_gone", now, event_id=notice.event_id, channel=channel, ts=ts)
    this_message = (NoticeRow.channel == channel) & (NoticeRow.ts == ts)
    NoticeRow.update(removed_at=now).where(this_message).execute()


def show_again(channel: str, ts: str, now: datetime) -> None:
    """Queue an update of a message that is still there."""
    storm_messages.show_again(channel, ts, now)
    if any(notice for notice in notices_in(channel, ts)):
        deliveries.update_messages([(channel, ts)], now)


def unchangeable(delivery: Delivery, tell_in: str | None, now: datetime) -> list[str]:
    """Give up changing a message, and say in another what became of its decided events; returns their ids.

    `tell_in` is None where there is nowhere to say it. An open event's card still asks what it asked, so it
    is left until a decision needs it changed.
    """
    deliveries.finish(delivery, now)
    channel, ts = delivery.channel, delivery.ts or ""
    storm_messages.gone(channel, ts, now)
    decided = [item.event.id for item in delivery.snapshots if not item.event.is_open]
    for event_id in decided:
        audit.append("notice_stuck", now, event_id=event_id, channel=channel, ts=ts)
    this_message = (NoticeRow.channel == channel) & (NoticeRow.ts == ts) & NoticeRow.event_id.in_(decided)
    NoticeRow.update(removed_at=now).where(this_message).execute()
    if tell_in is None:
        return decided
    alerts = (DeliveryRow.kind == DeliveryKind.OUTCOME) & (DeliveryRow.channel == tell_in)
    waiting = DeliveryRow.select().where(alerts & (DeliveryRow.state == DeliveryState.WAITING))
    said = {event_id for row in waiting for event_id in row.event_ids}
    outcomes = (NoticeRow.kind == NoticeKind.OUTCOME) & (NoticeRow.channel == tell_in)
    query: Any = (
        NoticeRow.select(NoticeRow.event_id).where(outcomes & NoticeRow.removed_at.is_null()).tuples()
    )
    said |= {event_id for (event_id,) in query.where(NoticeRow.event_id.in_(decided))}
    deliveries.enqueue(
        [
            deliveries.new(DeliveryKind.OUTCOME, tell_in, now, event_ids=[event_id])
            for event_id in decided
            if event_id not in said
        ]
    )
    return decided


def member_of(channel: str) -> str | None:
    """The member to whom these direct messages belong, as the events that were told there say."""
    told_there = EventRow.id.in_(NoticeRow.select(NoticeRow.event_id).where(NoticeRow.channel == channel))
    row = EventRow.select().where(told_there & EventRow.subject_slack_id.is_null(False)).first()
    return row.subject_slack_id if row else None


def move(delivery: Delivery, channel: str, now: datetime) -> None:
    """Record that a delivery's conversation is `channel` now, with all that was posted and waits there."""
    old = delivery.channel
    if NoticeRow.update(channel=channel).where(NoticeRow.channel == old).execute():
        audit.append("notices_moved", now, former=old, channel=channel)
    waiting = DeliveryRow.state == DeliveryState.WAITING
    DeliveryRow.update(lane=channel).where(waiting & (DeliveryRow.lane == old)).execute()
    DeliveryRow.update(channel=channel).where(waiting & (DeliveryRow.channel == old)).execute()
    deliveries.again(delivery, now)


def of_event(event_id: str) -> list[Notice]:
    """All messages about an event that are still there, oldest first."""
    return [notice_from(row) for row in rows_of(event_id, NoticeRow) if row.removed_at is None]


class Notices(Role):
    """Messages that Slack took."""

    posted = transaction(posted)
    updated = transaction(updated)
    of_event = transaction(of_event)
    gone = transaction(gone)
    show_again = transaction(show_again)
    unchangeable = transaction(unchangeable)
    member_of = transaction(member_of)
    move = transaction(move)
