"""Events that an origin should have seen too; those that it did not see are reported, once each."""

from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from powertrip.domain.judgement import ToAsk
from powertrip.store import audit, deliveries, notes
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.rows import lock_events
from powertrip.store.tables import EventRow, ExpectationRow, ExpectationState

NAMED = 10
"""Events that one note names; it counts the others."""


def expect(ask: ToAsk, now: datetime) -> list[dict[str, Any]]:
    """The rows that remember which origins should see a new event within their grace."""
    return [
        {
            "event_id": ask.event.id,
            "origin": watch.origin.name,
            "due_at": now + watch.origin.grace,
            "state": ExpectationState.WAITING,
        }
        for watch in ask.watches
        if ask.event.rule in watch.origin.expects and ask.record.source not in watch.origin.sources
    ]


def met(event_id: str, *, origin: str) -> None:
    """The origin saw the event, in time or late."""
    of_event = (ExpectationRow.event_id == event_id) & (ExpectationRow.origin == origin)
    ExpectationRow.update(state=ExpectationState.SEEN).where(of_event).execute()


def miss(now: datetime, limit: int) -> int:
    """Mark events that an origin did not see within its grace, so that their cards say so."""
    due = (ExpectationRow.state == ExpectationState.WAITING) & (ExpectationRow.due_at <= now)
    rows = list(ExpectationRow.select().where(due).order_by(ExpectationRow.id).limit(limit))
    lock_events({row.event_id for row in rows})
    these = ExpectationRow.id.in_([row.id for row in rows]) & due
    marked = ExpectationRow.update(state=ExpectationState.MISSED).where(these).returning(ExpectationRow.id)
    # An origin may have seen it, or another process may have marked it, before the events were locked.
    ids = {row.id for row in marked.execute()} if rows else set()
    missed = [row for row in rows if row.id in ids]
    for row in missed:
        audit.append("origin_did_not_see", now, event_id=row.event_id, origin=row.origin)
    deliveries.touch({row.event_id for row in missed}, now)
    return len(missed)


def report(channel: str, window: timedelta, now: datetime) -> int:
    """Queue a note about what origins did not see: the first at once, the rest once a window."""
    untold = (ExpectationRow.state == ExpectationState.MISSED) & ExpectationRow.told_at.is_null()
    # Most often there is nothing, and then nobody has to wait for a turn.
    if not ExpectationRow.select().where(untold).exists():
        return 0
    wait_for(Turn.REPORTING)
    last_told = ExpectationRow.select(fn.MAX(ExpectationRow.told_at)).scalar()
    rows = list(ExpectationRow.select().where(untold).order_by(ExpectationRow.id))
    if not rows or (last_told is not None and last_told > now - window):
        return 0
    # Not what was marked after these were read.
    these = untold & (ExpectationRow.id <= rows[-1].id)
    ExpectationRow.update(told_at=now).where(these).execute()
    by_origin: dict[str, list[str]] = {}
    for row in rows:
        by_origin.setdefault(row.origin, []).append(row.event_id)
    for origin, event_ids in by_origin.items():
        named = EventRow.select().where(EventRow.id.in_(event_ids[:NAMED])).order_by(EventRow.received_at)
        lines = []
        for event in named:
            user, host = event.user_name or "an unnamed user", event.host_name or "an unnamed host"
            at = f"{event.occurred_at:%Y-%m-%d %H:%M:%S} UTC"
            lines.append(f"{event.title} as {user} on {host}, {at}, event {event.id}")
        if len(event_ids) > NAMED:
            lines.append(f"… and {len(event_ids) - NAMED:,} more")
        count = f"{len(event_ids):,} events" if len(event_ids) > 1 else "an event"
        title = f"The HIDS {origin} did not see {count} that the log pipeline told of"
        notes.enqueue(channel, title=title, lines=lines, now=now)
    return len(rows)


class Expectations(Role):
    """What origins should have seen."""

    miss = transaction(miss)
    report = transaction(report)
