"""Makes events of what origins alone have seen, once their grace is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from powertrip.domain.event import Event, Severity
from powertrip.domain.judgement import Applied, DueSighting, ToAsk
from powertrip.domain.record import Record
from powertrip.store import audit, deliveries, judging
from powertrip.store.bulk import update_all
from powertrip.store.database import Role, transaction
from powertrip.store.hids import concerned, pairing
from powertrip.store.hids.tables import SightingRow, SightingState
from powertrip.store.rows import headline_of
from powertrip.store.tables import OccurrenceRow


def due(now: datetime, limit: int) -> list[DueSighting]:
    """Sightings that nothing else told of in time, the longest overdue first."""
    overdue = (SightingRow.state == SightingState.WAITING) & (SightingRow.due_at <= now)
    shared = ("source", "message", "cut", "occurred_at", "received_at", "host_name")
    of_record = (*shared, "record_id", "raw")
    of_event = (*shared, "rule", "title", "event_action", "severity_reason", "user_name", "source_ip")
    due = []
    for row in SightingRow.select().where(overdue).order_by(SightingRow.due_at).limit(limit):
        record = Record(**{name: getattr(row, name) for name in of_record})
        event = Event(
            id="",
            severity=Severity(row.severity),
            last_occurred_at=row.occurred_at,
            fields=row.fields,
            headline=headline_of(row),
            fold_key=row.fold_key,
            **{name: getattr(row, name) for name in of_event},
        )
        due.append(DueSighting(id=row.id, record=record, event=event))
    return due


def open_due(asked: Sequence[tuple[int, ToAsk]], now: datetime) -> Applied:
    """Make events of sightings, by their ids, each once, unless something else told of them meanwhile."""
    pairing.begin()
    concerned.lock([ask for _, ask in asked])
    by_id = dict(asked)
    waiting = SightingRow.id.in_(list(by_id)) & (SightingRow.state == SightingState.WAITING)
    for row in SightingRow.select().where(waiting).order_by(SightingRow.id):
        ask = by_id[row.id]
        for watch in ask.watches:
            if ask.record.source in watch.origin.sources:
                pairing.join_again([row], watch, now)
    taken = SightingRow.update(state=SightingState.ALONE).where(waiting).returning(SightingRow.id)
    taken_ids = {row.id for row in taken.execute()}
    asks = {sighting_id: ask for sighting_id, ask in by_id.items() if sighting_id in taken_ids}
    event_ids = judging.keep_occurrences(list(asks.values()), now)
    # Only now have the occurrences ids for the sightings to name.
    query: Any = OccurrenceRow.select(OccurrenceRow.source, OccurrenceRow.record_id, OccurrenceRow.id).where(
        OccurrenceRow.event_id.in_(event_ids)
        & OccurrenceRow.record_id.in_([ask.record.record_id for ask in asks.values()])
    )
    made = {(source, record_id): row_id for source, record_id, row_id in query.tuples()}
    links = [
        {"id": sighting_id, "occurrence_id": made[ask.record.source, ask.record.record_id]}
        for sighting_id, ask in asks.items()
    ]
    update_all(SightingRow, links)
    origins = {row.id: row.origin for row in SightingRow.select().where(SightingRow.id.in_(list(asks)))}
    for (sighting_id, ask), event_id in zip(asks.items(), event_ids, strict=True):
        audit.append(
            "only_origin_saw",
            now,
            event_id=event_id,
            origin=origins[sighting_id],
            record_id=ask.record.record_id,
        )
        # Another origin may have seen the same.
        pairing.occurred(ask, now)
    deliveries.touch(dict.fromkeys(event_ids), now)
    return judging.applied_to(list(asks.values()), event_ids)


def of_event(event_id: str) -> list[Any]:
    """The second records of an event, from either side, oldest first."""
    of_this = OccurrenceRow.select(OccurrenceRow.id).where(OccurrenceRow.event_id == event_id)
    return list(SightingRow.select().where(SightingRow.occurrence_id.in_(of_this)).order_by(SightingRow.id))


class Sightings(Role):
    """What origins alone have seen."""

    due = transaction(due)
    open_due = transaction(open_due)
