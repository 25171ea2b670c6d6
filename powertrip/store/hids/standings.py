"""Derives what each origin has to do with events, as cards show it, from what it saw and was told."""

from collections.abc import Sequence
from typing import Any

from powertrip.domain.hids import Missed, OriginStanding, OriginState
from powertrip.store import written
from powertrip.store.fields import moment
from powertrip.store.hids.tables import (
    ExpectationState,
    SightingState,
    TellingRow,
    TellingState,
)

_SEEN = (
    "SELECT event_id, origin, state, tells FROM sighting JOIN occurrence ON occurrence_id = occurrence.id "
    "WHERE state <> ? AND event_id IN"
)
_MISSED = (
    "SELECT event_id, origin, occurrence.occurred_at, source_port FROM expectation "
    "JOIN occurrence ON occurrence_id = occurrence.id WHERE state = ? AND event_id IN"
)


def by_event(event_ids: Sequence[str]) -> dict[str, list[OriginStanding]]:
    """The standings of each event that an origin has to do with."""
    if not event_ids:
        return {}
    ids, these = list(event_ids), written.marks(event_ids)
    seen = written.run(f"{_SEEN} ({these}) ORDER BY sighting.id", SightingState.LATE, *ids)
    sightings: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for event_id, origin, state, tells in seen.fetchall():
        sightings.setdefault((event_id, origin), []).append((state, bool(tells)))
    told = written.rows_of(TellingRow, "event_id", ids)
    # Of several verdicts on one alert, the latest is what counts.
    latest = {(row.event_id, row.origin, row.sighting_id): row for row in told}
    tellings: dict[tuple[str, str], list[Any]] = {}
    for (event_id, origin, _), row in latest.items():
        tellings.setdefault((event_id, origin), []).append(row)
    standings: dict[str, list[OriginStanding]] = {}
    for (event_id, origin), missed in _missed(ids).items():
        standing = OriginStanding(origin=origin, state=OriginState.MISSED, missed=tuple(missed))
        standings.setdefault(event_id, []).append(standing)
    for event_id, origin in dict.fromkeys((*sightings, *tellings)):
        states = sightings.get((event_id, origin), ())
        of_event = standings.setdefault(event_id, [])
        if any(state == SightingState.ALONE for state, _ in states):
            of_event.append(OriginStanding(origin=origin, state=OriginState.ALONE))
        tells = any(tells for _, tells in states)
        of_event.append(_told(origin, tellings.get((event_id, origin), []), tells=tells))
    return standings


def _missed(event_ids: Sequence[str]) -> dict[tuple[str, str], list[Missed]]:
    """The records that origins should have seen and did not, by event and origin, the oldest first."""
    these = f"({written.marks(event_ids)}) ORDER BY occurrence.revision"
    found = written.run(f"{_MISSED} {these}", ExpectationState.MISSED, *event_ids)
    missed: dict[tuple[str, str], list[Missed]] = {}
    for event_id, origin, stored, port in found.fetchall():
        missed.setdefault((event_id, origin), []).append(Missed(at=moment(stored), source_port=port))
    return missed


def _told(origin: str, tellings: Sequence[Any], *, tells: bool) -> OriginStanding:
    """How far the origin is told; one refusal outweighs whatever else it took."""
    failed = [row for row in tellings if row.state == TellingState.FAILED]
    if failed:
        return OriginStanding(origin=origin, state=OriginState.FAILED, at=failed[-1].at, why=failed[-1].error)
    if tellings and all(row.state == TellingState.TOLD for row in tellings):
        return OriginStanding(origin=origin, state=OriginState.TOLD, at=max(row.at for row in tellings))
    if tellings or tells:
        return OriginStanding(origin=origin, state=OriginState.PENDING)
    return OriginStanding(origin=origin, state=OriginState.SEEN)
