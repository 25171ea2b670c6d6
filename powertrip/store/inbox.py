"""The inbox: records accepted and not yet judged. Nothing is answered 2xx before it is in here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from powertrip.domain.judgement import Claimed
from powertrip.domain.record import Record
from powertrip.store import counter, silence
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, is_postgres, transaction
from powertrip.store.tables import InboxRow

_COLUMNS = (
    "source",
    "record_id",
    "received_at",
    "occurred_at",
    "host_name",
    "program",
    "message",
    "raw",
    "cut",
    "facility",
    "trusted",
)


def append(batches: Sequence[Sequence[Record]]) -> list[int]:
    """Keep every batch; returns how many records of each were new. Known ids are dropped and counted."""
    counts = [_append_batch(batch) for batch in batches]
    speaking = [batch for batch, new in zip(batches, counts, strict=True) if new]
    if speaking:
        silence.heard((batch[0].source for batch in speaking), max(b[0].received_at for b in speaking))
    return counts


def _append_batch(batch: Sequence[Record]) -> int:
    if not batch:
        return 0
    rows = [{column: getattr(record, column) for column in _COLUMNS} for record in batch]
    new = insert_all(InboxRow, rows, "ON CONFLICT DO NOTHING")
    if new < len(batch):
        counter.add(batch[0].received_at, "duplicate", batch[0].source, len(batch) - new)
    return new


def backlog(limit: int) -> int:
    """How many records wait to be judged, counted no further than `limit`."""
    waiting = InboxRow.select(InboxRow.id).where(InboxRow.judged_at.is_null()).limit(limit)
    return int(waiting.count())


def claim(limit: int, now: datetime, lease: timedelta) -> list[Claimed]:
    """Take up to `limit` waiting records, oldest first, for `lease`; nobody else gets them meanwhile."""
    free = InboxRow.leased_until.is_null() | (InboxRow.leased_until < now)
    columns = [getattr(InboxRow, column) for column in ("id", *_COLUMNS)]
    waiting = InboxRow.select(*columns).where(InboxRow.judged_at.is_null() & free)
    query: Any = waiting.order_by(InboxRow.id).limit(limit)
    rows = list((query.for_update(skip_locked=True) if is_postgres() else query).tuples())
    if rows:
        taken = InboxRow.update(leased_until=now + lease, attempts=InboxRow.attempts + 1)
        taken.where(InboxRow.id.in_([row_id for row_id, *_ in rows])).execute()
    return [
        Claimed(inbox_id=row_id, record=Record(**dict(zip(_COLUMNS, values, strict=True))))
        for row_id, *values in rows
    ]


def mark_judged(inbox_ids: Sequence[int], now: datetime) -> set[int]:
    """Mark records as judged; returns those that were not before, which are the caller's to carry out."""
    unjudged = InboxRow.id.in_(list(inbox_ids)) & InboxRow.judged_at.is_null()
    judged = InboxRow.update(judged_at=now, leased_until=None).where(unjudged).returning(InboxRow.id)
    return {row.id for row in judged.execute()}


def release(inbox_ids: Sequence[int]) -> None:
    """Give records back that were claimed and not judged."""
    for start in range(0, len(inbox_ids), 500):
        part = list(chain(inbox_ids[start : start + 500]))
        InboxRow.update(leased_until=None).where(InboxRow.id.in_(part)).execute()


def prune(before: datetime) -> int:
    """Forget judged records older than `before`; the evidence of events stays in their occurrences."""
    old = InboxRow.judged_at.is_null(False) & (InboxRow.judged_at < before)
    return int(InboxRow.delete().where(old).execute())


class Inbox(Role):
    """Records accepted, as the judge sees them."""

    claim = transaction(claim)
    release = transaction(release)
    backlog = transaction(backlog)
