"""Hears what other processes leave, by PostgreSQL's LISTEN; see `signals`. It loads the driver."""

import asyncio
from collections.abc import Callable, Mapping

import psycopg
import structlog

from powertrip.store.postgres import parameters
from powertrip.store.signals import CHANNEL, Signal

log = structlog.get_logger(__name__)

LISTEN_AGAIN = 5.0
"""Seconds until it is listened again after the connection broke."""


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
