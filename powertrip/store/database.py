"""Opens and migrates the database, and runs the steps of the store on its thread."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import peewee
import psycopg
import structlog
from playhouse.db_url import connect
from playhouse.migrations import Runner

from powertrip.errors import StoreError, StoreUnavailable
from powertrip.store.tables import database, using

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x506F776572
BUSY_TIMEOUT = 5
"""Seconds a SQLite write waits for another process's write before it is refused."""
CONNECT_TIMEOUT = 5
"""Seconds to wait for PostgreSQL to answer a new connection."""
SLOW_FAILURE = 3.0
"""Seconds from which on a failure is one that all who wait behind it share: a lock, or no answer."""

UNAVAILABLE = (
    peewee.OperationalError,
    peewee.InterfaceError,
    # What runs on the driver's own cursor is not translated by peewee.
    sqlite3.OperationalError,
    psycopg.OperationalError,
)

RACES = 5
"""How often a step is run that another transaction made impossible, before its caller is told."""

Arguments = ParamSpec("Arguments")
Item = TypeVar("Item")
Result = TypeVar("Result")


def open_database(url: str) -> peewee.Database:
    """Return the database that `url` names, not yet connected; raises StoreError for an unknown scheme."""
    if url.startswith("sqlite"):
        path = url.split("://", 1)[-1].removeprefix("/")
        return peewee.SqliteDatabase(
            path or ":memory:",
            # synchronous=FULL: what was committed, and so promised to a sender, survives a loss of power.
            pragmas={"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1},
            timeout=BUSY_TIMEOUT,
            # The write lock when a transaction begins: two that read first would deadlock when both write.
            lock_type="IMMEDIATE",
        )
    if url.startswith(("postgres://", "postgresql://")):
        opened = connect(url, unquote_password=True, unquote_user=True, connect_timeout=CONNECT_TIMEOUT)
        if not isinstance(opened, peewee.Database):
            raise StoreError("database.url does not name a database")
        return opened
    scheme = url.split(":", 1)[0]
    raise StoreError(f"database.url: {scheme}: is not known; write sqlite:///FILE or postgresql://…")


def is_postgres() -> bool:
    """Whether the open database is PostgreSQL."""
    return isinstance(database.obj, peewee.PostgresqlDatabase)


def pending_migrations(opened: peewee.Database) -> list[str]:
    """Names of the migrations not yet applied, in order."""
    return [step.name for step in Runner(opened, str(MIGRATIONS)).status() if not step.applied]


def migrate(opened: Any) -> list[str]:
    """Apply what is pending, one process at a time; returns the names applied.

    Raises StoreUnavailable where the database cannot be opened or does not answer.
    """
    try:
        with opened.connection_context():
            # The lock ends with the connection. On SQLite each migration locks out all other writers itself.
            if isinstance(opened, peewee.PostgresqlDatabase):
                opened.execute_sql("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
            return list(Runner(opened, str(MIGRATIONS)).up())
    except UNAVAILABLE as error:
        raise StoreUnavailable(f"database.url: the database cannot be used: {error}") from error


class LostRace(Exception):
    """Another transaction did the same first: the step is rolled back and run again, and then sees it."""


class Turn(IntEnum):
    """What one transaction at a time does on PostgreSQL, by the number of its lock.

    Who needs several takes them in this order: turns before rows of events, rows of events in the order of
    their ids, then all other rows, and the history last.
    """

    PAIRING = 0x50616972  # a record may make a pair with one that another transaction keeps meanwhile
    DECIDING = 0x446563  # the order of decisions' ids is the order of their commits
    REPORTING = 0x5265706F7274  # a report goes out once a window
    REMINDING = 0x52656D696E64  # the last live notice in a message decides what becomes of it
    HISTORY = 0x4175646974  # two that read one last line would fork it


def wait_for(turn: Turn) -> None:
    """Wait until no other transaction has this turn, and keep it until the commit.

    SQLite has one writer at a time anyway.
    """
    if is_postgres():
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (int(turn),))


def for_update(query: Any, *, skip_locked: bool = False) -> Any:
    """Lock the rows that a query reads until the commit, on PostgreSQL; SQLite has one writer at a time."""
    return query.for_update(skip_locked=skip_locked) if is_postgres() else query


_collected: ContextVar[dict[Callable[[list[Any]], None], list[Any]]] = ContextVar("collected")


def at_the_end(write: Callable[[list[Item]], None], item: Item) -> None:
    """Collect `item`: `write` gets all items of this transaction as its last step before the commit."""
    _collected.get().setdefault(write, []).append(item)


class DatabaseThread:
    """Runs plain store functions, one after the other, on the one thread that holds the connection."""

    def __init__(self, opened: peewee.Database) -> None:
        self.database = opened
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._failed_slowly_at = 0.0

    async def run(
        self, step: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Run `step(*args, **kwargs)` in one transaction and return what it returns, after the commit.

        Raises StoreUnavailable where a later attempt may succeed; nothing was changed then. A step
        that has begun is finished even if the caller is cancelled.
        """
        asked_at = time.monotonic()
        loop = asyncio.get_running_loop()
        begun = loop.run_in_executor(self._thread, self._in_turn, asked_at, partial(step, *args, **kwargs))
        return await asyncio.shield(begun)

    def _in_turn(self, asked_at: float, step: Callable[[], Result]) -> Result:
        # Fail all who wait behind a slow failure: otherwise each waits as long in turn, and senders give up.
        if asked_at < self._failed_slowly_at:
            raise StoreUnavailable("the database could not do anything while this waited for its turn")
        began_at = time.monotonic()
        try:
            return self._transact(step)
        except StoreUnavailable:
            if time.monotonic() - began_at >= SLOW_FAILURE:
                self._failed_slowly_at = time.monotonic()
            raise

    def _transact(self, step: Callable[[], Result]) -> Result:
        for _ in range(RACES):
            collected: dict[Callable[[list[Any]], None], list[Any]] = {}
            token = _collected.set(collected)
            try:
                self.database.connect(reuse_if_open=True)
                with using(self.database), database.atomic():
                    result = step()
                    for write, items in collected.items():
                        write(items)
            except LostRace as race:
                log.info("step lost a race, repeating", reason=str(race))
            except UNAVAILABLE as error:
                if isinstance(error.__context__, psycopg.errors.DeadlockDetected):
                    log.warning("step was in a deadlock, repeating", error=str(error))
                    continue
                # A broken connection stays broken; the next step gets a new one.
                self.database.close()
                raise StoreUnavailable(f"the database cannot do this now: {error}") from error
            else:
                return result
            finally:
                _collected.reset(token)
        raise StoreUnavailable(f"other processes were faster {RACES} times; it is tried again later")

    async def close(self) -> None:
        """Finish what has begun and close the connection."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self.database.close)
        self._thread.shutdown()


class Role:
    """Steps on the database that belong together, as methods. All may raise StoreUnavailable."""

    def __init__(self, database: DatabaseThread) -> None:
        self.database = database


def transaction(
    step: Callable[Arguments, Result],
) -> Callable[Concatenate[Role, Arguments], Coroutine[Any, Any, Result]]:
    """Make a method of a role that runs `step` on the database thread, in a transaction of its own."""

    async def run(self: Role, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return await self.database.run(step, *args, **kwargs)

    return run
