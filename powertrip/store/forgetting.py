"""Lets go of what is kept of a person and not needed for the history; the evidence of events stays."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from powertrip.domain.event import DECIDED
from powertrip.store import audit, marking, written
from powertrip.store.database import DatabaseThread
from powertrip.store.people_tables import PeopleCacheRow
from powertrip.store.proofs import enrolment
from powertrip.store.proofs.tables import ProofFactorRow
from powertrip.store.tables import (
    DeliveryRow,
    DeliveryState,
    EventRow,
    InboxRow,
    OccurrenceRow,
)

AT_ONCE = 500
"""Events whose records are deleted in one transaction."""


async def forget_person(database: DatabaseThread, who: Collection[str], now: datetime) -> dict[str, int]:
    """Delete what is kept of a person beside the evidence; `who` has their names, ids and addresses.

    Returns how many of what, and under `events` how many events of theirs stay.
    """
    event_ids = await database.run(_events_of, who)
    deleted = {"events": len(event_ids), "answers": await database.run(_forget_answers, who)}
    deleted["records"] = deleted["deliveries"] = 0
    for start in range(0, len(event_ids), AT_ONCE):
        part = event_ids[start : start + AT_ONCE]
        deleted["records"] += await database.run(_forget_records, part)
        deleted["deliveries"] += await database.run(_forget_deliveries, part)
    deleted["factors"] = await database.run(_forget_factors, who, now)
    await database.run(_note, deleted, now)
    return deleted


def _note(deleted: dict[str, int], now: datetime) -> None:
    # Not whom: that would be kept for ever of somebody who asked not to be.
    audit.append(
        "person_forgotten",
        now,
        answers=deleted["answers"],
        records=deleted["records"],
        deliveries=deleted["deliveries"],
    )


def _events_of(who: Collection[str]) -> list[str]:
    theirs = EventRow.subject_slack_id.in_(list(who)) | EventRow.user_name.in_(list(who))
    rows: Any = EventRow.select(EventRow.id).where(theirs & EventRow.status.in_(DECIDED)).tuples()
    return [event_id for (event_id,) in rows]


def _forget_answers(who: Collection[str]) -> int:
    names = {name.casefold() for name in who}
    keys = [
        row.key
        for row in PeopleCacheRow.select()
        if names & {text.casefold() for text in (*row.key.split(":"), *_texts(row.value))}
    ]
    return int(PeopleCacheRow.delete().where(PeopleCacheRow.key.in_(keys)).execute())


def _forget_factors(who: Collection[str], now: datetime) -> int:
    """End what they enrolled, and empty its secret; who confirmed it, and when, is evidence."""
    marks = written.marks(who)
    theirs = f"(slack_id IN ({marks}) OR person IN ({marks})) AND secret <> ''"
    rows = written.rows(ProofFactorRow, f"{theirs} ORDER BY id", *who, *who)
    for row in rows:
        enrolment.end(row.id, "its person was forgotten", timedelta(), now)
        written.run("UPDATE proof_factor SET secret = '', credential_id = NULL WHERE id = ?", row.id)
    return len(rows)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _forget_records(event_ids: Collection[str]) -> int:
    # Known by their occurrences: what is sent again is still a duplicate.
    kept = OccurrenceRow.select(OccurrenceRow.id).where(
        (OccurrenceRow.event_id.in_(list(event_ids)))
        & (OccurrenceRow.source == InboxRow.source)
        & (OccurrenceRow.record_id == InboxRow.record_id)
    )
    return marking.delete(InboxRow.judged_at.is_null(False) & fn.EXISTS(kept))


def _forget_deliveries(event_ids: Collection[str]) -> int:
    gone = set(event_ids)
    done: Any = (
        DeliveryRow.select(DeliveryRow.id, DeliveryRow.event_ids)
        .where(DeliveryRow.state != DeliveryState.WAITING)
        .tuples()
    )
    ids = [row_id for row_id, about in done.iterator() if about and gone.issuperset(about)]
    return int(DeliveryRow.delete().where(DeliveryRow.id.in_(ids)).execute())
