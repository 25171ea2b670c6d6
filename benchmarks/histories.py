"""Databases with a long past: as many events as wanted, made by SQL of one that the program opened."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.kit import expect
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread, open_database
from tests.databases import provide_database
from tests.samples import ask, event, record

MONTH = timedelta(days=29)
BOT_SHARE = 10
"""Of so many events one is the bot's."""
PENDING_SHARE = 100
"""Of so many events one still waits to be decided."""
DENIED_SHARE = 50
"""Of so many events one is denied, and still to be closed."""
LEASE = timedelta(seconds=30)
HURRY = (
    "PRAGMA journal_mode = off",
    "PRAGMA synchronous = off",
    "PRAGMA temp_store = memory",
    "PRAGMA cache_size = -400000",
)


async def make(path: Path, count: int) -> str:
    """A database with so many events in the last month, of two hundred people and a bot; returns its URL."""
    url = f"sqlite:///{path}"
    provide_database(url)
    thread, now = DatabaseThread(open_database(url)), datetime.now(UTC)
    store = Store(thread)
    await thread.run(inbox.append, [[replace(record(), received_at=now, occurred_at=now)]])
    claimed = await store.inbox.claim(1, lambda: now, LEASE)
    first = event(id="e0", fold_key="e0", received_at=now, occurred_at=now, last_occurred_at=now)
    await store.judging.apply([ask(each, first) for each in claimed], now)
    await thread.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in HURRY:
            connection.execute(pragma)
        connection.execute("BEGIN")
        _multiply(connection, count, now)
        connection.execute("UPDATE delivery SET state = 'done'")
        connection.execute("UPDATE event SET facts_due_at = NULL")
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        (made,) = connection.execute("SELECT count(*) FROM event").fetchone()
        expect(made, count, "events made")
        connection.execute("PRAGMA journal_mode = wal")
    await _count(url)
    return url


async def _count(url: str) -> None:
    """Count them, as a worker has long done with a past that came by and by."""
    thread = DatabaseThread(open_database(url))
    store = Store(thread)
    while await store.statistics.count_on():
        pass
    await thread.close()


def undone(count: int) -> int:
    """How many of so many events wait for somebody: those that are pending, and those that are denied."""
    return sum(number % PENDING_SHARE == 0 or number % DENIED_SHARE == 1 for number in range(count))


def _multiply(connection: sqlite3.Connection, count: int, now: datetime) -> None:
    at = f"({_micros(now - MONTH)} + n * {_micros(now) - _micros(now - MONTH)} / {count})"
    is_pending, is_denied = f"n % {PENDING_SHARE} = 0", f"n % {DENIED_SHARE} = 1"
    varied = {
        "id": "'e' || n",
        "fold_key": "'e' || n",
        "user_name": f"CASE WHEN n % {BOT_SHARE} = 0 THEN 'oswaldo' ELSE 'user' || (n % 200) END",
        "host_name": "'host-' || (n % 50)",
        "source_ip": "'198.51.100.' || (n % 250)",
        "subject_slack_id": f"CASE WHEN n % {BOT_SHARE} = 0 THEN NULL ELSE 'U0USER' || (n % 200) END",
        "severity": "CASE n % 7 WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'medium' END",
        "occurred_at": at,
        "received_at": at,
        "last_occurred_at": at,
        "status": f"CASE WHEN {is_pending} THEN 'pending' WHEN {is_denied} THEN 'denied' ELSE 'approved' END",
        "decided_at": f"CASE WHEN {is_pending} THEN NULL ELSE {at} + 60000000 END",
        "next_reminder_at": f"CASE WHEN {is_pending} THEN {_micros(now + MONTH)} END",
        "facts_due_at": "NULL",
    }
    _copy(connection, "event", varied, f"id = 'e0' AND n < {count}", count)
    decided = {
        "event_id": "id",
        "verdict": "CASE status WHEN 'denied' THEN 'deny' ELSE 'approve' END",
        "actor_id": "'U0USER' || (rowid % 20)",
        "actor_name": "'User'",
        "at": "decided_at",
        "via": "'button'",
        "revision": "1",
    }
    connection.execute(
        f"INSERT INTO decision ({', '.join(decided)}) SELECT {', '.join(decided.values())} FROM event "  # noqa: S608
        "WHERE decided_at IS NOT NULL"
    )
    _tell(connection, "event_opened", "'{}'", "received_at", "id != 'e0'")
    status = "json_object('status', status)"
    _tell(connection, "decided", status, "decided_at", "decided_at IS NOT NULL", "'U0USER'")


def _tell(
    connection: sqlite3.Connection, action: str, detail: str, at: str, which: str, actor: str = "NULL"
) -> None:
    """Lines of the history about events, with what the statistics read of them; they are no chain."""
    connection.execute(
        "INSERT INTO audit (at, action, event_id, actor_id, detail, previous_hash, hash) "  # noqa: S608
        f"SELECT {at}, '{action}', id, {actor}, {detail}, '', '{action} ' || id FROM event WHERE {which}"
    )
    connection.execute(
        "UPDATE audit_head SET lines = (SELECT count(*) FROM audit), "
        "hash = (SELECT hash FROM audit ORDER BY id DESC LIMIT 1)"
    )


def _copy(
    connection: sqlite3.Connection, table: str, varied: Mapping[str, str], which: str, count: int
) -> None:
    """Rows like the one that is `which`, for n from 1 on, with other values in some columns."""
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    values = [varied.get(name, name) for name in columns]
    numbers = f"SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count - 1}"  # noqa: S608
    rows = f"SELECT {', '.join(values)} FROM number, {table} WHERE {which}"  # noqa: S608
    connection.execute(
        f"WITH RECURSIVE number(n) AS ({numbers}) INSERT INTO {table} ({', '.join(columns)}) {rows}"
    )


def leave_all_pending(path: Path) -> None:
    """Nobody has decided anything, and no reminder is due."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in HURRY:
            connection.execute(pragma)
        later = _micros(datetime.now(UTC) + MONTH)
        connection.execute(f"UPDATE event SET status = 'pending', next_reminder_at = {later}")  # noqa: S608
        connection.execute("PRAGMA journal_mode = wal")


def let_be_due(path: Path, first: int, count: int) -> None:
    """The reminders of so many events are due."""
    due = _micros(datetime.now(UTC) - timedelta(minutes=1))
    ids = ", ".join(f"'e{number}'" for number in range(first, first + count))
    with closing(sqlite3.connect(path)) as connection:
        changed = connection.execute(f"UPDATE event SET next_reminder_at = {due} WHERE id IN ({ids})")  # noqa: S608
        connection.commit()
        expect(changed.rowcount, count, "events that are due")


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
