"""Marks of records in the inbox: what the judge sees has to be what was accepted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.store.bulk import insert_all, update_all
from powertrip.store.history import ledger, marks
from powertrip.store.history.tables import JudgedBatchRow
from powertrip.store.tables import InboxRow

log = structlog.get_logger(__name__)

MARKED = (
    *("source", "record_id", "received_at", "occurred_at", "host_name", "program", "message", "raw", "cut"),
    *("facility", "trusted", "content", "flaw"),
)
"""Columns that say what a record is."""
BATCH_MARKED = ("at", "verdict", "inbox_ids")
CHANGED = "this is not what was accepted: somebody has changed it in the database"


def keep(rows: Sequence[dict[str, Any]]) -> int:
    """Keep records, each with its mark, but those that are known; returns how many were new."""
    marker = marks.in_use()
    return insert_all(
        InboxRow,
        rows,
        "ON CONFLICT DO NOTHING",
        mark=marker.of if marker else None,
        marked=MARKED,
    )


def vouched_for(records: Sequence[tuple[Record, str | None]]) -> list[Record]:
    """Records with their marks; one whose mark is wrong gets a flaw, with which no rule judges it."""
    marker = marks.in_use()
    if marker is None:
        return [record for record, _ in records]
    found = []
    for record, its in records:
        if marker.made(its) and its != marker.of(_values(record)):
            log.error("a record in the inbox was changed", inbox_id=record.inbox_id, source=record.source)
            record = replace(record, flaw=CHANGED)  # noqa: PLW2901
        found.append(record)
    return found


def _values(record: Any) -> list[Any]:
    fields: Any = InboxRow._meta.fields  # noqa: SLF001 (peewee's way to its fields)
    return [fields[name].db_value(getattr(record, name)) for name in MARKED]


def read_anew(rows: Mapping[int, dict[str, Any]]) -> None:
    """Write these columns of rows, by their ids, and mark anew those that were marked rightly before."""
    marker = marks.in_use()
    before = {} if marker is None else {row.id: row for row in _rows(rows)}
    mine = [row_id for row_id, row in before.items() if marker and row.mark == marker.of(_values(row))]
    update_all(InboxRow, [columns | {"id": row_id} for row_id, columns in rows.items()])
    if marker is None:
        # Who has no key can vouch for nothing.
        InboxRow.update(mark=None).where(InboxRow.id.in_(list(rows)) & InboxRow.mark.is_null(False)).execute()
        return
    anew = [{"id": row.id, "mark": marker.of(_values(row))} for row in _rows(mine)]
    update_all(InboxRow, anew)


def _rows(ids: Collection[int]) -> Any:
    return InboxRow.select().where(InboxRow.id.in_(list(ids))) if ids else ()


def note_batch(verdicts: Mapping[RecordVerdict, Collection[int]], now: datetime) -> None:
    """Keep which records got which verdict together."""
    marker, rows = marks.in_use(), []
    for verdict, inbox_ids in sorted(verdicts.items()):
        row = {"at": now, "verdict": verdict, "inbox_ids": sorted(inbox_ids)}
        made = marker.of_row(JudgedBatchRow, row, BATCH_MARKED) if marker else None
        rows += [row | {"mark": made}] if inbox_ids else []
    insert_all(JudgedBatchRow, rows)


def delete(which: Any) -> int:
    """Delete records, and count those that bear a mark; returns how many."""
    ledger.deleting(InboxRow, which)
    return int(InboxRow.delete().where(which).execute())


def prune_batches(before: datetime) -> int:
    """Delete what is known of records that were judged before a moment, and are not kept any more."""
    return int(JudgedBatchRow.delete().where(JudgedBatchRow.at < before).execute())


def forget_batches(verdict: RecordVerdict, before: datetime) -> None:
    """Delete what is known of records with this verdict, judged before a moment, if none of them is kept."""
    which = (JudgedBatchRow.verdict == verdict) & (JudgedBatchRow.at < before)
    old = {row.id: row.inbox_ids for row in JudgedBatchRow.select().where(which)}
    named = {inbox_id for ids in old.values() for inbox_id in ids}
    kept = {row.id for row in InboxRow.select(InboxRow.id).where(InboxRow.id.in_(named))} if named else set()
    gone = [batch_id for batch_id, ids in old.items() if kept.isdisjoint(ids)]
    if gone:
        JudgedBatchRow.delete().where(JudgedBatchRow.id.in_(gone)).execute()
