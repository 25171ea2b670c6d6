"""Deletes what is beyond its keeping, a part at a time, so that no record and no click waits for long."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.retention import Retention
from powertrip.store import (
    audit,
    deliveries,
    enrichment_cache,
    gaps,
    heartbeat,
    inbox,
    lanes,
    marking,
    people_cache,
    quarantine,
)
from powertrip.store.database import DatabaseThread
from powertrip.store.history import marks
from powertrip.store.sources import counts, unmatched, voices
from powertrip.store.storms import sweep
from powertrip.store.tables import DeliveryRow, InboxRow, name_of_table

AT_ONCE = 2_000
"""Rows deleted in one transaction: some 20 ms, which is how long others wait for it."""


async def prune(
    database: DatabaseThread, retention: Retention, kept: QuarantineSection, now: datetime
) -> dict[str, int]:
    """Delete what is beyond its keeping; returns how many of what."""
    told_before = now - retention.deliveries
    steps: dict[str, Callable[[], int]] = {
        "records": partial(_part, InboxRow, inbox.judged_before(now - retention.records), now),
        "verdicts": partial(marking.prune_batches, now - retention.records),
        "deliveries": partial(_part, DeliveryRow, deliveries.done_before(told_before), now),
        "gaps": partial(gaps.prune, now - retention.records),
        "quarantine": partial(quarantine.prune, kept.keep, kept.keep_bytes, now),
        "heartbeats": partial(heartbeat.prune, now),
        "people_cache": partial(people_cache.prune, now - retention.people),
        "enrichment_cache": partial(enrichment_cache.prune, now),
        "source_counts": partial(counts.prune, now),
        "unmatched": partial(unmatched.prune, now),
        "lanes": partial(lanes.prune, now),
        "storms": partial(sweep.prune, now),
        "voices": partial(voices.prune, now - retention.hosts),
    }
    deleted = {}
    for name, step in steps.items():
        deleted[name] = part = await database.run(step)
        while part >= AT_ONCE:
            part = await database.run(step)
            deleted[name] += part
    return deleted


def _part(table: Any, old: Any, now: datetime) -> int:
    """Delete some of the rows of `table` that are `old`, with a line in the history; returns how many."""
    some = table.select(table.id).where(old).limit(AT_ONCE)
    counted: dict[str, Any] = {}
    if table is InboxRow:
        count, marker = marking.delete(table.id.in_([row.id for row in some])), marks.in_use()
        # An earlier release, or one without the key, deletes records without counting them in the ledger.
        counted = {"ledger": marker.name} if marker else {}
    else:
        count = int(table.delete().where(table.id.in_(some)).execute())
    if count:
        audit.append("pruned", now, table=name_of_table(table), count=count, **counted)
    return count
