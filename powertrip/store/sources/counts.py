"""Counts by source and hour what came, and what became of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from powertrip.domain.sources import WEEK
from powertrip.store.bulk import insert_all
from powertrip.store.sources.tables import SourceCountRow

KEPT = WEEK + timedelta(days=1)
_ADDED = """ON CONFLICT (source, hour, verdict) DO UPDATE SET
    count = source_count.count + EXCLUDED.count, newest_at = EXCLUDED.newest_at"""


def hour_of(at: datetime) -> datetime:
    """The beginning of its hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def add(counted: Mapping[tuple[str, str], int], at: datetime) -> None:
    """Count by source and verdict; belongs at the end of a transaction, for others wait for these rows."""
    rows = [
        {
            "source": source,
            "hour": hour_of(at),
            "verdict": verdict,
            "count": count,
            "first_at": at,
            "newest_at": at,
        }
        # In one order, so that two processes that count the same never wait for each other.
        for (source, verdict), count in sorted(counted.items())
    ]
    insert_all(SourceCountRow, rows, _ADDED)


def totals(since: datetime, *sources: str) -> dict[str, dict[str, int]]:
    """The counts since the hour of a moment, by source and verdict; of these sources if any are named."""
    counted = SourceCountRow.hour >= hour_of(since)
    if sources:
        counted &= SourceCountRow.source.in_(sources)
    query: Any = (
        SourceCountRow.select(SourceCountRow.source, SourceCountRow.verdict, fn.SUM(SourceCountRow.count))
        .where(counted)
        .group_by(SourceCountRow.source, SourceCountRow.verdict)
        .tuples()
    )
    found: dict[str, dict[str, int]] = {}
    for source, verdict, count in query:
        found.setdefault(source, {})[verdict] = int(count)
    return found


def prune(now: datetime) -> int:
    """Delete what is older than any report looks back."""
    return int(SourceCountRow.delete().where(SourceCountRow.hour < now - KEPT).execute())
