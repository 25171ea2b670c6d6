"""The quarantine: what should have been judged and could not be, bounded, with the oldest let go first."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.quarantine import QuarantineReport
from powertrip.domain.record import Record
from powertrip.store import audit, deliveries
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, Turn, transaction, wait_for
from powertrip.store.tables import QuarantineRow

SAMPLES = 3
"""Lines shown to the security channel with the count."""


def of_record(record: Record, rule: str | None, reason: str, now: datetime) -> dict[str, Any]:
    """The row of a record that a rule should have judged."""
    return _row(record.source, record.message, record.raw.encode("utf-8", "replace"), rule, reason, now)


def add(rows: Sequence[dict[str, Any]]) -> None:
    """Keep what could not be judged."""
    insert_all(QuarantineRow, rows)


def add_body(source: str, body: bytes, reason: str, now: datetime) -> None:
    """Keep a request body that could not be read as records."""
    add([_row(source, body[:500].decode("utf-8", "backslashreplace"), body, None, reason, now)])


def _row(
    source: str, message: str, body: bytes, rule: str | None, reason: str, now: datetime
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


def untold() -> QuarantineReport | None:
    """What nobody was told of yet; None where there is nothing."""
    rows = list(QuarantineRow.select().where(QuarantineRow.told_at.is_null()).order_by(QuarantineRow.id))
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


def mark_told(newest_id: int, now: datetime) -> None:
    """Remember that everything up to `newest_id` was told."""
    untold_yet = QuarantineRow.told_at.is_null() & (QuarantineRow.id <= newest_id)
    count = QuarantineRow.update(told_at=now).where(untold_yet).execute()
    audit.append("quarantine_told", now, count=int(count), newest_id=newest_id)


def prune(keep_rows: int, keep_bytes: int, now: datetime) -> int:
    """Let the oldest go beyond `keep_rows` rows or `keep_bytes` bytes; returns and audits how many."""
    kept = total = 0
    oldest_kept: int | None = None
    query = QuarantineRow.select(QuarantineRow.id, QuarantineRow.size).order_by(QuarantineRow.id.desc())
    for row_id, size in query.tuples().iterator():
        kept, total = kept + 1, total + size
        if kept > keep_rows or total > keep_bytes:
            break
        oldest_kept = row_id
    else:
        return 0
    boundary = oldest_kept if oldest_kept is not None else _newest_id() + 1
    gone = int(QuarantineRow.delete().where(QuarantineRow.id < boundary).execute())
    audit.append("quarantine_pruned", now, count=gone)
    return gone


def _newest_id() -> int:
    return int(QuarantineRow.select(fn.MAX(QuarantineRow.id)).scalar() or 0)


def report(channel: str, window: timedelta, now: datetime) -> QuarantineReport | None:
    """Have the security channel told of what is new: the first at once, the rest once a window."""
    wait_for(Turn.REPORTING)
    new = untold()
    last_told = QuarantineRow.select(fn.MAX(QuarantineRow.told_at)).scalar()
    if new is None or (last_told is not None and last_told > now - window):
        return None
    notice = deliveries.new(DeliveryKind.QUARANTINE, channel, now, payload=new)
    deliveries.enqueue([notice])
    mark_told(new.newest_id, now)
    return new


class Quarantine(Role):
    """Reports of the quarantine."""

    report = transaction(report)
