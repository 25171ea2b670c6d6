"""How Powertrip opens a file of SQLite."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import peewee

from powertrip.store.line import ShowsProgress

BUSY_TIMEOUT = 5
"""Seconds a write waits for another process's write before it is refused."""


class SqliteDatabase(ShowsProgress, peewee.SqliteDatabase):
    """SQLite, opened by `DatabaseThread` or for a command; migrations know it by its name."""

    def __init__(self, path: str) -> None:
        super().__init__(
            path,
            # synchronous=FULL: what was committed, and so promised to a sender, survives a loss of power.
            pragmas={"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1},
            timeout=BUSY_TIMEOUT,
            # The write lock when a transaction begins: two that read first would deadlock when both write.
            lock_type="IMMEDIATE",
        )

    def _connect(self) -> Any:
        try:
            return super()._connect()  # type: ignore[misc]
        except UnicodeDecodeError as error:
            # What SQLite says of damaged pages quotes them.
            raise peewee.DatabaseError("the file is damaged: what should be text in it is none") from error

    def again(self) -> "SqliteDatabase":
        """The same database, for another thread."""
        another = SqliteDatabase(self.database)
        another.marker = self.marker
        return another


def immutable_uri(file: Path) -> str:
    """Opens a file of SQLite so that not even a lock is written; what stands in its WAL is not seen."""
    return f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"


def damage_of(file: Path) -> str | None:
    """What is wrong with the beginning of a file that this process may have open.

    Only SQLite may open it here: a plain `close` of any file descriptor drops all locks of the process, see
    https://www.sqlite.org/howtocorrupt.html section 2.2.
    """
    try:
        with closing(sqlite3.connect(immutable_uri(file), uri=True)) as opened:
            opened.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        return str(error)
    return None
