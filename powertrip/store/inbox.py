"""The inbox: records accepted and not yet judged. Nothing is answered 2xx before it is in here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from powertrip.event import Record
from powertrip.ports import Claimed
from powertrip.store import silence, tally
from powertrip.store.database import Role, is_postgres, transaction
from powertrip.store.models import InboxRow, database

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
    """Keep every batch; returns how many records of each were new. Known ids are dropped and counted.

    One `executemany` a batch: building SQL with peewee's `insert_many` takes five times as long.
    """
    counts = [_append_batch(batch) for batch in batches]
    speaking = [batch for batch, new in zip(batches, counts, strict=True) if new]
    if speaking:
        silence.heard((batch[0].source for batch in speaking), max(b[0].received_at for b in speaking))
    return counts


def _append_batch(batch: Sequence[Record]) -> int:
    if not batch:
        return 0
    cursor = database.connection().cursor()
    cursor.executemany(_insert_statement(), [_row(record) for record in batch])
    new = max(int(cursor.rowcount), 0)
    if new < len(batch):
        tally.add(batch[0].received_at, "duplicate", batch[0].source, len(batch) - new)
    return new


def _insert_statement() -> str:
    mark = "%s" if is_postgres() else "?"
    marks = ", ".join([mark] * len(_COLUMNS))
    columns = ", ".join(_COLUMNS)
    return f"INSERT INTO inbox ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 (no outside text)


def _row(record: Record) -> tuple[Any, ...]:
    return tuple(getattr(InboxRow, column).db_value(getattr(record, column)) for column in _COLUMNS)


def backlog(limit: int) -> int:
    """How many records wait to be judged, counted no further than `limit`."""
    waiting = InboxRow.select(InboxRow.id).where(InboxRow.judged_at.is_null()).limit(limit)
    return int(waiting.count())


def claim(limit: int, now: datetime, lease: timedelta) -> list[Claimed]:
    """Take up to `limit` waiting records, oldest first, for `lease`; nobody else gets them meanwhile."""
    free = InboxRow.leased_until.is_null() | (InboxRow.leased_until < now)
    query = InboxRow.select().where(InboxRow.judged_at.is_null() & free).order_by(InboxRow.id).limit(limit)
    rows = list(query.for_update(skip_locked=True) if is_postgres() else query)
    if rows:
        taken = InboxRow.update(leased_until=now + lease, attempts=InboxRow.attempts + 1)
        taken.where(InboxRow.id.in_([row.id for row in rows])).execute()
    return [Claimed(inbox_id=row.id, record=_record(row)) for row in rows]


def _record(row: InboxRow) -> Record:
    return Record(**{column: getattr(row, column) for column in _COLUMNS})


def mark_judged(inbox_id: int, now: datetime) -> bool:
    """Whether the record was still unjudged, and now is judged by the caller."""
    unjudged = (InboxRow.id == inbox_id) & InboxRow.judged_at.is_null()
    return bool(InboxRow.update(judged_at=now, leased_until=None).where(unjudged).execute() == 1)


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
