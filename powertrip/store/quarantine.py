"""The quarantine: what should have been judged and could not be. It is bounded; the oldest goes first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.judgement import ToQuarantine
from powertrip.domain.quarantine import QuarantineReport
from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.store import audit, deliveries
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.history import ledger, marks
from powertrip.store.sources import counts
from powertrip.store.tables import QuarantineRow

_REST_OF_RECORD = (
    "record_id",
    "received_at",
    "occurred_at",
    "host_name",
    "program",
    "cut",
    "facility",
    "trusted",
    "content",
    "flaw",
)
"""What the other columns of a row leave out of its record."""
MARKED = (
    *("source", "rule", "reason", "message", "body", "size", "at"),
    *("inbox_id", "record", "request"),
)
"""Columns that nothing changes."""
_MOMENTS = ("received_at", "occurred_at")
SAMPLES = 3
"""Lines shown to the security channel with the count."""
BODY_SHOWN = 500
"""Bytes of an unreadable body that are shown as its line; all of it is kept beside."""


def _row(
    *, source: str, message: str, body: bytes, rule: str | None, reason: str, now: datetime
) -> dict[str, Any]:
    return {
        "source": source,
        "rule": rule,
        "reason": reason,
        "message": message,
        "body": body,
        "size": len(body),
        "at": now,
    }


def of_record(judged: ToQuarantine, now: datetime) -> dict[str, Any]:
    """The row of a record that a rule should have judged."""
    record = judged.record
    body = record.raw.encode("utf-8", "replace")
    row = _row(
        source=record.source,
        message=record.message,
        body=body,
        rule=judged.rule,
        reason=judged.reason,
        now=now,
    )
    rest = {name: getattr(record, name) for name in _REST_OF_RECORD}
    moments = {name: rest[name].isoformat() for name in _MOMENTS if rest[name] is not None}
    return row | {"inbox_id": record.inbox_id or None, "record": rest | moments}


def record_of(row: Any) -> Record | None:
    """The record in a row; None for a body, and for a row of a version that kept too little."""
    if row.record is None:
        return None
    moments = {
        name: datetime.fromisoformat(row.record[name]) for name in _MOMENTS if row.record[name] is not None
    }
    raw = row.body.decode("utf-8", "replace")
    return Record(source=row.source, message=row.message, raw=raw, **row.record | moments)


def add(rows: Sequence[dict[str, Any]]) -> None:
    """Keep what could not be judged."""
    marker = marks.in_use()
    if marker is None:
        insert_all(QuarantineRow, rows)
        return
    whole = [dict.fromkeys(MARKED) | row for row in rows]
    insert_all(QuarantineRow, [row | {"mark": marker.of_row(QuarantineRow, row, MARKED)} for row in whole])
    ledger.count(QuarantineRow, kept=len(rows))


def add_body(
    source: str, body: bytes, reason: str, now: datetime, headers: Mapping[str, str] | None = None
) -> None:
    """Keep a request body that could not be read as records.

    `headers` are those that reading it again takes; None where it must not be read again.
    """
    message = body[:BODY_SHOWN].decode("utf-8", "backslashreplace")
    row = _row(source=source, message=message, body=body, rule=None, reason=reason, now=now)
    add([row | {"request": headers}])
    counts.add({(source, RecordVerdict.QUARANTINE): 1}, now)


def untold() -> QuarantineReport | None:
    """What was not reported yet; None where there is nothing."""
    # Not the bodies: there may be very many, and all of them together may be large.
    columns = (
        QuarantineRow.id,
        QuarantineRow.at,
        QuarantineRow.source,
        QuarantineRow.reason,
        QuarantineRow.message,
    )
    query = QuarantineRow.select(*columns).where(QuarantineRow.told_at.is_null()).order_by(QuarantineRow.id)
    rows = list(query)
    if not rows:
        return None
    return QuarantineReport(
        count=len(rows),
        sources=dict(Counter(row.source for row in rows)),
        reasons=dict(Counter(row.reason for row in rows)),
        samples=tuple(row.message for row in rows[:SAMPLES]),
        since=rows[0].at,
        newest_id=rows[-1].id,
    )


def report(channel: str, window: timedelta, now: datetime) -> QuarantineReport | None:
    """Queue one notice about unreported quarantine: the first at once, the rest once a window."""
    # Otherwise two processes report the same rows at the same moment.
    wait_for(Turn.REPORTING)
    new = untold()
    last_told = QuarantineRow.select(fn.MAX(QuarantineRow.told_at)).scalar()
    if new is None or (last_told is not None and last_told > now - window):
        return None
    deliveries.enqueue([deliveries.new(DeliveryKind.QUARANTINE, channel, now, payload=new)])
    # Not what came in after the notice was counted.
    reported = QuarantineRow.told_at.is_null() & (QuarantineRow.id <= new.newest_id)
    count = int(QuarantineRow.update(told_at=now).where(reported).execute())
    audit.append("quarantine_told", now, count=count, newest_id=new.newest_id)
    return new


def prune(keep_rows: int, keep_bytes: int, now: datetime) -> int:
    """Delete the oldest beyond `keep_rows` rows or `keep_bytes` bytes; returns and audits how many."""
    rows = size = 0
    query = QuarantineRow.select(QuarantineRow.id, QuarantineRow.size).order_by(QuarantineRow.id.desc())
    for row_id, row_size in query.tuples().iterator():
        rows, size = rows + 1, size + row_size
        if rows > keep_rows or size > keep_bytes:
            old = QuarantineRow.id <= row_id
            ledger.deleting(QuarantineRow, old)
            deleted = int(QuarantineRow.delete().where(old).execute())
            audit.append("quarantine_pruned", now, count=deleted)
            return deleted
    return 0


class Quarantine(Role):
    """Reports of the quarantine."""

    report = transaction(report)
