"""What origins alone have seen becomes events of its own once their grace is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from powertrip.event import Event, Record, Severity
from powertrip.ports import Applied, DueSighting, ToAsk
from powertrip.store import audit, deliveries, judging, pairing
from powertrip.store.database import Role, transaction
from powertrip.store.models import OccurrenceRow, SightingRow, SightingState


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
    audit.write_alone()
    applied = [_open(sighting_id, ask, now) for sighting_id, ask in asked if _take(sighting_id)]
    for event_id, _ in applied:
        deliveries.touch(event_id, now)
    return Applied(
        opened=tuple(event_id for event_id, is_new in applied if is_new),
        folded=tuple(event_id for event_id, is_new in applied if not is_new),
    )


def _take(sighting_id: int) -> bool:
    waiting = (SightingRow.id == sighting_id) & (SightingRow.state == SightingState.WAITING)
    return bool(SightingRow.update(state=SightingState.ALONE).where(waiting).execute() == 1)


def _open(sighting_id: int, ask: ToAsk, now: datetime) -> tuple[str, bool]:
    row: Any = SightingRow.get_by_id(sighting_id)
    record = Record(
        source=row.source,
        record_id=row.record_id,
        message=row.message,
        raw=row.raw,
        received_at=row.received_at,
        occurred_at=row.occurred_at,
        host_name=row.host_name,
        cut=row.cut,
    )
    event_id, is_new = judging.open_or_fold(record, ask, now)
    own = (OccurrenceRow.source == row.source) & (OccurrenceRow.record_id == row.record_id)
    SightingRow.update(occurrence_id=OccurrenceRow.get(own).id).where(SightingRow.id == row.id).execute()
    audit.append("only_origin_saw", now, event_id=event_id, origin=row.origin, record_id=row.record_id)
    pairing.occurred(record, ask, now)
    return event_id, is_new


def of_event(event_id: str) -> list[Any]:
    """The second records of an event, from either side, oldest first."""
    of_this = OccurrenceRow.select(OccurrenceRow.id).where(OccurrenceRow.event_id == event_id)
    return list(SightingRow.select().where(SightingRow.occurrence_id.in_(of_this)).order_by(SightingRow.id))


class Sightings(Role):
    """What origins alone have seen."""

    due = transaction(due)
    open_due = transaction(open_due)
