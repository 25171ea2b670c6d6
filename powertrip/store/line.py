"""One thread with a connection of its own, which does one job after the other, until it is given up."""

import contextlib
import os
import socket
import sqlite3
import threading
import time
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

_here = threading.local()


class Lost(Exception):
    """This thread was given up: what it has begun must not be committed."""


def moved() -> None:
    """Note that this thread gets on, for whoever watches it."""
    line = getattr(_here, "line", None)
    if line is not None:
        line.moved_at = time.monotonic()


class ShowsProgress:
    """A database of peewee's that shows, statement by statement, that the thread gets on."""

    connect_limit = 0.0
    """Seconds after which it is certain that nobody answers a new connection; 0 where nobody is asked."""
    marker: Any = None
    """What makes marks on rows; see `history.marks`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.counted: dict[str, tuple[int, int]] = {}
        """What the ledger said when this connection counted last; see `history.ledger`."""
        super().__init__(*args, **options)

    def again(self) -> Any:
        """The same database, for another thread."""
        raise NotImplementedError

    def for_migrations(self) -> Any:
        """The same database with the limits that a change of its tables has."""
        return self

    def cursor(self, named_cursor: Any = None) -> Any:
        moved()
        return super().cursor(named_cursor)  # type: ignore[misc]


class Line:
    """A thread that can be given up while it hangs in the driver; what it did not commit is undone then.

    All methods but `hold`, `let_go` and `commits` belong to the thread of the event loop.
    """

    def __init__(self, opened: Any) -> None:
        """`opened` is its alone: peewee's own lock is held by whoever hangs while connecting."""
        self.database = opened
        self.moved_at = time.monotonic()
        """When it last got on."""
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._asked: dict[Future[Any], None] = {}
        """In order, so that the first is what the thread is at."""
        self._finished: list[tuple[Future[Any], object, BaseException | None]] = []
        self._thread: threading.Thread | None = None
        # Guards all below, and what is finished.
        self._lock = threading.Lock()
        self._is_lost = False
        self._is_committing = False
        self._break_off: Callable[[], None] | None = None
        self._let_go: Callable[[], None] | None = None

    @property
    def is_begun(self) -> bool:
        """Whether it has a thread."""
        return self._thread is not None

    @property
    def is_alive(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._asked)

    def ask(self, loop: AbstractEventLoop, job: Callable[[], Result]) -> Future[Result]:
        """Have a job done after all before it."""
        asked: Future[Result] = loop.create_future()
        # Also where nobody waits any more; else asyncio complains of it, in the minutes that matter.
        asked.add_done_callback(_look_at)
        if not self._asked:
            self.moved_at = time.monotonic()
        self._asked[asked] = None
        self._jobs.put(lambda: self._do(loop, asked, job))
        if self._thread is None:
            # A daemon: one that hangs must not keep the process from ending.
            self._thread = threading.Thread(target=self._run, name="database", daemon=True)
            self._thread.start()
        return asked

    def end(self) -> None:
        """End the thread after its last job."""
        self._jobs.put(None)

    def give_up(self, error: Callable[[bool], Exception]) -> None:
        """Wait no more: fail all who asked, and keep what is begun from being committed.

        `error` is told whether a commit was under way, so that nobody knows what became of it.
        """
        with self._lock:
            self._is_lost = True
            was_committing = self._is_committing
            # What ended in the last moment has been committed; what fails from here on fails because of us.
            finished, self._finished = self._finished, []
            if self._break_off is not None:
                with contextlib.suppress(Exception):
                    self._break_off()
        self._tell(finished)
        for number, asked in enumerate(self._asked):
            asked.set_exception(error(was_committing and number == 0))
        self._asked.clear()
        self.end()

    def _run(self) -> None:
        _here.line = self
        while (job := self._jobs.get()) is not None:
            job()

    def _do(self, loop: AbstractEventLoop, asked: Future[Result], job: Callable[[], Result]) -> None:
        if self._is_lost:
            return
        moved()
        result: Any = None
        failure: BaseException | None = None
        try:
            result = job()
        except BaseException as error:  # noqa: BLE001 (whatever it is, it is told to whoever asked)
            failure = error
        with self._lock:
            self._finished.append((asked, result, failure))
        # The loop may have ended since this thread was given up.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        with self._lock:
            finished, self._finished = self._finished, []
        self._tell(finished)

    def _tell(self, finished: list[tuple[Future[Any], object, BaseException | None]]) -> None:
        for asked, result, failure in finished:
            # One that was given up has been told so.
            if asked not in self._asked:
                continue
            del self._asked[asked]
            if failure is None:
                asked.set_result(result)
            else:
                asked.set_exception(failure)

    def hold(self, connection: Any) -> None:
        """Note the connection that this thread has from now on; raises Lost where it is not to be used."""
        with self._lock:
            if isinstance(connection, sqlite3.Connection):
                self._break_off = connection.interrupt
            elif hasattr(connection, "fileno"):
                # One to PostgreSQL. The number is our own: libpq may close its own, and another gets that.
                mine = socket.socket(fileno=os.dup(connection.fileno()))
                self._break_off, self._let_go = lambda: mine.shutdown(socket.SHUT_RDWR), mine.close
            if self._is_lost:
                raise Lost

    def let_go(self) -> None:
        """Forget the connection, which is closed."""
        with self._lock:
            if self._let_go is not None:
                self._let_go()
            self._break_off = self._let_go = None

    def begin_commit(self) -> None:
        """Say that the commit comes next; raises Lost where it must not."""
        moved()
        with self._lock:
            if self._is_lost:
                raise Lost
            self._is_committing = True

    def end_commit(self) -> bool:
        """Say that the commit is over, or there was none; returns whether one was under way."""
        with self._lock:
            was, self._is_committing = self._is_committing, False
            return was


def _look_at(asked: Future[Any]) -> None:
    if not asked.cancelled():
        asked.exception()
