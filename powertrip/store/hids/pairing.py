"""Which record of an origin belongs to which record of the log pipeline, whichever came first.

Pairs are made in the transaction that keeps the newer of the two. A pair that was told to the origin stays
as it is, any other yields to a better one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from powertrip.domain import hids_match
from powertrip.domain.event import Event
from powertrip.domain.hids import Watch
from powertrip.domain.hids_match import Trace
from powertrip.domain.judgement import Judgement, ToAsk, ToSight
from powertrip.domain.record import Record
from powertrip.store import audit, deliveries
from powertrip.store.database import Turn, wait_for
from powertrip.store.hids import expected, reports
from powertrip.store.hids.tables import SightingRow, SightingState
from powertrip.store.rows import lock_events
from powertrip.store.tables import OccurrenceRow

NEAR_LIMIT = 200
"""Records of each side that are compared; more by one user in one window of time differ in nothing else."""
_COMPARED = ("id", "occurred_at", "event_action", "user_name", "host_name", "source_ip", "source_port")


def begin() -> None:
    """Wait for all other transactions that make pairs; belongs before anything else in one that may."""
    wait_for(Turn.PAIRING)


def keys(judgements: Iterable[Judgement]) -> set[str]:
    """What has to be waited for before anything else, lest a pair be missed: a turn for each of these.

    Otherwise two processes that keep the two records of a pair at once both miss the other's. Only records of
    one user who does one thing are ever compared.
    """
    return {
        f"pair {item.event.user_name} {item.event.event_action}"
        for item in judgements
        if isinstance(item, ToSight) or (isinstance(item, ToAsk) and item.watches)
    }


def sight(sighted: ToSight, now: datetime) -> tuple[str, ...]:
    """Keep an origin's record until its counterpart comes; returns the origin if it is there already."""
    row = _keep(sighted.record, sighted.event, sighted.watch, now=now, state=SightingState.WAITING)
    return _pair(sighted.watch, _trace_of(sighted.event, row.id), now)


def _keep(
    record: Record, event: Event, watch: Watch, *, now: datetime, state: SightingState, **more: Any
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
        headline=list(event.headline),
        message=record.message,
        raw=record.raw,
        cut=record.cut,
        occurred_at=event.occurred_at,
        received_at=record.received_at,
        # The log pipeline's own record that came late is no alert that the origin could close.
        tells=watch.tells and state == SightingState.WAITING,
        due_at=now + watch.origin.grace,
        state=state,
        **more,
    )


def join_late(ask: ToAsk, now: datetime) -> str | None:
    """Add the log pipeline's record to the event that an origin's alone has made; None where there is none.

    It is the same thing told again, so whatever was decided covers it, and it is not counted.
    """
    for watch in _watches_of_others(ask):
        trace = _trace_of(ask.event, 0)
        # Those that still wait are compared as well: one of them may fit better than any that is alone.
        states = (SightingState.WAITING, SightingState.ALONE)
        near = {row.id: row for row in _sightings_near(watch, trace, states)}
        best = hids_match.pairs([trace], [_trace(row) for row in near.values()], watch.origin.within)
        alone = [near[row_id] for row_id in best if near[row_id].state == SightingState.ALONE]
        if alone:
            occurrence_id = alone[0].occurrence_id
            late = SightingState.LATE
            _keep(ask.record, ask.event, watch, now=now, state=late, occurrence_id=occurrence_id)
            SightingRow.update(state=SightingState.JOINED).where(SightingRow.id == alone[0].id).execute()
            event_id = _event_of(occurrence_id)
            audit.append("record_came_late", now, event_id=event_id, record_id=ask.record.record_id)
            deliveries.touch([event_id], now)
            return event_id
    return None


def occurred(ask: ToAsk, now: datetime) -> tuple[str, ...]:
    """Look whether origins have seen a new occurrence already; returns those that have."""
    watches = _watches_of_others(ask)
    if not watches:
        return ()
    this = (OccurrenceRow.source == ask.record.source) & (OccurrenceRow.record_id == ask.record.record_id)
    trace = _trace(OccurrenceRow.get(this))
    return tuple(origin for watch in watches for origin in _pair(watch, trace, now))


def _watches_of_others(ask: ToAsk) -> list[Watch]:
    # An origin is no second witness of its own records.
    return [
        watch
        for watch in ask.watches
        if watch.origin.sources and ask.record.source not in watch.origin.sources
    ]


def _pair(watch: Watch, around: Trace, now: datetime) -> tuple[str, ...]:
    """Pair anew what is near a record; returns the origin once for each pair that is new."""
    near = _sightings_near(watch, around, (SightingState.WAITING, SightingState.MATCHED))
    if not near:
        return ()
    elsewhere = OccurrenceRow.source.not_in(sorted(watch.origin.sources))
    occurrences = _nearest(OccurrenceRow, watch, around, elsewhere)
    occurrence_ids = [row.id for row in occurrences]
    # A sighting may move that was told of nothing, and whose partner, if it has one, is among these.
    told = reports.told_of([row.id for row in near])
    movable = {
        row.id: row for row in near if row.occurrence_id in (None, *occurrence_ids) and row.id not in told
    }
    held: Any = SightingRow.select(SightingRow.id, SightingRow.occurrence_id).where(
        (SightingRow.origin == watch.origin.name) & SightingRow.occurrence_id.in_(occurrence_ids)
    )
    taken = {occurrence_id for sighting_id, occurrence_id in held.tuples() if sighting_id not in movable}
    partners = hids_match.pairs(
        [_trace(row) for row in occurrences if row.id not in taken],
        [_trace(row) for row in movable.values()],
        watch.origin.within,
    )
    moved = [row for row in movable.values() if row.occurrence_id != partners.get(row.id)]
    # Those that lose their partner first: another may take its place.
    for row in sorted(moved, key=lambda row: row.id in partners):
        _set_partner(row, partners.get(row.id), now)
    join_again([row for row in movable.values() if row.id not in partners], watch, now)
    return tuple(watch.origin.name for row in moved if row.id in partners)


def _sightings_near(watch: Watch, around: Trace, states: Sequence[SightingState]) -> list[Any]:
    of_origin = (SightingRow.origin == watch.origin.name) & SightingRow.state.in_(states)
    return _nearest(SightingRow, watch, around, of_origin)


def _nearest(table: Any, watch: Watch, around: Trace, condition: Any) -> list[Any]:
    """Records that may be of one thing with `around`, and those that may be taken for it instead."""
    # What belongs to a record at the edge of the window lies as far again beyond it.
    reach = watch.origin.within * 2
    near = _alike(table, around) & table.occurred_at.between(around.at - reach, around.at + reach)
    query = table.select(*_columns(table)).where(near & condition)
    rows = list(query.order_by(table.id.desc()).limit(NEAR_LIMIT).namedtuples())
    return sorted(rows, key=lambda row: (abs(row.occurred_at - around.at), row.id))


def _alike(table: Any, around: Any) -> Any:
    """The condition of records that say what any record has to say that is compared with `around`.

    The address, too: all that one person does in a morning would be compared with all else otherwise.
    """
    alike = table.event_action == around.event_action
    for name in ("user_name", "source_ip"):
        said, column = getattr(around, name), getattr(table, name)
        alike &= column.is_null() if said is None else column == said
    return alike


def _columns(table: Any) -> list[Any]:
    # Not the whole rows: there may be hundreds for each record, and their text is long.
    own = ("origin", "record_id", "occurrence_id", "state", "tells", "message")
    return [getattr(table, name) for name in (*_COMPARED, *(own if table is SightingRow else ()))]


def join_again(rows: Sequence[Any], watch: Watch, now: datetime) -> None:
    """Add an origin's records, alike in person, act and address, to what another is about that is the same.

    One question for all of them: of one each, a batch that waits for its other side asks its square.
    """
    if not rows:
        return
    moments, within = [row.occurred_at for row in rows], watch.origin.within
    states = (SightingState.MATCHED, SightingState.ALONE, SightingState.JOINED)
    may_be_same = (
        (SightingRow.origin == watch.origin.name)
        & SightingRow.state.in_(states)
        & _alike(SightingRow, rows[0])
        & SightingRow.occurred_at.between(min(moments) - within, max(moments) + within)
        & (
            SightingRow.source_port.in_({row.source_port for row in rows if row.source_port is not None})
            | (SightingRow.occurred_at.in_(set(moments)) & SightingRow.message.in_({r.message for r in rows}))
        )
    )
    query = SightingRow.select(*_columns(SightingRow)).where(may_be_same)
    others = list(query.order_by(SightingRow.id.desc()).limit(NEAR_LIMIT).namedtuples())
    for row in rows:
        trace = _trace(row)
        for other in sorted(others, key=lambda other: (abs(other.occurred_at - trace.at), other.id)):
            if hids_match.is_again(_trace(other), trace, within, same_words=other.message == row.message):
                _set_partner(row, other.occurrence_id, now, state=SightingState.REPEATED)
                break


def _set_partner(
    row: Any, occurrence_id: int | None, now: datetime, *, state: SightingState | None = None
) -> None:
    state = state or (SightingState.WAITING if occurrence_id is None else SightingState.MATCHED)
    moved = SightingRow.update(occurrence_id=occurrence_id, state=state)
    moved.where(SightingRow.id == row.id).execute()
    if row.occurrence_id is not None:
        expected.open_again(row.occurrence_id, origin=row.origin)
        deliveries.touch([_event_of(row.occurrence_id)], now)
    if occurrence_id is not None:
        event_id = _event_of(occurrence_id)
        # Locked before its status is read: either this sees the decision, or the decision sees this sighting.
        event = lock_events([event_id])[event_id]
        audit.append("origin_saw", now, event_id=event_id, origin=row.origin, record_id=row.record_id)
        expected.met(occurrence_id, origin=row.origin, now=now)
        reports.for_sighting(row, event_id=event_id, status=event.status, now=now)
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
