"""Puts records that nobody was asked about back into the inbox, each once, to be judged by mended rules."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from powertrip.domain.missed import Missed, MissedQuery
from powertrip.domain.record import Record
from powertrip.store import audit, inbox, marking, quarantine
from powertrip.store.database import Role, transaction
from powertrip.store.signals import Signal, notify
from powertrip.store.tables import InboxRow, QuarantineRow
from powertrip.store.turns import Turns

_READ = ("occurred_at", "host_name", "program", "message", "cut", "facility", "trusted", "flaw")
"""What a source reads in a record, which is kept verbatim beside."""
AT_ONCE = 500
"""Rows of one transaction; databases bound the parameters of one statement."""


def unmatched(query: MissedQuery) -> list[Missed]:
    """Records that no rule took and that are still kept, newest first."""
    table = InboxRow
    rows = table.select().where(table.unmatched & _conditions(query, table, table.received_at))
    if query.program is not None:
        rows = rows.where(table.program == query.program)
    if query.host_name is not None:
        rows = rows.where(table.host_name == query.host_name)
    return [
        Missed(
            id=row.id,
            source=row.source,
            at=row.received_at,
            message=row.message,
            raw=row.raw.encode(),
            record=inbox.record_of(row),
        )
        for row in rows.order_by(table.id.desc()).limit(query.limit)
    ]


def quarantined(query: MissedQuery) -> list[Missed]:
    """What is in quarantine, newest first."""
    table = QuarantineRow
    rows = table.select().where(_conditions(query, table, table.at))
    if not query.with_rejudged:
        rows = rows.where(table.rejudged_at.is_null())
    found: list[Missed] = []
    for row in rows.order_by(table.id.desc()).iterator():
        if query.limit is not None and len(found) >= query.limit:
            break
        record = quarantine.record_of(row)
        names = (record.program, record.host_name) if record else (None, None)
        if query.program not in (None, names[0]) or query.host_name not in (None, names[1]):
            continue
        found.append(
            Missed(
                id=row.id,
                source=row.source,
                at=row.at,
                message=row.message,
                raw=row.body,
                rule=row.rule,
                reason=row.reason,
                record=record,
                headers=row.request,
                rejudged_at=row.rejudged_at,
            )
        )
    return found


def _conditions(query: MissedQuery, table: Any, at: Any) -> Any:
    condition = table.id > 0
    if query.ids:
        condition &= table.id.in_(list(query.ids))
    if query.before_id is not None:
        condition &= table.id < query.before_id
    if query.source is not None:
        condition &= table.source == query.source
    if query.since is not None:
        condition &= at >= query.since
    return condition


def rejudge_unmatched(records: Mapping[int, Record], now: datetime) -> int:
    """Put them back as they are read by now; returns how many were still unmatched.

    So each is judged once more and no oftener.
    """
    sources: Counter[str] = Counter()
    back = {"judged_at": None, "leased_until": None, "unmatched": False, "rejudged_at": now, "verdict": None}
    for part in _parts(sorted(records)):
        waiting = InboxRow.unmatched & InboxRow.id.in_(part)
        turns = Turns(records[row_id].source for row_id in part)
        changed = InboxRow.update(**back).where(waiting).returning(InboxRow.id, InboxRow.source)
        rows = list(changed)
        sources.update(row.source for row in rows)
        _read_anew({row.id: records[row.id] for row in rows}, turns)
    notify(Signal.INBOX)
    _write_down("unmatched_rejudged", sources, now)
    return sources.total()


def rejudge_quarantined(records: Mapping[int, Sequence[Record]], now: datetime) -> int:
    """Put the records of these rows back and mark the rows; returns how many were not put back before."""
    sources: Counter[str] = Counter()
    for part in _parts(sorted(records)):
        waiting = QuarantineRow.rejudged_at.is_null() & QuarantineRow.id.in_(part)
        changed = QuarantineRow.update(rejudged_at=now).where(waiting)
        rows = list(changed.returning(QuarantineRow.id, QuarantineRow.source, QuarantineRow.inbox_id))
        sources.update(row.source for row in rows)
        in_inbox = [row.inbox_id for row in rows if row.inbox_id is not None]
        judged = InboxRow.id.in_(in_inbox) & InboxRow.judged_at.is_null(False)
        turns = Turns(record.source for row_id in part for record in records[row_id][:1])
        back = InboxRow.update(judged_at=None, leased_until=None, rejudged_at=now, verdict=None).where(judged)
        still_there = {row.id for row in back.returning(InboxRow.id)}
        _read_anew({row.inbox_id: records[row.id][0] for row in rows if row.inbox_id in still_there}, turns)
        # Bodies were never in the inbox, and what is older than `retention.records` is there no more. What
        # came again since is known there, and one that only has the same id is not taken for it.
        inbox.append(
            [
                [replace(record, rejudged_at=now) for record in records[row.id]]
                for row in rows
                if row.inbox_id not in still_there
            ]
        )
    _write_down("quarantine_rejudged", sources, now)
    return sources.total()


def _read_anew(records: Mapping[int, Record], turns: Turns) -> None:
    """Write what a source reads in records by now, and whose turn they are, by the ids of their rows."""
    marking.read_anew(
        {
            inbox_id: {name: getattr(record, name) for name in _READ} | {"turn": turns.take(record.source)}
            for inbox_id, record in sorted(records.items())
        }
    )


def _parts(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield list(ids[start : start + AT_ONCE])


def _write_down(action: str, sources: Counter[str], now: datetime) -> None:
    if sources:
        audit.append(action, now, count=sources.total(), sources=dict(sources))


class Again(Role):
    """Judging again."""

    rejudge_unmatched = transaction(rejudge_unmatched)
    rejudge_quarantined = transaction(rejudge_quarantined)
