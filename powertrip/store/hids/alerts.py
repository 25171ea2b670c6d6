"""What origins alone have seen becomes events of its own once their grace is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from powertrip.domain.event import Event, Severity
from powertrip.domain.judgement import Applied, DueSighting, ToAsk
from powertrip.domain.record import Record
from powertrip.store import audit, deliveries, judging
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, transaction
from powertrip.store.hids import pairing
from powertrip.store.tables import OccurrenceRow, SightingRow, SightingState


def due(now: datetime, limit: int) -> list[DueSighting]:
    """Sightings that nothing else told of in time, the longest overdue first."""
    overdue = (SightingRow.state == SightingState.WAITING) & (SightingRow.due_at <= now)
    rows = SightingRow.select().where(overdue).order_by(SightingRow.due_at).limit(limit)
    return [DueSighting(id=row.id, event=_event(row)) for row in rows]


def _event(row: Any) -> Event:
    names = ("rule", "title", "event_action", "source", "occurred_at", "received_at", "user_name")
    more = ("host_name", "source_ip", "fields", "message", "cut", "fold_key")
    return Event(
        id="",
        severity=Severity(row.severity),
        severity_reason=row.severity_reason,
        last_occurred_at=row.occurred_at,
        **{name: getattr(row, name) for name in (*names, *more)},
    )


def open_due(asked: Sequence[tuple[int, ToAsk]], now: datetime) -> Applied:
    """Make events of sightings, each once, unless something else told of them meanwhile."""
    pairing.begin()
    by_id = dict(asked)
    taken = _take(list(by_id))
    items = [(_record(row), by_id[row.id]) for row in taken]
    kept = judging.keep_occurrences(items, now)
    _link(taken, kept.event_ids)
    for row, event_id, (record, ask) in zip(taken, kept.event_ids, items, strict=True):
        audit.append("only_origin_saw", now, event_id=event_id, origin=row.origin, record_id=row.record_id)
        pairing.occurred(record, ask, now)
    deliveries.touch(dict.fromkeys(kept.event_ids), now)
    return Applied(opened=kept.opened, folded=kept.folded)


def _take(sighting_ids: Sequence[int]) -> list[Any]:
    waiting = SightingRow.id.in_(sighting_ids) & (SightingRow.state == SightingState.WAITING)
    taken = SightingRow.update(state=SightingState.ALONE).where(waiting).returning(SightingRow.id)
    ids = [row.id for row in taken.execute()]
    return list(
        SightingRow.select().where(SightingRow.id.in_(ids)).order_by(SightingRow.due_at, SightingRow.id)
    )


def _record(row: Any) -> Record:
    return Record(
        source=row.source,
        record_id=row.record_id,
        message=row.message,
        raw=row.raw,
        received_at=row.received_at,
        occurred_at=row.occurred_at,
        host_name=row.host_name,
        cut=row.cut,
    )


def _link(rows: Sequence[Any], event_ids: Sequence[str]) -> None:
    """Have sightings name the occurrences that were made of them."""
    query: Any = OccurrenceRow.select(OccurrenceRow.source, OccurrenceRow.record_id, OccurrenceRow.id).where(
        OccurrenceRow.event_id.in_(list(event_ids))
        & OccurrenceRow.record_id.in_([row.record_id for row in rows])
    )
    made = {(source, record_id): row_id for source, record_id, row_id in query.tuples()}
    update_all(
        SightingRow, [{"id": row.id, "occurrence_id": made[row.source, row.record_id]} for row in rows]
    )


def of_event(event_id: str) -> list[Any]:
    """The second records of an event, from either side, oldest first."""
    of_this = OccurrenceRow.select(OccurrenceRow.id).where(OccurrenceRow.event_id == event_id)
    return list(SightingRow.select().where(SightingRow.occurrence_id.in_(of_this)).order_by(SightingRow.id))


class Sightings(Role):
    """What origins alone have seen."""

    due = transaction(due)
    open_due = transaction(open_due)
