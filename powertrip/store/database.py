"""Opens the database, and runs the steps of the store on its thread."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from zlib import crc32

import peewee
import structlog

from powertrip.errors import PowertripError, StoreError, StoreUnavailable, StoreUncertain
from powertrip.store.database_in_use import database, using
from powertrip.store.drivers import driver_errors, is_postgres_url
from powertrip.store.faults import is_away, is_deadlock, named
from powertrip.store.history.marks import marker_of
from powertrip.store.line import Line, Lost
from powertrip.store.lines import PATIENCE, Lines
from powertrip.store.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from powertrip.store.postgres import Postgres

log = structlog.get_logger(__name__)

HURRIED_PATIENCE = 6.0
"""Seconds instead of PATIENCE while the process ends, which should take less than 10 whatever the database
does; more than SQLite waits for another's write."""
CLOSE_LIMIT = 2.0
"""Seconds that the end waits for the database; all else is written down by then."""
SLOW_FAILURE = 3.0
"""Seconds from which on a failure is one that all who wait behind it share: a lock, or no answer."""

KEYS_AT_MOST = 512
"""Turns that one transaction takes by themselves: PostgreSQL has room for some thousand locks in all."""
RACES = 5
"""How often a step is run that another transaction made impossible, before its caller is told."""

Arguments = ParamSpec("Arguments")
Item = TypeVar("Item")
Result = TypeVar("Result")


def open_database(url: str, key: "Ed25519PrivateKey | None" = None) -> peewee.Database:
    """Return the database that `url` names, not yet connected; raises StoreError for an unknown scheme.

    `key` is what signs checkpoints, if anything does; rows bear marks then.
    """
    opened = _of_scheme(url)
    opened.marker = marker_of(key)
    return opened


def _of_scheme(url: str) -> "SqliteDatabase | Postgres":
    if url.startswith("sqlite"):
        path = url.split("://", 1)[-1].removeprefix("/")
        return SqliteDatabase(path or ":memory:")
    if is_postgres_url(url):
        from powertrip.store.postgres import Postgres  # noqa: PLC0415 (it loads the driver)

        return Postgres(url)
    scheme = url.split(":", 1)[0]
    raise StoreError(f"database.url: {scheme}: is not known; write sqlite:///FILE or postgresql://…")


def is_postgres() -> bool:
    """Whether the open database is PostgreSQL."""
    return isinstance(database.obj, peewee.PostgresqlDatabase)


def _is_broken(opened: Any) -> bool:
    """Whether the connection to PostgreSQL ended, so that an answer may have been lost."""
    return not isinstance(opened, peewee.SqliteDatabase) and bool(
        opened.is_closed() or opened.connection().closed
    )


class LostRace(Exception):
    """Another transaction did the same first: the step is rolled back and run again, and then sees it."""


class Turn(IntEnum):
    """What one transaction at a time does on PostgreSQL, by the number of its lock.

    Who needs several takes them in this order: turns before rows of events, rows of events in the order of
    their ids, then all other rows, and the history last.
    """

    TAKING = 0x54616B65  # of two that take lanes each has others; nobody waits for it
    PAIRING = 0x50616972  # a record may make a pair with one that another transaction keeps meanwhile
    PROVING = 0x50726F76  # guesses of one person at the same moment count as guesses in a row
    DECIDING = 0x446563  # the order of decisions' ids is the order of their commits
    CONTAINING = 0x436F6E7461696E  # how many were done at one reviewer's word counts those of all events
    REPORTING = 0x5265706F7274  # a report goes out once a window
    REMINDING = 0x52656D696E64  # the last live notice in a message decides what becomes of it
    HISTORY = 0x4175646974  # two that read one last line would fork it


def wait_for(turn: Turn) -> None:
    """Wait until no other transaction has this turn, and keep it until the commit.

    SQLite has one writer at a time anyway.
    """
    if is_postgres():
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (int(turn),))


def wait_for_each(turn: Turn, keys: Iterable[str]) -> None:
    """As `wait_for`, with a turn for each key by itself; belongs before any other turn.

    Who has waited for the turn as a whole has all of them, also where that is the release before this one.
    """
    numbers = sorted({_number(key) for key in keys})
    if not numbers or not is_postgres():
        return
    if len(numbers) > KEYS_AT_MOST:
        wait_for(turn)
        return
    database.execute_sql("SELECT pg_advisory_xact_lock_shared(%s)", (int(turn),))
    # In one order, so that two which need the same never wait for each other.
    locked = "SELECT pg_advisory_xact_lock(%s, number) FROM unnest(%s::int[]) AS number"
    database.execute_sql(locked, (int(turn), numbers))


def try_for(turn: Turn, key: str) -> bool:
    """Take the turn for a key until the commit, unless another transaction has it; never waits."""
    if not is_postgres():
        return True
    taken = "SELECT pg_try_advisory_xact_lock(%s, %s)"
    return bool(database.execute_sql(taken, (int(turn), _number(key))).fetchone()[0])


def _number(key: str) -> int:
    return crc32(key.encode()) - 2**31


def run_written(statement: str, values: Iterable[Any]) -> Any:
    """Run a statement that is written out, for where it is run so often that building it would cost too much.

    Its values stand as `?`, and it holds no other question mark. Returns the cursor.
    """
    return database.execute_sql(statement.replace("?", "%s") if is_postgres() else statement, tuple(values))


def for_update(query: Any, *, skip_locked: bool = False) -> Any:
    """Lock the rows that a query reads until the commit, on PostgreSQL; SQLite has one writer at a time."""
    return query.for_update(skip_locked=skip_locked) if is_postgres() else query


_collected: ContextVar[dict[Callable[[list[Any]], None], list[Any]]] = ContextVar("collected")


def at_the_end(write: Callable[[list[Item]], None], item: Item) -> None:
    """Collect `item`: `write` gets all items of this transaction as its last step before the commit."""
    _collected.get().setdefault(write, []).append(item)


class DatabaseThread:
    """Runs plain store functions, one after the other, on the one thread that holds the connection.

    A thread that hangs in the driver is given up and replaced. What it had begun is not committed later, but
    for a commit that was under way (StoreUncertain).
    """

    def __init__(self, opened: peewee.Database, *, patience: float = PATIENCE) -> None:
        """`patience`: seconds after which a thread that does not get on is given up."""
        self.database = opened
        self._lines = Lines(opened, patience)
        self._failed_slowly_at = 0.0
        self._fault: str | None = None

    async def run(
        self, step: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Run `step(*args, **kwargs)` in one transaction and return what it returns, after the commit.

        Raises StoreUnavailable where a later attempt may succeed; nothing was changed then, unless it is
        StoreUncertain. A step that has begun is finished even if the caller is cancelled.
        """
        asked_at, whole = time.monotonic(), partial(step, *args, **kwargs)
        begun = self._lines.ask(lambda line: self._in_turn(line, asked_at, whole))
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            begun.add_done_callback(_tell_of_failure)
            raise

    def _in_turn(self, line: Line, asked_at: float, step: Callable[[], Result]) -> Result:
        # Fail all who wait behind a slow failure: otherwise each waits as long in turn, and senders give up.
        if asked_at < self._failed_slowly_at:
            raise StoreUnavailable("the database could not do anything while this waited for its turn")
        began_at = time.monotonic()
        try:
            return self._transact(line, step)
        except StoreUnavailable:
            if time.monotonic() - began_at >= SLOW_FAILURE:
                self._failed_slowly_at = time.monotonic()
                self._lines.hung()
            raise

    def _transact(self, line: Line, step: Callable[[], Result]) -> Result:
        for _ in range(RACES):
            collected: dict[Callable[[list[Any]], None], list[Any]] = {}
            token = _collected.set(collected)
            try:
                if line.database.connect(reuse_if_open=True):
                    line.hold(line.database.connection())
                with using(line.database), database.atomic():
                    result = step()
                    for write, items in collected.items():
                        write(items)
                    line.begin_commit()
            except LostRace as race:
                log.info("step lost a race, repeating", reason=str(race))
            except Lost as error:
                self._disconnect(line)
                raise StoreUnavailable("its thread was given up before the commit") from error
            except driver_errors() as error:
                if is_deadlock(error):
                    log.warning("step was in a deadlock, repeating", error=str(error))
                elif is_away(error):
                    raise self._failure(line, error) from error
                else:
                    raise
            else:
                self._note_fault(None)
                return result
            finally:
                line.end_commit()
                _collected.reset(token)
        raise StoreUnavailable(f"other processes were faster {RACES} times; it is tried again later")

    def _failure(self, line: Line, error: Exception) -> StoreUnavailable:
        is_uncertain = line.end_commit() and _is_broken(line.database)
        # A broken connection stays broken; the next step gets a new one.
        self._disconnect(line)
        fault = named(error)
        self._note_fault(fault)
        problem = f"the database cannot do this now: {fault}"
        return StoreUncertain(problem) if is_uncertain else StoreUnavailable(problem)

    def _note_fault(self, fault: str | None) -> None:
        if fault == self._fault:
            return
        self._fault = fault
        if fault is None:
            log.info("the database works again")
        else:
            log.error("the database cannot be used", fault=fault)

    def _disconnect(self, line: Line) -> None:
        try:
            line.database.close()
        finally:
            line.let_go()

    def hurry(self) -> None:
        """The process ends: wait no longer for a database that hangs than is left."""
        self._lines.hurry(HURRIED_PATIENCE)

    async def close(self) -> None:
        """Finish what has begun and close the connection."""
        await self._lines.end(self._disconnect, CLOSE_LIMIT)


def _tell_of_failure(begun: asyncio.Future[Any]) -> None:
    """Log a mistake of ours in a step whose caller has gone; what is the database's is logged anyway."""
    error = begun.exception()
    if error is not None and not isinstance(error, PowertripError):
        log.error("a step broke after its caller had gone", exc_info=error)


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
