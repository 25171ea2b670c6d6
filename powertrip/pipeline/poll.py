"""Asks an API for new records: page after page until there is no more, or enough for one round."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from powertrip.domain.backlog import Backlog
from powertrip.domain.due import PollRound, PollState
from powertrip.errors import IngestRefused, OutsideError, Overloaded, StoreUnavailable, Unavailable
from powertrip.ingest.contract import Page, Poll, PollRequest
from powertrip.net import HttpClient
from powertrip.pipeline.context import Context
from powertrip.pipeline.retry import asked_for, doubled

log = structlog.get_logger(__name__)

PAGE_LIMIT = 90.0
"""Seconds for one page, however slowly its answer trickles in."""
LEASE = timedelta(minutes=2)
"""How long a crashed process keeps a poll or a gap from the next; longer than a page takes."""
RETRY_LONGEST = timedelta(minutes=15)
"""Retries begin after `every` and double up to this."""


async def whole_page(fetching: Awaitable[Page]) -> Page:
    """The page, if it comes within PAGE_LIMIT; raises Unavailable where it does not."""
    try:
        async with asyncio.timeout(PAGE_LIMIT):
            return await fetching
    except TimeoutError as error:
        raise Unavailable(f"no whole answer within {PAGE_LIMIT:g} s") from error


class Poller:
    """Runs the rounds of one poll; a lease in the store keeps all other processes out."""

    def __init__(
        self, context: Context, name: str, poll: Poll, client: HttpClient, backlog: Callable[[], Backlog]
    ) -> None:
        self._context = context
        self._name = name
        self._poll = poll
        self._client = client
        self._backlog = backlog
        self._owner = context.new_id()

    async def step(self) -> bool:
        """Fetch what is new, if it is time; returns False, for the rest can wait. Raises StoreUnavailable."""
        clock, polling = self._context.clock, self._context.store.polling
        state = await polling.claim(
            self._name, self._owner, clock, look_back=self._poll.look_back, lease=LEASE
        )
        if state is None:
            return False
        try:
            await self._round(state)
        except StoreUnavailable:
            raise
        except Overloaded as error:
            await polling.put_off(self._name, self._owner, clock() + timedelta(seconds=error.retry_after))
            log.warning("poll postponed, too many records wait to be judged", poll=self._name)
        except (OutsideError, IngestRefused) as error:
            await self._failed(state, error)
        except Exception as error:  # whatever it was, it must show as a poll that fails
            log.exception("poll broke", poll=self._name)
            await self._failed(state, Unavailable(f"broke: {type(error).__name__}"))
        return False

    async def _round(self, state: PollState) -> None:
        context, name, poll = self._context, self._name, self._poll
        cursor, count, more = state.cursor, 0, True
        moments: list[datetime] = []
        # Ends also where there is more, so that a poll that lags behind cannot fill the inbox alone.
        while more and count < poll.catch_up:
            request = PollRequest(
                name=name, client=self._client, cursor=cursor, since=state.since, now=context.clock()
            )
            page = await whole_page(poll.fetch(request))
            # Records and cursor are one commit: a crash leads to the same page again, never past it.
            new = await context.store.polling.keep(
                name,
                self._owner,
                records=page.records,
                cursor=page.cursor,
                backlog=self._backlog(),
                now=context.clock(),
                lease=LEASE,
            )
            context.metrics.page_polled(name, new)
            context.signals.inbox.set()
            cursor, more, count = page.cursor, page.more, count + len(page.records)
            moments += [record.occurred_at for record in page.records if record.occurred_at is not None]
        now, newest = context.clock(), max(moments, default=None)
        done = PollRound(count=count, oldest=min(moments, default=None), newest=newest, more=more)
        await context.store.polling.succeeded(
            name,
            self._owner,
            done=done,
            next_at=now + poll.every,
            channel=context.settings.security_channel,
            now=now,
        )
        context.metrics.poll_succeeded(name, now, newest if more else None)
        context.signals.outbox.set()

    async def _failed(self, state: PollState, error: OutsideError | IngestRefused) -> None:
        context, poll, now = self._context, self._poll, self._context.clock()
        backoff = doubled(poll.every, state.failures, max(RETRY_LONGEST, poll.every))
        wait = max(backoff, asked_for(error))
        await context.store.polling.failed(
            self._name,
            self._owner,
            error=str(error),
            next_at=now + wait,
            tell_after=poll.tell_failing_after,
            channel=context.settings.security_channel,
            now=now,
        )
        context.metrics.poll_failed(self._name)
        log.error("poll failed", poll=self._name, why=str(error), again_in=wait.total_seconds())
        context.signals.outbox.set()
