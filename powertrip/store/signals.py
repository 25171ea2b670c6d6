"""Wakes the workers of other processes by PostgreSQL's LISTEN and NOTIFY.

A notification belongs to the transaction that leaves the work, and arrives after its commit. It may be lost
with a connection, and a pooler may swallow it: the loops look by themselves every few seconds all the same.
"""

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum

import psycopg
import structlog

from powertrip.store.database import is_postgres
from powertrip.store.database_in_use import database
from powertrip.store.postgres import parameters

log = structlog.get_logger(__name__)

CHANNEL = "powertrip"
LISTEN_AGAIN = 5.0
"""Seconds until it is listened again after the connection broke."""


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


class Listener:
    """Hears what other processes leave, on a connection of its own, until it is stopped."""

    def __init__(self, url: str, wake: Mapping[Signal, Callable[[], None]]) -> None:
        self._parameters = parameters(url)
        self._wake = wake
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="listen")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("not listening to other processes, looking by itself", error=str(error))
            except Exception:  # without it only the ticks are left, which is slow but safe
                log.exception("listening to other processes broke")
            await asyncio.sleep(LISTEN_AGAIN)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            log.info("listening to other processes")
            # Whatever was said before nobody heard.
            for wake in self._wake.values():
                wake()
            async for heard in connection.notifies():
                # A later release may say what this one does not know.
                if heard.payload in self._wake:
                    self._wake[Signal(heard.payload)]()
