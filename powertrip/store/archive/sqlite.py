"""A backup of a SQLite database that is in use, and its restoration."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import peewee

from powertrip.errors import StoreError
from powertrip.store.archive import state
from powertrip.store.archive.state import Held, Lost
from powertrip.store.database import open_database
from powertrip.store.migrating import migrate
from powertrip.store.sqlite import immutable_uri

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

WAIT = 5.0
"""Seconds to wait for another process's write."""
NAMED = 10
"""Decisions that are named one by one."""


def take(file: Path, target: Path) -> Held:
    """Write the database in `file` to a new file, as it was at one moment, while others use it.

    The new file is readable by its owner alone, on the disk, and checked. Raises StoreError.
    """
    if not file.exists():
        raise StoreError(f"there is no database at {file}")
    with _new_file(target) as partial_file:
        try:
            # One step, which is one moment; readers and writers go on meanwhile (WAL).
            with (
                closing(
                    sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=WAIT)
                ) as source,
                closing(sqlite3.connect(partial_file)) as copy,
            ):
                source.backup(copy)
                # A file of its own, which needs no second one beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise StoreError(f"{file} cannot be read: {error}") from error
        return inspect(partial_file)


def inspect(file: Path) -> Held:
    """What a backup holds; raises StoreError for one that cannot be restored. Changes nothing."""
    opened = _unchanged(file)
    try:
        _refuse_damaged(opened)
        state.refuse_unknown(opened)
        return state.whole(opened)
    except (peewee.DatabaseError, StoreError) as error:
        raise StoreError(f"{file} is no backup that can be restored: {error}") from error


def _refuse_damaged(opened: peewee.Database) -> None:
    with opened.connection_context():
        (answer,) = opened.execute_sql("PRAGMA integrity_check(1)").fetchone()
    if answer != "ok":
        raise StoreError(f"it is damaged: {answer}")


def put_back(
    backup: Path, file: Path, *, replace: bool, now: datetime, key: "Ed25519PrivateKey | None" = None
) -> tuple[Held, Path | None]:
    """Make `file` the database that `backup` holds; returns what that is, and where today's was put aside.

    `key` is what signs checkpoints. Raises StoreError where a process uses the database, and, unless told to
    `replace` it, where it has what the backup has not.
    """
    held = inspect(backup)
    with _alone(file):
        gone = _compare(file, held) if file.exists() else None
        decided = gone.decided if gone else ()
        if file.exists() and not replace and (gone is None or gone):
            raise StoreError(f"{_told(file, gone)}. Add --replace to do it, and keep today's beside it")
        with _new_file(file, replaces=True) as partial_file:
            shutil.copyfile(backup, partial_file)
            _give_to_owner_of(file if file.exists() else file.parent, partial_file)
            opened = open_database(f"sqlite:///{partial_file.absolute()}", key)
            migrate(opened)
            state.mark_restored(opened, held, [event_id for event_id, _, _ in decided], now)
            state.whole(_unchanged(_as_one_file(partial_file)))
            aside = _aside(file, now)
    return held, aside


def _compare(file: Path, held: Held) -> Lost | None:
    """What `file` has beyond the backup; None where that cannot be told."""
    with suppress(peewee.DatabaseError, StoreError):
        opened = _unchanged(file)
        state.refuse_unknown(opened)
        return state.lost(opened, held)
    return None


def _told(file: Path, gone: Lost | None) -> str:
    if gone is None:
        return (
            f"{file} is no later state of what the backup holds, or cannot be read; all in it would be lost"
        )
    actions = ", ".join(f"{count} {action}" for action, count in sorted(gone.actions.items()))
    named = [f"{event} {verdict} by {actor}" for event, verdict, actor in gone.decided[:NAMED]]
    more = len(gone.decided) - len(named)
    decided = f"; decided since: {', '.join(named)}{f' and {more} more' if more > 0 else ''}" if named else ""
    return (
        f"{file} is newer than the backup: {gone.records} records and these lines of history would be lost: "
        f"{actions or 'none'}{decided}"
    )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Nobody else uses the database until the end of the block; raises StoreError where somebody does."""
    in_use = StoreError(f"{file} is in use; stop every process of Powertrip first")
    if not file.exists():
        yield
        return
    worker = os.open(f"{file}.worker", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(worker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Leaving WAL needs a database that nobody else has open, and puts what its log holds into it.
        with closing(sqlite3.connect(file, timeout=WAIT, isolation_level=None)) as connection:
            with suppress(sqlite3.DatabaseError):
                _leave_wal(connection, in_use)
            yield
    except BlockingIOError:
        raise in_use from None
    finally:
        os.close(worker)


def _leave_wal(connection: sqlite3.Connection, in_use: StoreError) -> None:
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise in_use from error
        raise


@contextmanager
def _new_file(target: Path, *, replaces: bool = False) -> Iterator[Path]:
    """A file beside `target` that takes its place once the block has filled it, whole and on the disk."""
    if target.exists() and not replaces:
        raise StoreError(f"{target} exists already; name a new file")
    beside = target.with_name(f"{target.name}.partial")
    try:
        beside.unlink(missing_ok=True)
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield beside
        _to_disk(beside)
        # A link fails where somebody made the file meanwhile; only a restoration replaces one.
        (partial(os.replace, beside, target) if replaces else partial(os.link, beside, target))()
        _to_disk(target.parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        for leftover in ("", "-wal", "-shm", "-journal"):
            Path(f"{beside}{leftover}").unlink(missing_ok=True)


def _give_to_owner_of(known: Path, made: Path) -> None:
    # Root restores what another user runs on.
    if os.geteuid() == 0:
        os.chown(made, known.stat().st_uid, known.stat().st_gid)


def _as_one_file(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    return file


def _aside(file: Path, now: datetime) -> Path | None:
    """Keep today's database under another name too, until the restored one takes its place."""
    if not file.exists():
        return None
    kept = file.with_name(f"{file.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
    os.link(file, kept)
    # What a damaged database left beside it would be taken for the restored one's.
    for part in ("-wal", "-shm"):
        if Path(f"{file}{part}").exists():
            os.replace(f"{file}{part}", f"{kept}{part}")
    return kept


def _unchanged(file: Path) -> peewee.SqliteDatabase:
    """The database in a file that nobody writes to, opened so that not even a lock is written."""
    return peewee.SqliteDatabase(immutable_uri(file), uri=True)


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
