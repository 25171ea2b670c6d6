"""Gaps: what senders left out of their requests, fetched page by page until nothing is missing.

A page's records and the cursor past them are kept in one transaction.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from powertrip.domain.backlog import Backlog
from powertrip.domain.due import DueGap
from powertrip.domain.record import Cursor, Gap, Record
from powertrip.errors import Overloaded
from powertrip.store import inbox, notes
from powertrip.store.database import Role, transaction
from powertrip.store.poll_tables import GapRow
from powertrip.store.turns import waiting_by_source


def append(gaps: Sequence[Gap]) -> None:
    """Keep gaps; one that is known, from a request sent twice, stays as it is."""
    for gap in gaps:
        row = GapRow.insert(
            source=gap.source,
            min_id=gap.after_id,
            max_id=gap.until_id,
            query=gap.query,
            cursor={"min_id": gap.after_id},
            due_at=gap.noticed_at,
        )
        row.on_conflict_ignore().execute()


def claim(sources: Collection[str], clock: Callable[[], datetime], lease: timedelta) -> DueGap | None:
    """Take the gap of these sources that is due first; nobody else gets it until the lease ends."""
    now = clock()
    due = GapRow.done_at.is_null() & (GapRow.due_at <= now) & GapRow.source.in_(list(sources))
    row = GapRow.select().where(due).order_by(GapRow.due_at, GapRow.id).first()
    if row is None:
        return None
    # Whoever advances the due time has it, and if they die, it is due again at that time.
    unclaimed = (GapRow.id == row.id) & (GapRow.due_at == row.due_at) & GapRow.done_at.is_null()
    if not GapRow.update(due_at=now + lease).where(unclaimed).execute():
        return None
    return DueGap(
        id=row.id,
        source=row.source,
        cursor=row.cursor,
        until_id=row.max_id,
        query=row.query,
        failures=row.attempts,
    )


def keep(
    gap: DueGap,
    records: Sequence[Record],
    cursor: Cursor,
    more: bool,
    backlog: Backlog,
    channel: str,
    now: datetime,
) -> int:
    """Keep a page with the cursor past it; returns how many records were new. Raises Overloaded."""
    if records and not backlog.admits(gap.source, waiting_by_source()):
        raise Overloaded(backlog.refusal(gap.source))
    told_at = GapRow.get_by_id(gap.id).told_at
    if told_at is not None:
        title = f"What was left out of the source {gap.source} is fetched again"
        lines = [f"It could not be since {told_at:%Y-%m-%d %H:%M:%S} UTC."]
        notes.enqueue(channel, title=title, lines=lines, now=now)
    done_at = None if more else now
    changed = GapRow.update(cursor=cursor, due_at=now, attempts=0, told_at=None, done_at=done_at)
    changed.where((GapRow.id == gap.id) & GapRow.done_at.is_null()).execute()
    return sum(inbox.append([records]))


def failed(gap: DueGap, error: str, due_at: datetime, tell: bool, channel: str, now: datetime) -> None:
    """Record a failure; with `tell`, queue a note about it, one for all gaps of the source."""
    told = (GapRow.source == gap.source) & GapRow.done_at.is_null() & GapRow.told_at.is_null(False)
    if tell and not GapRow.select().where(told).exists():
        lines = [error, "Logins may be among them. It is tried again until it works."]
        title = f"What was left out of the source {gap.source} cannot be fetched"
        notes.enqueue(channel, title=title, lines=lines, now=now)
        GapRow.update(told_at=now).where(GapRow.id == gap.id).execute()
    changed = GapRow.update(due_at=due_at, attempts=GapRow.attempts + 1)
    changed.where((GapRow.id == gap.id) & GapRow.done_at.is_null()).execute()


def put_off(gap: DueGap, due_at: datetime) -> None:
    """Let a gap wait without counting a failure: it is not at fault itself."""
    GapRow.update(due_at=due_at).where((GapRow.id == gap.id) & GapRow.done_at.is_null()).execute()


def waiting_count() -> int:
    return int(GapRow.select().where(GapRow.done_at.is_null()).count())


def prune(before: datetime) -> int:
    """Delete gaps that were filled before then."""
    return int(GapRow.delete().where(GapRow.done_at.is_null(False) & (GapRow.done_at < before)).execute())


class Gaps(Role):
    """What senders left out."""

    claim = transaction(claim)
    keep = transaction(keep)
    failed = transaction(failed)
    put_off = transaction(put_off)
    waiting_count = transaction(waiting_count)
