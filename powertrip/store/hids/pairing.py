"""Which record of an origin belongs to which record of the log pipeline, whichever came first.

All of it happens in the transaction that keeps the newer of the two, and those take turns (`begin`); so no
two processes miss each other's record.
A pair that was told to the origin stays as it is, any other yields to a better one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from powertrip.domain import hids_match
from powertrip.domain.event import Event
from powertrip.domain.hids import Watch
from powertrip.domain.hids_match import Trace
from powertrip.domain.judgement import ToAsk, ToSight
from powertrip.domain.record import Record
from powertrip.store import audit, deliveries
from powertrip.store.database import Turn, wait_for
from powertrip.store.hids import expected, reports
from powertrip.store.rows import lock_events
from powertrip.store.tables import OccurrenceRow, SightingRow, SightingState

NEAR_LIMIT = 200
"""Records of each side that are compared; more by one user in one window of time differ in nothing else."""


def begin() -> None:
    """Wait for other transactions that make pairs; belongs before anything else in one that may."""
    wait_for(Turn.PAIRING)


def sight(record: Record, sighted: ToSight, now: datetime) -> tuple[str, ...]:
    """Keep an origin's record until its counterpart comes; returns the origin if it is there already."""
    row = _keep(record, sighted.event, sighted.watch, now, SightingState.WAITING)
    return _pair(sighted.watch, _trace_of(sighted.event, row.id), now)


def _keep(
    record: Record, event: Event, watch: Watch, now: datetime, state: SightingState, **more: Any
) -> Any:
    names = (
        "rule",
        "title",
        "event_action",
        "severity",
        "severity_reason",
        "user_name",
        "host_name",
        "source_ip",
        "fold_key",
    )
    return SightingRow.create(
        **{name: getattr(event, name) for name in names},
        origin=watch.origin.name,
        source=record.source,
        record_id=record.record_id,
        source_port=event.fields.get("source_port"),
        fields=dict(event.fields),
        message=record.message,
        raw=record.raw,
        cut=record.cut,
        occurred_at=event.occurred_at,
        received_at=record.received_at,
        tells=watch.tells and state == SightingState.WAITING,
        due_at=now + watch.origin.grace,
        state=state,
        **more,
    )


def join_late(record: Record, ask: ToAsk, now: datetime) -> str | None:
    """Add the log pipeline's record to the event that an origin's alone has made; None where there is none.

    It is the same thing told again, so whatever was decided covers it, and it is not counted.
    """
    for watch in _others(ask.watches, record.source):
        row = _alone_near(watch, _trace_of(ask.event, 0))
        if row is not None:
            event_id = _event_of(row.occurrence_id)
            _keep(record, ask.event, watch, now, SightingState.LATE, occurrence_id=row.occurrence_id)
            SightingRow.update(state=SightingState.JOINED).where(SightingRow.id == row.id).execute()
            audit.append("record_came_late", now, event_id=event_id, record_id=record.record_id)
            deliveries.touch([event_id], now)
            return event_id
    return None


def _alone_near(watch: Watch, trace: Trace) -> Any | None:
    """The sighting that the trace belongs to, if that one is alone."""
    rows = {
        row.id: row for row in _sightings_near(watch, trace, (SightingState.WAITING, SightingState.ALONE))
    }
    best = hids_match.pairs([trace], [_trace(row) for row in rows.values()], watch.origin.within)
    found = [rows[row_id] for row_id in best if rows[row_id].state == SightingState.ALONE]
    return found[0] if found else None


def occurred(record: Record, ask: ToAsk, now: datetime) -> tuple[str, ...]:
    """Look whether origins have seen a new occurrence already; returns those that have."""
    watches = _others(ask.watches, record.source)
    if not watches:
        return ()
    this = (OccurrenceRow.source == record.source) & (OccurrenceRow.record_id == record.record_id)
    trace = _trace(OccurrenceRow.get(this))
    return tuple(origin for watch in watches for origin in _pair(watch, trace, now))


def _others(watches: Sequence[Watch], source: str) -> list[Watch]:
    return [watch for watch in watches if watch.origin.sources and source not in watch.origin.sources]


def _pair(watch: Watch, around: Trace, now: datetime) -> tuple[str, ...]:
    """Pair anew what is near a record; returns the origin once for each pair that is new."""
    occurrences = _occurrences_near(watch, around)
    sightings = _movable_near(watch, around, [row.id for row in occurrences])
    free = _free(watch, occurrences, [row.id for row in sightings])
    found = hids_match.pairs(
        [_trace(row) for row in free], [_trace(row) for row in sightings], watch.origin.within
    )
    moved = [row for row in sightings if row.occurrence_id != found.get(row.id)]
    for row in moved:
        _set_partner(row, found.get(row.id), now)
    return tuple(watch.origin.name for row in moved if row.id in found)


def _near(table: Any, watch: Watch, around: Trace) -> Any:
    """Records that may be of one thing with `around`, and those that may be taken for it instead."""
    reach = watch.origin.within * 2
    user = table.user_name.is_null() if around.user_name is None else table.user_name == around.user_name
    return (
        user
        & (table.event_action == around.event_action)
        & table.occurred_at.between(around.at - reach, around.at + reach)
    )


def _nearest(table: Any, condition: Any, around: Trace) -> list[Any]:
    rows = list(table.select().where(condition).order_by(table.id.desc()).limit(NEAR_LIMIT))
    return sorted(rows, key=lambda row: (abs(row.occurred_at - around.at), row.id))


def _sightings_near(watch: Watch, around: Trace, states: Sequence[SightingState]) -> list[Any]:
    of_origin = (SightingRow.origin == watch.origin.name) & SightingRow.state.in_(states)
    return _nearest(SightingRow, _near(SightingRow, watch, around) & of_origin, around)


def _occurrences_near(watch: Watch, around: Trace) -> list[Any]:
    elsewhere = OccurrenceRow.source.not_in(sorted(watch.origin.sources))
    return _nearest(OccurrenceRow, _near(OccurrenceRow, watch, around) & elsewhere, around)


def _movable_near(watch: Watch, around: Trace, occurrence_ids: Sequence[int]) -> list[Any]:
    """Sightings that were told of nothing, and whose counterpart, if they have one, is among these."""
    near = _sightings_near(watch, around, (SightingState.WAITING, SightingState.MATCHED))
    told = reports.told_of([row.id for row in near])
    return [row for row in near if row.occurrence_id in (None, *occurrence_ids) and row.id not in told]


def _free(watch: Watch, occurrences: Sequence[Any], movable: Sequence[int]) -> list[Any]:
    """Those that nothing, or only a sighting that may still be paired anew, was paired with."""
    holders: Any = SightingRow.select(SightingRow.id, SightingRow.occurrence_id).where(
        (SightingRow.origin == watch.origin.name)
        & SightingRow.occurrence_id.in_([row.id for row in occurrences])
    )
    taken = {held for holder, held in holders.tuples() if holder not in movable}
    return [row for row in occurrences if row.id not in taken]


def _set_partner(row: Any, occurrence_id: int | None, now: datetime) -> None:
    before = row.occurrence_id
    state = SightingState.WAITING if occurrence_id is None else SightingState.MATCHED
    moved = SightingRow.update(occurrence_id=occurrence_id, state=state)
    moved.where(SightingRow.id == row.id).execute()
    if before is not None:
        deliveries.touch([_event_of(before)], now)
    if occurrence_id is not None:
        _matched(row, _event_of(occurrence_id), now)


def _matched(row: Any, event_id: str, now: datetime) -> None:
    # Locked before its status is read: either this sees the decision, or the decision sees this sighting.
    event = lock_events([event_id])[event_id]
    audit.append("origin_saw", now, event_id=event_id, origin=row.origin, record_id=row.record_id)
    expected.met(event_id, row.origin)
    reports.for_sighting(row, event_id, event.status, now)
    deliveries.touch([event_id], now)


def _event_of(occurrence_id: int) -> str:
    return str(OccurrenceRow.get_by_id(occurrence_id).event_id)


def _trace_of(event: Event, row_id: int) -> Trace:
    return Trace(
        id=row_id,
        at=event.occurred_at,
        event_action=event.event_action,
        user_name=event.user_name,
        host_name=event.host_name,
        source_ip=event.source_ip,
        source_port=event.fields.get("source_port"),
    )


def _trace(row: Any) -> Trace:
    names = ("event_action", "user_name", "host_name", "source_ip", "source_port")
    return Trace(id=row.id, at=row.occurred_at, **{name: getattr(row, name) for name in names})
