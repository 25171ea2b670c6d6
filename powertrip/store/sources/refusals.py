"""Counts refused requests by source and cause, and writes the counts together: there may be any number."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import structlog

from powertrip.domain.sources import NO_SOURCE, REFUSED
from powertrip.errors import StoreUnavailable
from powertrip.store.database import DatabaseThread
from powertrip.store.sources import counts

log = structlog.get_logger(__name__)

PAUSE = 5.0
"""Seconds between two writes."""
LAST_WRITE = 2.0
"""Seconds for the one at the end: a database that hangs must not hold up the whole process."""


class Refusals:
    """What was refused since the last write; sources and causes are few, so it stays small."""

    def __init__(self, thread: DatabaseThread, clock: Callable[[], datetime]) -> None:
        self._thread = thread
        self._clock = clock
        self._counted: Counter[tuple[str, str]] = Counter()
        self._writer: asyncio.Task[None] | None = None

    def add(self, source: str, cause: str) -> None:
        """Count one request."""
        self._counted[source or NO_SOURCE, REFUSED + cause] += 1
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_later())

    async def close(self) -> None:
        """Write what is left, if the database takes it."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        with contextlib.suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(LAST_WRITE):
                await self._write()

    async def _write_later(self) -> None:
        while self._counted:
            await asyncio.sleep(PAUSE)
            try:
                await self._write()
            except StoreUnavailable as error:
                log.warning("refused requests not counted yet", error=str(error))

    async def _write(self) -> None:
        written, self._counted = self._counted, Counter()
        try:
            await self._thread.run(counts.add, written, self._clock())
        except StoreUnavailable:
            # Also those that came meanwhile.
            self._counted += written
            raise
