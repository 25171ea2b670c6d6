"""The inbox: records accepted and not yet judged. Nothing is answered 2xx before it is in here."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import Any

import structlog

from powertrip.domain.heartbeat import USER
from powertrip.domain.record import Record, told_apart
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.voices import Voice
from powertrip.log import Seldom
from powertrip.store import counter, marking
from powertrip.store.among import among
from powertrip.store.bulk import read_all
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.database_in_use import database
from powertrip.store.history import ledger
from powertrip.store.signals import Signal, notify
from powertrip.store.sources import counts, voices
from powertrip.store.tables import InboxRow
from powertrip.store.turns import Turns

log = structlog.get_logger(__name__)

COLUMNS = (
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
    "rejudged_at",
    "content",
    "flaw",
)
_values_of = attrgetter(*COLUMNS)
_AT_ONCE = 500
_shared_ids = Seldom(timedelta(hours=1))
"""By source."""


def append(batches: Sequence[Sequence[Record]]) -> list[int]:
    """Keep batches, each of one source; returns how many records of each are new.

    What is known, by its id and its content, is dropped and counted.
    """
    news = []
    turns = Turns(batch[0].source for batch in batches if batch)
    heard_at: dict[Voice, datetime] = {}
    counted: Counter[tuple[str, str]] = Counter()
    of_batches = [rows_of(batch) for batch in batches]
    for row in chain.from_iterable(of_batches):
        row["turn"] = turns.take(row["source"])
    are_all_new = _keep_together(of_batches)
    for batch, rows in zip(batches, of_batches, strict=True):
        if not batch:
            news.append(0)
            continue
        new = len(batch) if are_all_new else marking.keep(rows)
        source, at = batch[0].source, max(record.received_at for record in batch)
        if new < len(batch):
            others = marking.keep(_of_other_content(rows))
            new += others
            if others:
                counter.add(at, verdict=RecordVerdict.SHARED_ID, name=source, count=others)
                counted[source, RecordVerdict.SHARED_ID] += others
                _warn_of_shared_ids(source, others, at)
        news.append(new)
        if new < len(batch):
            counter.add(at, verdict=RecordVerdict.DUPLICATE, name=source, count=len(batch) - new)
            counted[source, RecordVerdict.DUPLICATE] += len(batch) - new
        if new:
            counted[source, RecordVerdict.ACCEPTED] += new
        # What was sent twice is no sign that the source still speaks, and neither is its heartbeat.
        if new and any(USER not in record.message for record in batch):
            heard_at[Voice(source)] = max(at, heard_at.get(Voice(source), at))
    if any(news):
        ledger.count(InboxRow, kept=sum(news))
        notify(Signal.INBOX)
    voices.hear(heard_at)
    if counted:
        counts.add(counted, max(record.received_at for batch in batches for record in batch))
    return news


def _keep_together(batches: Sequence[Sequence[dict[str, Any]]]) -> bool:
    """Keep all rows by one statement, as nearly always nothing is known of them; otherwise none of them."""
    if len(batches) < 2:
        return False
    rows = list(chain.from_iterable(batches))
    with database.atomic() as together:
        if marking.keep(rows) == len(rows):
            return True
        together.rollback()
    return False


def rows_of(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The columns of new rows."""
    return [dict(zip(COLUMNS, _values_of(record), strict=True)) for record in records]


def record_of(row: InboxRow) -> Record:
    """The record in a whole row."""
    return Record(inbox_id=row.id, **{column: getattr(row, column) for column in COLUMNS})


def _of_other_content(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose id is kept with another content, under an id that tells them apart."""
    ids = [row["record_id"] for row in rows]
    kept: dict[str, tuple[str, str]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = among(InboxRow.record_id, ids[start : start + _AT_ONCE])
        of_source = InboxRow.select(InboxRow.record_id, InboxRow.content, InboxRow.raw).where(
            (InboxRow.source == rows[0]["source"]) & part
        )
        found: Any = of_source.tuples()
        kept |= {record_id: (content, raw) for record_id, content, raw in found}
    return [
        row | {"record_id": told_apart(row["record_id"], row["content"])}
        for row in rows
        if row["content"] and not _is_same(row, *kept[row["record_id"]])
    ]


def _is_same(row: Mapping[str, Any], content: str, raw: str) -> bool:
    return bool(row["content"] == content) if content else bool(row["raw"] == raw)


def _warn_of_shared_ids(source: str, count: int, at: datetime) -> None:
    if _shared_ids.is_due(source, at):
        log.warning(
            "different records have one id, judging all",
            source=source,
            records=count,
            advice="name a key in `keys.id` whose value no two records share, or none",
        )


def backlog(limit: int) -> int:
    """How many records wait to be judged, counted no further than `limit`."""
    waiting = InboxRow.select(InboxRow.id).where(InboxRow.judged_at.is_null()).limit(limit)
    return int(waiting.count())


def claim(limit: int, clock: Callable[[], datetime], lease: timedelta) -> list[Record]:
    """Take up to `limit` waiting records for `lease`; nobody else gets them meanwhile.

    The sources take turns, and of each the oldest come first. The clock is read in here: whoever has waited
    for their turn has not used any of their lease up.
    """
    now = clock()
    free = InboxRow.leased_until.is_null() | (InboxRow.leased_until < now)
    columns = [getattr(InboxRow, column) for column in ("id", "mark", *COLUMNS)]
    waiting = InboxRow.select(*columns).where(InboxRow.judged_at.is_null() & free)
    query = for_update(waiting.order_by(InboxRow.turn, InboxRow.id).limit(limit), skip_locked=True)
    records = marking.vouched_for(
        [
            (Record(inbox_id=row_id, **dict(zip(COLUMNS, values, strict=True))), mark)
            for row_id, mark, *values in read_all(query)
        ]
    )
    if records:
        taken = InboxRow.update(leased_until=now + lease, attempts=InboxRow.attempts + 1)
        taken.where(among(InboxRow.id, [record.inbox_id for record in records])).execute()
    return records


def mark_judged(verdicts: Mapping[int, RecordVerdict], now: datetime) -> set[int]:
    """Mark records as judged, by id; returns those that were not before: the caller's to carry out.

    Those that no rule took can be judged again while they are kept.
    """
    mine: dict[RecordVerdict, set[int]] = {}
    by_verdict: dict[RecordVerdict, list[int]] = {}
    for inbox_id, verdict in verdicts.items():
        by_verdict.setdefault(verdict, []).append(inbox_id)
    for verdict, inbox_ids in sorted(by_verdict.items()):
        unjudged = among(InboxRow.id, inbox_ids) & InboxRow.judged_at.is_null()
        is_unmatched = verdict is RecordVerdict.UNMATCHED
        judged = InboxRow.update(judged_at=now, leased_until=None, unmatched=is_unmatched, verdict=verdict)
        query = judged.where(unjudged).returning(InboxRow.id)
        mine[verdict] = {row_id for (row_id,) in database.execute(query).fetchall()}
    marking.note_batch(mine, now)
    return {inbox_id for inbox_ids in mine.values() for inbox_id in inbox_ids}


def release(inbox_ids: Sequence[int], now: datetime, put_off: Collection[str] = ()) -> None:
    """Give back records that were claimed and not judged; count each source in `put_off` as put off once."""
    counts.add({(source, RecordVerdict.PUT_OFF): 1 for source in put_off}, now)
    for start in range(0, len(inbox_ids), _AT_ONCE):
        part = list(inbox_ids[start : start + _AT_ONCE])
        InboxRow.update(leased_until=None).where(among(InboxRow.id, part)).execute()


def judged_before(moment: datetime) -> Any:
    """Records that may be deleted: the evidence of events stays in their occurrences."""
    return InboxRow.judged_at.is_null(False) & (InboxRow.judged_at < moment)


class Inbox(Role):
    """Records accepted, as the judge sees them."""

    claim = transaction(claim)
    release = transaction(release)
    backlog = transaction(backlog)
