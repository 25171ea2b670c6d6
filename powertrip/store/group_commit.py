"""Group commit: whatever waits is written in one transaction, and all who waited are answered."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from powertrip.errors import Overloaded, StoreUnavailable
from powertrip.event import Record
from powertrip.store import inbox, quarantine
from powertrip.store.database import DatabaseThread

log = structlog.get_logger(__name__)


class GroupCommitInbox:
    """The ingest endpoint's way into the database."""

    def __init__(
        self, thread: DatabaseThread, *, backlog_limit: int, retry_after: int, on_new: Callable[[], None]
    ) -> None:
        """`backlog_limit` in records, `retry_after` in seconds; `on_new` is called after a commit."""
        self._thread = thread
        self._backlog_limit = backlog_limit
        self._retry_after = retry_after
        self._on_new = on_new
        self._waiting: list[tuple[Sequence[Record], asyncio.Future[int]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, records: Sequence[Record]) -> int:
        """Keep the records and return, after the commit, how many of them were new.

        Raises StoreUnavailable or Overloaded; none of the records was kept then.
        """
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((records, answer))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return await answer

    async def quarantine_body(self, source: str, body: bytes, reason: str, received_at: datetime) -> None:
        """Keep a body that no retry can save; raises StoreUnavailable."""
        await self._thread.run(quarantine.add_body, source, body, reason, received_at)

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await self._write(batch)

    async def _write(self, batch: list[tuple[Sequence[Record], asyncio.Future[int]]]) -> None:
        try:
            answers = await self._thread.run(self._append, [records for records, _ in batch])
        except (StoreUnavailable, Overloaded) as error:
            _fail_all(batch, error)
            return
        except Exception as error:  # whatever it was, everybody who waits is told
            log.exception("records could not be kept", requests=len(batch))
            await self._isolate(batch, error)
            return
        for (_, answer), new in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(new)
        self._on_new()

    async def _isolate(
        self, batch: list[tuple[Sequence[Record], asyncio.Future[int]]], error: Exception
    ) -> None:
        """One request that the database cannot take must not keep out those it shared a commit with."""
        if len(batch) == 1:
            _fail_all(batch, StoreUnavailable(f"these records could not be kept: {type(error).__name__}"))
            return
        for waiting in batch:
            await self._write([waiting])

    def _append(self, batches: list[Sequence[Record]]) -> list[int]:
        if inbox.backlog(self._backlog_limit) >= self._backlog_limit:
            raise Overloaded(
                f"more than {self._backlog_limit} records wait to be judged", retry_after=self._retry_after
            )
        return inbox.append(batches)


def _fail_all(batch: list[tuple[Sequence[Record], asyncio.Future[int]]], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
