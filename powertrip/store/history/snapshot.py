"""All rows as they were at one moment, read one at a time while others write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import peewee

PAGE = 2000
"""Rows that PostgreSQL hands over at once."""

Row = tuple[Any, ...]


class Snapshot:
    """A transaction that only reads; its memory does not grow with what it reads."""

    def __init__(self, opened: Any) -> None:
        self.is_postgres = isinstance(opened, peewee.PostgresqlDatabase)
        self._connection = opened.connection()
        self._cursors = 0

    def rows(self, statement: str, *values: Any) -> Iterator[Row]:
        """Rows as the database holds them; `?` stands for a value, on both databases."""
        if self.is_postgres:
            return self._pages(statement, values)
        # Not handed on one by one: that would take a quarter as long again as reading them.
        rows: Iterator[Row] = self._connection.execute(statement, values)
        return rows

    def _pages(self, statement: str, values: tuple[Any, ...]) -> Iterator[Row]:
        self._cursors += 1
        with self._connection.cursor(name=f"history_{self._cursors}") as cursor:
            cursor.itersize = PAGE
            cursor.execute(statement.replace("?", "%s"), values)
            yield from cursor

    def first(self, statement: str, *values: Any) -> Row | None:
        """The first row, if there is any."""
        cursor = self._connection.cursor()
        cursor.execute(statement.replace("?", "%s") if self.is_postgres else statement, values)
        row: Row | None = cursor.fetchone()
        cursor.close()
        return row

    def by_event(self, column: str) -> str:
        """What orders rows by an event's id as Python does, whatever the language of the database is."""
        return f'{column} COLLATE "C"' if self.is_postgres else column


@contextmanager
def snapshot(opened: Any) -> Iterator[Snapshot]:
    """Read `opened` as it is now, whatever is written meanwhile; within a transaction, as that sees it."""
    if opened.in_transaction():
        yield Snapshot(opened)
        return
    connection = opened.connection()
    if isinstance(opened, peewee.PostgresqlDatabase):
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # Reading all of a large history takes longer than any step may.
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    else:
        # Deferred, so that it takes no lock that a writer waits for.
        connection.execute("BEGIN DEFERRED")
    try:
        yield Snapshot(opened)
    finally:
        connection.execute("ROLLBACK")
