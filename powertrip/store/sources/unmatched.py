"""Counts a day of records that no rule took, by source, host and program, each with the newest of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from powertrip.domain.judgement import ToCount
from powertrip.domain.sources import WEEK, UnmatchedGroup
from powertrip.store.bulk import insert_all
from powertrip.store.sources.tables import UnmatchedRow
from powertrip.store.utc_days import day_of

GROUPS_A_DAY = 100
"""Hosts and programs of a source that are counted one by one; all others of the day share one row."""
NAME_KEPT = 100
"""Characters of a host or a program; PostgreSQL refuses to index very long ones."""
EXAMPLE_KEPT = 500
"""Characters of the newest record's message."""
_ADDED = """ON CONFLICT (source, day, host_name, program, is_rest) DO UPDATE SET
    count = unmatched.count + EXCLUDED.count, newest_at = EXCLUDED.newest_at, message = EXCLUDED.message,
    reason = EXCLUDED.reason"""


@dataclass(slots=True)
class _Group:
    count: int
    newest: ToCount


def add(judged: Sequence[ToCount], now: datetime) -> None:
    """Count records of a batch, in the order they came in."""
    if not judged:
        return
    day = day_of(now)
    known = _known({item.record.source for item in judged}, day)
    groups: dict[tuple[str, str, str, bool], _Group] = {}
    for item in judged:
        record = item.record
        names = (record.host_name or "")[:NAME_KEPT], (record.program or "")[:NAME_KEPT]
        known_here = known.setdefault(record.source, set())
        if len(known_here) < GROUPS_A_DAY:
            known_here.add(names)
        key = (record.source, *names, False) if names in known_here else (record.source, "", "", True)
        group = groups.setdefault(key, _Group(0, item))
        group.count, group.newest = group.count + 1, item
    rows = [
        {
            "source": source,
            "day": day,
            "host_name": host_name,
            "program": program,
            "is_rest": is_rest,
            "count": group.count,
            "newest_at": group.newest.record.received_at,
            "message": group.newest.record.message[:EXAMPLE_KEPT],
            "reason": group.newest.reason,
        }
        for (source, host_name, program, is_rest), group in sorted(groups.items(), key=lambda item: item[0])
    ]
    insert_all(UnmatchedRow, rows, _ADDED)


def _known(sources: set[str], day: str) -> dict[str, set[tuple[str, str]]]:
    """The hosts and programs that have a row of their own today, by source."""
    query: Any = (
        UnmatchedRow.select(UnmatchedRow.source, UnmatchedRow.host_name, UnmatchedRow.program)
        .where((UnmatchedRow.day == day) & UnmatchedRow.source.in_(list(sources)) & ~UnmatchedRow.is_rest)
        .tuples()
    )
    known: dict[str, set[tuple[str, str]]] = {}
    for source, host_name, program in query:
        known.setdefault(source, set()).add((host_name, program))
    return known


def groups(now: datetime) -> dict[str, list[UnmatchedGroup]]:
    """Those of the last 7 days by source, the newest first."""
    merged: dict[tuple[str, str, str, bool], UnmatchedGroup] = {}
    newest_first = (UnmatchedRow.newest_at.desc(), UnmatchedRow.host_name, UnmatchedRow.program)
    since = UnmatchedRow.day >= day_of(now - WEEK)
    for row in UnmatchedRow.select().where(since).order_by(*newest_first):
        key = (row.source, row.host_name, row.program, row.is_rest)
        newest = merged.get(key)
        merged[key] = UnmatchedGroup(
            source=row.source,
            host_name=row.host_name or None,
            program=row.program or None,
            is_rest=bool(row.is_rest),
            count=row.count + (newest.count if newest else 0),
            newest_at=newest.newest_at if newest else row.newest_at,
            message=newest.message if newest else row.message,
            reason=newest.reason if newest else row.reason,
        )
    by_source: dict[str, list[UnmatchedGroup]] = {}
    for group in merged.values():
        by_source.setdefault(group.source, []).append(group)
    return by_source


def prune(now: datetime) -> int:
    """Delete what is older than any report looks back."""
    return int(UnmatchedRow.delete().where(UnmatchedRow.day < day_of(now - WEEK)).execute())
