"""What each origin has to do with events, as cards show it: put together from what was seen and told."""

from collections.abc import Iterable, Sequence
from typing import Any

from powertrip.domain.hids import OriginStanding, OriginState
from powertrip.store.tables import (
    ExpectationRow,
    ExpectationState,
    OccurrenceRow,
    SightingRow,
    SightingState,
    TellingRow,
    TellingState,
)


def by_event(event_ids: Sequence[str]) -> dict[str, list[OriginStanding]]:
    """The standings of each event that an origin has to do with."""
    if not event_ids:
        return {}
    found: dict[str, list[OriginStanding]] = {}
    sightings, tellings = _sightings(event_ids), _tellings(event_ids)
    for event_id, origin in _missed(event_ids):
        found.setdefault(event_id, []).append(OriginStanding(origin=origin, state=OriginState.MISSED))
    for event_id, origin in dict.fromkeys((*sightings, *tellings)):
        states = sightings.get((event_id, origin), ())
        standings = found.setdefault(event_id, [])
        if any(state == SightingState.ALONE for state, _ in states):
            standings.append(OriginStanding(origin=origin, state=OriginState.ALONE))
        standings.append(_telling(origin, states, tellings.get((event_id, origin), ())))
    return found


def _sightings(event_ids: Sequence[str]) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    """State of each sighting, and whether its origin is told, by event and origin."""
    query: Any = (
        SightingRow.select(OccurrenceRow.event_id, SightingRow.origin, SightingRow.state, SightingRow.tells)
        .join(OccurrenceRow, on=(SightingRow.occurrence_id == OccurrenceRow.id))
        .where(OccurrenceRow.event_id.in_(list(event_ids)) & (SightingRow.state != SightingState.LATE))
        .order_by(SightingRow.id)
    )
    found: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for event_id, origin, state, tells in query.tuples():
        found.setdefault((event_id, origin), []).append((state, tells))
    return found


def _tellings(event_ids: Sequence[str]) -> dict[tuple[str, str], list[Any]]:
    """The latest telling for each alert, by event and origin."""
    query = TellingRow.select().where(TellingRow.event_id.in_(list(event_ids))).order_by(TellingRow.id)
    latest = {(row.event_id, row.origin, row.sighting_id): row for row in query}
    found: dict[tuple[str, str], list[Any]] = {}
    for (event_id, origin, _), row in latest.items():
        found.setdefault((event_id, origin), []).append(row)
    return found


def _missed(event_ids: Sequence[str]) -> list[tuple[str, str]]:
    missed = ExpectationRow.event_id.in_(list(event_ids)) & (ExpectationRow.state == ExpectationState.MISSED)
    return [(row.event_id, row.origin) for row in ExpectationRow.select().where(missed)]


def _telling(origin: str, sightings: Sequence[tuple[str, bool]], rows: Iterable[Any]) -> OriginStanding:
    rows = list(rows)
    failed = [row for row in rows if row.state == TellingState.FAILED]
    if failed:
        return OriginStanding(origin=origin, state=OriginState.FAILED, at=failed[-1].at, why=failed[-1].error)
    if rows and all(row.state == TellingState.TOLD for row in rows):
        return OriginStanding(origin=origin, state=OriginState.TOLD, at=max(row.at for row in rows))
    if rows or any(tells for _, tells in sightings):
        return OriginStanding(origin=origin, state=OriginState.PENDING)
    return OriginStanding(origin=origin, state=OriginState.SEEN)
