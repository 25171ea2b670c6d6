"""Wakes the workers of other processes by PostgreSQL's LISTEN and NOTIFY.

A notification belongs to the transaction that leaves the work, and arrives after its commit. It may be lost
with a connection, and a pooler may swallow it: the loops look by themselves every few seconds all the same.
"""

from enum import StrEnum

from powertrip.store.database import is_postgres
from powertrip.store.database_in_use import database

CHANNEL = "powertrip"


class Signal(StrEnum):
    """What somebody left work for; sent as it is."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    LOOKUPS = "lookups"
    HEARTBEAT = "heartbeat"
    PROOFS = "proofs"


def notify(signal: Signal) -> None:
    """Wake who waits for it, in all processes, once this transaction is committed."""
    # SQLite has no such thing. PostgreSQL sends what is said twice in one transaction once.
    if is_postgres():
        database.execute_sql("SELECT pg_notify(%s, %s)", (CHANNEL, signal))
