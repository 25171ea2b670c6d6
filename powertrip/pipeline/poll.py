"""One round of a poll: page after page until there is no more, or enough for one round."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from powertrip.domain.due import PollRound, PollState
from powertrip.errors import IngestRefused, OutsideError, Overloaded, StoreUnavailable, Unavailable
from powertrip.ingest.contract import Page, Poll, PollRequest
from powertrip.net import HttpClient
from powertrip.pipeline.context import Parts
from powertrip.pipeline.retry import asked_for, doubled

log = structlog.get_logger(__name__)

PAGE_LIMIT = 90.0
"""Seconds for one page, however slowly its answer trickles in."""
LEASE = timedelta(minutes=2)
"""How long a crashed process keeps a poll from the next; longer than a page takes."""
RETRY_LONGEST = timedelta(minutes=15)
"""Retries begin after `every` and double up to this."""


class Poller:
    """Runs the rounds of one poll; the store sees to it that one process at a time does."""

    def __init__(
        self, parts: Parts, name: str, poll: Poll, client: HttpClient, backlog_limit: Callable[[], int]
    ) -> None:
        self._parts = parts
        self._name = name
        self._poll = poll
        self._client = client
        self._backlog_limit = backlog_limit
        self._owner = parts.new_id()

    async def step(self) -> bool:
        """One round, if it is time; there is never more before the next."""
        await self.round()
        return False

    async def round(self) -> None:
        """Fetch what is new, if it is time; raises only StoreUnavailable."""
        now, store = self._parts.clock(), self._parts.store
        state = await store.polling.claim(self._name, self._owner, now - self._poll.look_back, now, LEASE)
        if state is None:
            return
        try:
            done = await self._pages(state)
        except StoreUnavailable:
            raise
        except Overloaded as error:
            await store.polling.put_off(self._name, self._owner, now + timedelta(seconds=error.retry_after))
            log.warning("a poll waits, for too much waits to be judged", poll=self._name)
        except (OutsideError, IngestRefused) as error:
            await self._failed(state, error)
        except Exception as error:  # whatever it was, it must show as a poll that fails
            log.exception("a poll broke", poll=self._name)
            await self._failed(state, Unavailable(f"broke: {type(error).__name__}"))
        else:
            await self._succeeded(done)

    async def _pages(self, state: PollState) -> PollRound:
        cursor = state.cursor
        done = PollRound()
        while True:
            page = await self._page(state, cursor)
            new = await self._parts.store.polling.keep(
                self._name,
                self._owner,
                page.records,
                page.cursor,
                self._backlog_limit(),
                self._parts.clock(),
                LEASE,
            )
            self._parts.metrics.page_polled(self._name, new)
            self._parts.signals.inbox.set()
            cursor, done = page.cursor, _with(done, page)
            if not page.more or done.count >= self._poll.catch_up:
                return done

    async def _page(self, state: PollState, cursor: dict[str, object] | None) -> Page:
        request = PollRequest(
            name=self._name,
            client=self._client,
            cursor=cursor,
            since=state.since,
            now=self._parts.clock(),
        )
        try:
            async with asyncio.timeout(PAGE_LIMIT):
                return await self._poll.fetch(request)
        except TimeoutError as error:
            raise Unavailable(f"no whole answer within {PAGE_LIMIT:g} s") from error

    async def _succeeded(self, done: PollRound) -> None:
        now, poll = self._parts.clock(), self._poll
        channel = self._parts.settings.security_channel
        await self._parts.store.polling.succeeded(
            self._name, self._owner, done, now + poll.every, channel, now
        )
        self._parts.metrics.poll_succeeded(self._name, now, done.newest if done.more else None)
        self._parts.signals.outbox.set()

    async def _failed(self, state: PollState, error: OutsideError | IngestRefused) -> None:
        now, poll = self._parts.clock(), self._poll
        wait = doubled(poll.every, state.failures, max(RETRY_LONGEST, poll.every))
        wait = max(wait, asked_for(error))
        channel = self._parts.settings.security_channel
        await self._parts.store.polling.failed(
            self._name, self._owner, str(error), now + wait, poll.tell_failing_after, channel, now
        )
        self._parts.metrics.poll_failed(self._name)
        log.error("a poll failed", poll=self._name, why=str(error), again_in=wait.total_seconds())
        self._parts.signals.outbox.set()


def _with(done: PollRound, page: Page) -> PollRound:
    moments = [record.occurred_at for record in page.records if record.occurred_at is not None]
    return PollRound(
        count=done.count + len(page.records),
        oldest=_first([done.oldest, *moments]),
        newest=max([moment for moment in (done.newest, *moments) if moment is not None], default=None),
        more=page.more,
    )


def _first(moments: Sequence[datetime | None]) -> datetime | None:
    return min([moment for moment in moments if moment is not None], default=None)
