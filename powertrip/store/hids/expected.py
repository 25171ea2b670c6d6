"""Records that an origin should have seen too: reported where it did not, and taken back where it did."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from powertrip.domain.judgement import ToAsk
from powertrip.store import audit, deliveries, notes
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.hids.tables import ExpectationRow, ExpectationState
from powertrip.store.rows import lock_events
from powertrip.store.tables import EventRow, OccurrenceRow

NAMED = 10
"""Records that one note names; it counts the others."""


def expect(asked: Sequence[tuple[ToAsk, str, int]], now: datetime) -> None:
    """Remember which origins should see each record, which its event and its revision there name."""
    expecting = {
        (event_id, revision): watches
        for ask, event_id, revision in asked
        if (watches := [watch for watch in ask.watches if _is_expected(ask, watch)])
    }
    if not expecting:
        return
    in_events = OccurrenceRow.event_id.in_({event_id for event_id, _ in expecting})
    query: Any = OccurrenceRow.select(OccurrenceRow.id, OccurrenceRow.event_id, OccurrenceRow.revision).where(
        in_events & OccurrenceRow.revision.in_({revision for _, revision in expecting})
    )
    rows = [
        {
            "occurrence_id": occurrence_id,
            "origin": watch.origin.name,
            "due_at": now + watch.origin.grace,
            "state": ExpectationState.WAITING,
        }
        for occurrence_id, event_id, revision in query.tuples()
        for watch in expecting.get((event_id, revision), ())
    ]
    insert_all(ExpectationRow, rows)


def _is_expected(ask: ToAsk, watch: Any) -> bool:
    return ask.event.rule in watch.origin.expects and ask.record.source not in watch.origin.sources


def met(occurrence_id: int, *, origin: str, now: datetime) -> None:
    """The origin saw the record, in time or late; a note that said otherwise is taken back."""
    this = (ExpectationRow.occurrence_id == occurrence_id) & (ExpectationRow.origin == origin)
    row = ExpectationRow.get_or_none(this)
    if row is None or row.state == ExpectationState.SEEN:
        return
    ExpectationRow.update(state=ExpectationState.SEEN).where(this).execute()
    if row.note_uid is not None:
        _amend(origin, row.note_uid, now)


def open_again(occurrence_id: int, *, origin: str) -> None:
    """What the origin saw was another record; this one it may still have missed."""
    this = (ExpectationRow.occurrence_id == occurrence_id) & (ExpectationRow.origin == origin)
    seen = ExpectationRow.state == ExpectationState.SEEN
    ExpectationRow.update(state=ExpectationState.WAITING).where(this & seen).execute()


def miss(now: datetime, limit: int) -> int:
    """Mark records that an origin did not see within its grace, so that their cards say so."""
    due = (ExpectationRow.state == ExpectationState.WAITING) & (ExpectationRow.due_at <= now)
    overdue: Any = ExpectationRow.select(ExpectationRow.id, ExpectationRow.origin, OccurrenceRow.event_id)
    overdue = overdue.join(OccurrenceRow, on=(ExpectationRow.occurrence_id == OccurrenceRow.id)).where(due)
    rows = list(overdue.order_by(ExpectationRow.id).limit(limit).tuples())
    lock_events({event_id for _, _, event_id in rows})
    these = ExpectationRow.id.in_([row_id for row_id, _, _ in rows]) & due
    marked = ExpectationRow.update(state=ExpectationState.MISSED).where(these)
    # An origin may have seen it, or another process may have marked it, before the events were locked.
    told = {
        row.id: row.note_uid
        for row in (marked.returning(ExpectationRow.id, ExpectationRow.note_uid).execute() if rows else ())
    }
    ids = told.keys()
    missed = [(origin, event_id) for row_id, origin, event_id in rows if row_id in ids]
    for origin, event_id in missed:
        audit.append("origin_did_not_see", now, event_id=event_id, origin=origin)
    deliveries.touch({event_id for _, event_id in missed}, now)
    # A note may have been taken back for a record that the origin turned out to have missed all the same.
    for origin, uid in {(origin, told[row_id]) for row_id, origin, _ in rows if told.get(row_id)}:
        _amend(origin, uid, now)
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
    for origin in dict.fromkeys(row.origin for row in rows):
        # Not what was marked after these were read.
        these = untold & (ExpectationRow.id <= rows[-1].id) & (ExpectationRow.origin == origin)
        uid = notes.new_uid()
        ExpectationRow.update(told_at=now, note_uid=uid).where(these).execute()
        title, lines = _note(origin, uid)
        notes.enqueue(channel, title=title, lines=lines, now=now, uid=uid)
    return len(rows)


def _amend(origin: str, uid: str, now: datetime) -> None:
    title, lines = _note(origin, uid)
    notes.amend(uid, title=title, lines=lines, now=now)


def _note(origin: str, uid: str) -> tuple[str, list[str]]:
    """What a note says of the records it was about, as it stands now."""
    query: Any = (
        ExpectationRow.select(
            ExpectationRow.state,
            EventRow.title,
            OccurrenceRow.user_name,
            OccurrenceRow.host_name,
            OccurrenceRow.occurred_at,
            EventRow.id,
        )
        .join(OccurrenceRow, on=(ExpectationRow.occurrence_id == OccurrenceRow.id))
        .join(EventRow, on=(OccurrenceRow.event_id == EventRow.id))
        .where(ExpectationRow.note_uid == uid)
        .order_by(ExpectationRow.id)
    )
    missed: list[str] = []
    seen: list[str] = []
    for state, what, user, host, at, event_id in query.tuples():
        line = what + (f" as {user}" if user else "") + (f" on {host}" if host else "")
        line = f"{line}, {at:%Y-%m-%d %H:%M:%S} UTC, event {event_id}"
        (missed if state == ExpectationState.MISSED else seen).append(line)
    if not missed:
        count = f"all {len(seen):,} events" if len(seen) > 1 else "the event"
        title = f"Taken back: the HIDS {origin} saw {count} after all, only late"
    else:
        count = f"{len(missed):,} events" if len(missed) > 1 else "an event"
        title = f"The HIDS {origin} did not see {count} that the log pipeline told of"
    return title, [*_first(missed), *(f"Taken back, it came late: {line}" for line in _first(seen))]


def _first(lines: Sequence[str]) -> list[str]:
    more = [f"… and {len(lines) - NAMED:,} more"] if len(lines) > NAMED else []
    return [*lines[:NAMED], *more]


class Expectations(Role):
    """What origins should have seen."""

    miss = transaction(miss)
    report = transaction(report)
