"""What is wrong with the database, by what its driver says, in words that name the remedy."""

import sqlite3
from collections.abc import Iterator

import peewee

from powertrip.store.drivers import driver_errors, is_operational_on_postgres

_LOCKED = "another process keeps the file locked; end what holds it (lsof names it)"
_DAMAGED = "stop Powertrip, keep the file for analysis, and put a backup in its place"
# https://www.sqlite.org/rescode.html; without the upper bits, which tell where in SQLite it came up.
_SQLITE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_READONLY: (
        "the file, its folder or the file system is read-only; let Powertrip's user write there"
    ),
    sqlite3.SQLITE_PERM: "this user may not use the file; let Powertrip's user write it",
    sqlite3.SQLITE_CORRUPT: f"the file is damaged; {_DAMAGED}",
    sqlite3.SQLITE_NOTADB: f"the file is no database of SQLite, or damaged; {_DAMAGED}",
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened; its folder has to exist, and Powertrip's user has to be able to write "
        "there, which a read-only file system forbids"
    ),
    sqlite3.SQLITE_IOERR: "the disk fails, or is full; the log of the system tells",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
    sqlite3.SQLITE_INTERRUPT: "it took too long and was given up",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {
    "25006": "PostgreSQL takes no writes: this is a standby, or it was made read-only",
    "25P03": "Powertrip stood still inside a transaction, and PostgreSQL ended it",
    "28000": "PostgreSQL refuses the user; check database.url and pg_hba.conf",
    "28P01": "PostgreSQL refuses the password; check database.url",
    "3D000": "there is no such database; create it, or check database.url",
    "42501": "the user lacks a right; grant it, as docs/operations.md tells",
    "53100": "PostgreSQL's disk is full; free some space",
    "53200": "PostgreSQL has no memory left",
    "53300": "PostgreSQL has no connection left; raise max_connections, or end others",
    "55P03": "another transaction held for too long what this one needs",
    "57014": "one statement took too long and was given up",
    "57P01": "PostgreSQL ended the connection, as when it is stopped",
    "57P02": "PostgreSQL ended the connection, for another one crashed",
    "57P03": "PostgreSQL is starting or stopping",
    "XX001": "PostgreSQL found its data damaged; put back a backup",
    "XX002": "PostgreSQL found an index damaged; REINDEX, and check its disk",
}
_FULL_IN_DISGUISE = sqlite3.SQLITE_IOERR_SHMSIZE
"""The file that SQLite shares between processes found no room; it says only that the disk failed."""
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DEADLOCK = "40P01"
_NO_LOCK = "55P03"
_AWAY = ("25006", "25P03", "53100", _NO_LOCK, "57014", "XX001", "XX002")
_NO_TLS = "server does not support SSL"


def is_away(error: BaseException) -> bool:
    """Whether the database is at fault, so that a later attempt may succeed, and not what was asked of it."""
    if isinstance(error, peewee.OperationalError | peewee.InterfaceError):
        return True
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error):
        return isinstance(cause, sqlite3.OperationalError) or _code(cause) in _DAMAGE
    return is_operational_on_postgres(cause) or _state(cause) in _AWAY


def named(error: BaseException) -> str:
    """What is wrong, and what the driver said, in one line."""
    cause = _cause(error)
    said = " ".join(str(cause).split())
    name = _SQLITE.get(_code(cause)) or _POSTGRES.get(_state(cause))
    if _NO_TLS in said:
        name = "TLS is required beyond this machine; turn it on in PostgreSQL, or write sslmode=disable"
    return f"{name} ({said})" if name else said


def is_deadlock(error: BaseException) -> bool:
    """Whether two transactions waited for each other, and this one was the victim."""
    return _state(_cause(error)) == _DEADLOCK


def is_in_the_way(error: Exception) -> bool:
    """Whether others held what a migration needs, and may not a moment later."""
    return _state(_cause(error)) in (_DEADLOCK, _NO_LOCK)


def _cause(error: BaseException) -> BaseException:
    """The driver's first error: rolling back fails too, and then hides why it was tried."""
    return [item for item in _chain(error) if isinstance(item, driver_errors())][-1]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _code(error: BaseException) -> int:
    code = int(getattr(error, "sqlite_errorcode", -1))
    return sqlite3.SQLITE_FULL if code == _FULL_IN_DISGUISE else code & 0xFF


def _state(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", None) or "")
