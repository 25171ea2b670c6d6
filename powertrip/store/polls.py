"""Polls: whose turn it is, where each goes on, and what the security channel is told of them.

Records and the cursor past them are kept in one transaction: nothing is lost between the two, and what is
fetched twice the inbox knows.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from powertrip.domain.backlog import Backlog
from powertrip.domain.due import PollRound, PollState
from powertrip.domain.record import Cursor, Record
from powertrip.errors import Overloaded, StoreUnavailable
from powertrip.store import inbox, notes
from powertrip.store.database import Role, transaction
from powertrip.store.history import marks
from powertrip.store.history.marks import Marker
from powertrip.store.poll_tables import PollRow
from powertrip.store.turns import waiting_by_source

log = structlog.get_logger(__name__)

MARKED = ("name", "since", "cursor")
"""Columns that say where it goes on."""


def claim(
    name: str, owner: str, clock: Callable[[], datetime], *, look_back: timedelta, lease: timedelta
) -> PollState | None:
    """Take a poll that is due and nobody else's; a new one begins `look_back` ago."""
    now = clock()
    PollRow.insert(name=name, since=now - look_back, next_at=now).on_conflict_ignore().execute()
    free = PollRow.leased_until.is_null() | (PollRow.leased_until < now)
    due = (PollRow.name == name) & (PollRow.next_at <= now) & free
    if not PollRow.update(owner=owner, leased_until=now + lease).where(due).execute():
        return None
    row = PollRow.get_by_id(name)
    marker = marks.in_use()
    if marker is not None and marker.made(row.mark) and row.mark != _mark(marker, row):
        # What is fetched again is known; what would be skipped is nowhere.
        log.error("a poll's cursor was changed in the database, it begins anew", poll=name, since=look_back)
        row.cursor, row.since = None, now - look_back
        changed = PollRow.update(cursor=None, since=row.since, mark=_mark(marker, row))
        changed.where(PollRow.name == name).execute()
    return PollState(cursor=row.cursor, since=row.since, failures=row.failures)


def keep(
    name: str,
    owner: str,
    records: Sequence[Record],
    cursor: Cursor,
    backlog: Backlog,
    now: datetime,
    lease: timedelta,
) -> int:
    """Keep a page with the cursor past it, and the lease; returns how many records were new.

    Raises Overloaded while too much waits, and StoreUnavailable if the poll is another process's by now.
    """
    if records and not backlog.admits(name, waiting_by_source()):
        raise Overloaded(backlog.refusal(name))
    _change(name, owner, cursor=cursor, leased_until=now + lease)
    marker = marks.in_use()
    if marker is not None:
        PollRow.update(mark=_mark(marker, PollRow.get_by_id(name))).where(PollRow.name == name).execute()
    return sum(inbox.append([records]))


def _mark(marker: Marker, row: PollRow) -> str:
    return marker.of_row(PollRow, row.__data__, MARKED)


def _change(name: str, owner: str, **changes: object) -> None:
    # Its lease may have ended, and another process have claimed it since.
    ours = (PollRow.name == name) & (PollRow.owner == owner)
    if not PollRow.update(**changes).where(ours).execute():
        raise StoreUnavailable(f"polls.{name} was taken over by another process")


def succeeded(name: str, owner: str, done: PollRound, next_at: datetime, channel: str, now: datetime) -> None:
    """Record a round; queue a note where it ends a failure, and where it falls behind or catches up."""
    row = PollRow.get_by_id(name)
    if row.failing_told_at is not None:
        title = f"The poll {name} works again"
        lines = [f"It failed since {_text(row.failing_since)}."]
        notes.enqueue(channel, title=title, lines=lines, now=now)
    _change(
        name,
        owner,
        next_at=next_at,
        leased_until=None,
        failures=0,
        failing_since=None,
        failing_told_at=None,
        error=None,
        succeeded_at=now,
    )
    _report_backlog(row, done, channel, now)


def _report_backlog(row: PollRow, done: PollRound, channel: str, now: datetime) -> None:
    was_behind = row.behind_count > 0
    if not done.more and not was_behind:
        return
    count = row.behind_count + done.count
    limits = (row.behind_from, row.behind_to, done.oldest, done.newest)
    known = [moment for moment in limits if moment is not None]
    first, last = min(known, default=None), max(known, default=None)
    fetched = f"{count:,} records, from {_text(first)} to {_text(last)}."
    if not done.more:
        title = f"The poll {row.name} has caught up"
        notes.enqueue(channel, title=title, lines=[fetched], now=now)
        count, first, last = 0, None, None
    elif not was_behind:
        more = "More waits and is fetched round by round; nothing is left out."
        title = f"The poll {row.name} is behind and catches up"
        notes.enqueue(channel, title=title, lines=[fetched, more], now=now)
    changed = PollRow.update(behind_count=count, behind_from=first, behind_to=last)
    changed.where(PollRow.name == row.name).execute()


def failed(
    name: str, owner: str, error: str, next_at: datetime, tell_after: timedelta, channel: str, now: datetime
) -> None:
    """Record a failure; queue one note once it has lasted for `tell_after`."""
    row = PollRow.get_by_id(name)
    since, told_at = row.failing_since or now, row.failing_told_at
    if told_at is None and now - since >= tell_after:
        lines = [f"Since {_text(since)} nothing was fetched.", error]
        notes.enqueue(channel, title=f"The poll {name} fails", lines=lines, now=now)
        told_at = now
    _change(
        name,
        owner,
        next_at=next_at,
        leased_until=None,
        failures=row.failures + 1,
        failing_since=since,
        failing_told_at=told_at,
        error=error,
    )


def put_off(name: str, owner: str, next_at: datetime) -> None:
    """Let a poll rest without counting a failure: it is not at fault itself."""
    _change(name, owner, next_at=next_at, leased_until=None)


def expedite(name: str, now: datetime) -> None:
    """Make a poll due now; one that nobody has claimed yet is due anyway."""
    PollRow.update(next_at=now).where((PollRow.name == name) & (PollRow.next_at > now)).execute()


def _text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "a time not known"


class Polling(Role):
    """Where polls go on."""

    claim = transaction(claim)
    keep = transaction(keep)
    succeeded = transaction(succeeded)
    failed = transaction(failed)
    put_off = transaction(put_off)
    expedite = transaction(expedite)
