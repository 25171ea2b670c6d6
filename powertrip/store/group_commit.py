"""Group commit: whatever waits is written in one transaction, and all who waited are answered."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import inf
from time import monotonic
from typing import TypeAlias

import structlog

from powertrip.domain.backlog import Backlog
from powertrip.domain.record import Gap, Record
from powertrip.errors import Overloaded, StoreUnavailable
from powertrip.store import gaps as left_out
from powertrip.store import inbox, quarantine
from powertrip.store.database import DatabaseThread
from powertrip.store.turns import waiting_by_source

log = structlog.get_logger(__name__)

ANSWER_LIMIT = 8.0
"""Seconds that a sender waits for the database before it is told to come back; none gives up before ten."""
UNCOMMITTED = 20_000
"""Records that wait for a commit, from which on no other request's are held beside them: about 30 MiB."""
LINGERS = 0.02
"""Seconds that a commit may wait while requests come in at every turn of the loop."""
_COUNT_EVERY = 1.0
"""Seconds; counting 100,000 records takes 10 ms."""

Waiting: TypeAlias = tuple[Sequence[Record], Sequence[Gap], asyncio.Future[int]]
"""What one request brought, and who waits for it to be kept."""


class GroupCommitInbox:
    """The ingest endpoint's way into the database."""

    def __init__(
        self,
        thread: DatabaseThread,
        *,
        backlog: Callable[[], Backlog],
        retry_after: Callable[[], int],
        on_new: Callable[[], None],
        answer_limit: float = ANSWER_LIMIT,
    ) -> None:
        """`retry_after` in seconds; `on_new` is called after a commit."""
        self._thread = thread
        self._backlog = backlog
        self._retry_after = retry_after
        self._on_new = on_new
        self._answer_limit = answer_limit
        self._waiting: list[Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._uncommitted = 0
        self._counted: Counter[str] = Counter()
        """Records of each source that wait to be judged: those at the last count, and those kept since."""
        self._counted_at = -inf

    async def put(self, records: Sequence[Record], gaps: Sequence[Gap] = ()) -> int:
        """Keep records and gaps and return, after the commit, how many of the records were new.

        Raises StoreUnavailable or Overloaded. Mostly nothing of it was kept then; where the database hung,
        it may be kept later, and what is sent again is dropped by its id.
        """
        if self._uncommitted and self._uncommitted + len(records) > UNCOMMITTED:
            raise self._overloaded("the database takes records more slowly than they come")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int] = loop.create_future()
        self._waiting.append((records, gaps, answer))
        self._uncommitted += len(records)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        patience = loop.call_later(self._answer_limit, self._give_up, answer)
        try:
            # Who hangs up may never send it again: then this is cancelled, and it is kept all the same.
            return await answer
        finally:
            patience.cancel()
            self._uncommitted -= len(records)

    def _give_up(self, answer: asyncio.Future[int]) -> None:
        if not answer.done():
            answer.set_exception(self._too_slow())

    async def quarantine_body(
        self,
        source: str,
        body: bytes,
        reason: str,
        received_at: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a body that no retry can save; raises StoreUnavailable."""
        try:
            async with asyncio.timeout(self._answer_limit):
                await self._thread.run(quarantine.add_body, source, body, reason, received_at, headers)
        except TimeoutError as error:
            raise self._too_slow() from error

    def _too_slow(self) -> StoreUnavailable:
        return StoreUnavailable(f"the database did not answer within {self._answer_limit:g} s")

    async def _write_all(self) -> None:
        while self._waiting:
            await self._until_no_more_come()
            batch, self._waiting = self._waiting, []
            # Whoever was told to come back sends it again; while the database hangs, it would only pile up.
            if batch := [waiting for waiting in batch if not _was_sent_back(waiting)]:
                await self._write(batch)

    async def _until_no_more_come(self) -> None:
        # What has arrived already is about to be put, and a commit costs the same for all.
        seen, ends_at = 0, monotonic() + LINGERS
        while seen < len(self._waiting) and monotonic() < ends_at:
            seen = len(self._waiting)
            await asyncio.sleep(0)

    async def _write(self, batch: list[Waiting]) -> None:
        try:
            answers = await self._thread.run(self._append, batch)
        except (StoreUnavailable, Overloaded) as error:
            _fail_all(batch, error)
            return
        except Exception as error:  # whatever it was, everybody who waits is told
            log.exception("records could not be kept", requests=len(batch))
            if len(batch) == 1:
                _fail_all(batch, StoreUnavailable(f"these records could not be kept: {type(error).__name__}"))
                return
            # One request that the database cannot take must not keep out those it shared a commit with.
            for waiting in batch:
                await self._write([waiting])
            return
        # Whoever hung up in between is not waited for.
        for (_, _, answer), outcome in zip(batch, answers, strict=True):
            if answer.done():
                continue
            if isinstance(outcome, Overloaded):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)
        self._on_new()

    def _append(self, batch: list[Waiting]) -> list[int | Overloaded]:
        """What became of each: how many of its records were new, or why its sender has to wait."""
        backlog = self._backlog()
        is_fresh = monotonic() - self._counted_at > _COUNT_EVERY
        if is_fresh:
            self._count()
        senders = [records[0].source if records else "" for records, _, _ in batch]
        # What was judged since the last count makes room.
        if not is_fresh and not all(backlog.admits(sender, self._counted) for sender in senders):
            self._count()
        admitted = [not sender or backlog.admits(sender, self._counted) for sender in senders]
        taken = [waiting for waiting, is_admitted in zip(batch, admitted, strict=True) if is_admitted]
        left_out.append([gap for _, gaps, _ in taken for gap in gaps])
        new = inbox.append([records for records, _, _ in taken])
        for (records, _, _), count in zip(taken, new, strict=True):
            self._counted.update({records[0].source: count} if records else {})
        news = iter(new)
        return [
            next(news) if is_admitted else self._overloaded(backlog.refusal(sender))
            for sender, is_admitted in zip(senders, admitted, strict=True)
        ]

    def _count(self) -> None:
        self._counted, self._counted_at = Counter(waiting_by_source()), monotonic()

    def _overloaded(self, text: str) -> Overloaded:
        return Overloaded(text, retry_after=self._retry_after())


def _was_sent_back(waiting: Waiting) -> bool:
    _, _, answer = waiting
    return answer.done() and not answer.cancelled()


def _fail_all(batch: list[Waiting], error: Exception) -> None:
    for _, _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
