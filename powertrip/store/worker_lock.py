"""Frees at once what a killed worker held, when the next one starts alone on SQLite.

Every worker holds a shared lock on a file beside the database; the system lets go of it when the process
ends, however it ends. A worker that gets the lock for itself alone knows that every lease is a dead one's.
On PostgreSQL, whose workers run on several machines, leases run out by themselves.
"""

import fcntl
import os
from datetime import datetime, timedelta

import peewee
import structlog

from powertrip.domain.delivery import DeliveryKind
from powertrip.store import lanes
from powertrip.store.tables import DeliveryRow, DeliveryState, InboxRow

log = structlog.get_logger(__name__)

SETTLED = timedelta(seconds=5)
"""How long Slack may still be at work on a post of a process that died."""
_HARMLESS_TWICE = (DeliveryKind.UPDATE, DeliveryKind.REMOVE, DeliveryKind.SETTLE)


class WorkerLock:
    """Held by a worker from its start to its end; does nothing without a file of a database."""

    def __init__(self, opened: peewee.Database) -> None:
        is_file = isinstance(opened, peewee.SqliteDatabase) and opened.database != ":memory:"
        self._path = f"{opened.database}.worker" if is_file else None
        self._file: int | None = None

    def acquire(self, now: datetime) -> None:
        """Hold the lock; where no other worker does, free what the dead had claimed.

        Call it inside a transaction, before the first claim: a claim of a second worker waits for it.
        """
        if self._path is None or self._file is not None:
            return
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("another worker is at work on this database")
        else:
            _free_all(now)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _free_all(now: datetime) -> None:
    # A record is judged once however often it is claimed, so it need not wait.
    held = InboxRow.judged_at.is_null() & InboxRow.leased_until.is_null(False)
    records = InboxRow.update(leased_until=None).where(held).execute()
    waiting = DeliveryRow.state == DeliveryState.WAITING
    harmless = waiting & DeliveryRow.leased_until.is_null(False) & DeliveryRow.kind.in_(_HARMLESS_TWICE)
    deliveries = DeliveryRow.update(leased_until=None).where(harmless).execute()
    lanes.free_all()
    # A post may still be on its way to Slack: sooner, the next attempt would not find it and post again.
    posts = waiting & (DeliveryRow.leased_until > now + SETTLED)
    deliveries += DeliveryRow.update(leased_until=now + SETTLED).where(posts).execute()
    if records or deliveries:
        log.info("took over from a process that ended early", records=records, deliveries=deliveries)
