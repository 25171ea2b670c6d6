"""What storms need as time passes: they end, are reminded of, and get a card anew where theirs is gone."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import UNDONE, NoticeKind
from powertrip.domain.storms import SLACK
from powertrip.store import audit, deliveries
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.storms import messages
from powertrip.store.storms.tables import StormMessageRow, StormRow, StormSeenRow
from powertrip.store.storms.views import members
from powertrip.store.tables import WAITING, DeliveryRow, EventRow

AT_ONCE = 100
"""Storms that one sweep looks after; the next begins soon after it."""
SEEN_KEPT = timedelta(days=1)
"""How long it is known which events could be of which storm; longer than any storm takes to begin."""


def sweep(next_due: Callable[[int, datetime], datetime], now: datetime, channel: str | None = None) -> int:
    """End storms, queue reminders and cards that are missing; returns how many messages were queued.

    `next_due` says when the reminder after one with this number is due. From now on a storm is reminded of in
    `channel`, also where it began in another.
    """
    _end(now)
    due = (StormRow.next_reminder_at <= now) & StormRow.next_reminder_at.is_null(False)
    query = StormRow.select().where(due).order_by(StormRow.id).limit(AT_ONCE)
    queued = []
    storms = list(for_update(query, skip_locked=True))
    waiting = _waiting([row.id for row in storms])
    for storm in storms:
        storm.channel = channel or storm.channel
        queued += _remind(storm, next_due, now) if storm.id in waiting else _rest(storm)
    queued += _missing(now)
    deliveries.enqueue(queued)
    return len(queued)


def _end(now: datetime) -> None:
    going_on = list(StormRow.select().where(StormRow.ended_at.is_null()).order_by(StormRow.id))
    over = [row.id for row in going_on if row.last_at + timedelta(seconds=row.ends_after) <= now]
    if not over:
        return
    # Somebody may have joined since it was read.
    ended = [
        row.id
        for row in messages.lock(over).values()
        if row.ended_at is None and row.last_at + timedelta(seconds=row.ends_after) <= now
    ]
    StormRow.update(ended_at=now).where(StormRow.id.in_(ended)).execute()
    for storm_id in ended:
        audit.append("storm_ended", now, storm=storm_id)
    messages.changed(ended, now)


def _remind(storm: Any, next_due: Callable[[int, datetime], datetime], now: datetime) -> list[dict[str, Any]]:
    number = storm.reminders + 1
    due_at = next_due(number, now)
    columns = {"reminders": number, "next_reminder_at": due_at, "channel": storm.channel}
    changes = StormRow.update(**columns, version=StormRow.version + 1)
    changes.where(StormRow.id == storm.id).execute()
    # Each of them is reminded of by itself only if this never happens again.
    mine = members(storm.id) & EventRow.status.in_(UNDONE)
    EventRow.update(next_reminder_at=due_at + SLACK).where(mine).execute()
    audit.append("storm_reminded", now, storm=storm.id, number=number)
    return [messages.post(storm, NoticeKind.REMINDER, now, reminder=number)]


def _rest(storm: Any) -> list[dict[str, Any]]:
    """Nothing of it waits: it is looked at again only where a new event joins it."""
    if storm.ended_at is not None:
        StormRow.update(next_reminder_at=None).where(StormRow.id == storm.id).execute()
    return []


def _waiting(storm_ids: Collection[str]) -> set[str]:
    """Those of the storms of which an event waits to be decided, or to be closed."""
    undone = EventRow.storm_id.in_(list(storm_ids)) & EventRow.storm_apart.is_null()
    found = EventRow.select(EventRow.storm_id).where(undone & EventRow.status.in_(UNDONE)).distinct()
    return {row.storm_id for row in found if row.storm_id}


def _missing(now: datetime) -> list[dict[str, Any]]:
    """New cards of storms that have none, and none on its way: somebody deleted it, or it was given up."""
    live = StormMessageRow.select(StormMessageRow.storm_id).where(
        (StormMessageRow.kind == NoticeKind.FIRST) & StormMessageRow.removed_at.is_null()
    )
    minded = StormRow.next_reminder_at.is_null(False) & StormRow.id.not_in(live)
    bare = list(StormRow.select().where(minded).limit(AT_ONCE))
    if not bare:
        return []
    posts = (DeliveryRow.kind == DeliveryKind.STORM) & DeliveryRow.ts.is_null()
    waiting = DeliveryRow.select().where(posts & WAITING)
    payloads = [row.payload or {} for row in waiting]
    coming = {payload.get("storm") for payload in payloads if payload.get("kind") == NoticeKind.FIRST}
    wanted = _waiting([row.id for row in bare]) - coming
    return [messages.post(row, NoticeKind.FIRST, now) for row in bare if row.id in wanted]


def prune(now: datetime) -> int:
    """Forget which events could be of which storm."""
    return int(StormSeenRow.delete().where(StormSeenRow.at < now - SEEN_KEPT).execute())


class StormSweeps(Role):
    """What storms need as time passes."""

    sweep = transaction(sweep)
