"""One round of a poll: page after page until there is no more, or enough for one round."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from powertrip.errors import IngestRefused, OutsideError, Overloaded, StoreUnavailable, Unavailable
from powertrip.ingest import Page, Poll
from powertrip.ports import PollRound, PollState
from powertrip.workflow.parts import Parts
from powertrip.workflow.retrying import asked_for, doubled

log = structlog.get_logger(__name__)

PAGE_LIMIT = 90.0
"""Seconds for one page, however slowly its answer trickles in."""
LEASE = timedelta(minutes=2)
"""How long a crashed process keeps a poll from the next; longer than a page takes."""
RETRY_LONGEST = timedelta(minutes=15)
"""Retries begin after `every` and double up to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan:
    """How one poll goes on, as the config says."""

    name: str
    every: timedelta
    look_back: timedelta
    catch_up: int
    """Records of one round, roughly: a page is never torn."""
    tell_failing_after: timedelta
    backlog_limit: int


class Poller:
    """Runs the rounds of one poll; the store sees to it that one process at a time does."""

    def __init__(self, parts: Parts, poll: Poll, plan: PollPlan) -> None:
        self._parts = parts
        self._poll = poll
        self._plan = plan
        self._owner = parts.new_id()

    async def step(self) -> bool:
        """One round, if it is time; there is never more before the next."""
        await self.round()
        return False

    async def round(self) -> None:
        """Fetch what is new, if it is time; raises only StoreUnavailable."""
        now, plan, store = self._parts.clock(), self._plan, self._parts.store
        state = await store.claim_poll(plan.name, self._owner, now - plan.look_back, now, LEASE)
        if state is None:
            return
        try:
            done = await self._pages(state)
        except StoreUnavailable:
            raise
        except Overloaded as error:
            await store.put_off_poll(plan.name, self._owner, now + timedelta(seconds=error.retry_after))
            log.warning("a poll waits, for too much waits to be judged", poll=plan.name)
        except (OutsideError, IngestRefused) as error:
            await self._failed(state, error)
        except Exception as error:  # whatever it was, it must show as a poll that fails
            log.exception("a poll broke", poll=plan.name)
            await self._failed(state, Unavailable(f"broke: {type(error).__name__}"))
        else:
            await self._succeeded(done)

    async def _pages(self, state: PollState) -> PollRound:
        plan, cursor = self._plan, state.cursor
        done = PollRound()
        while True:
            page = await self._page(state, cursor)
            new = await self._parts.store.keep_page(
                plan.name,
                self._owner,
                page.records,
                page.cursor,
                plan.backlog_limit,
                self._parts.clock(),
                LEASE,
            )
            self._parts.metrics.page_polled(plan.name, new)
            self._parts.wake_judge()
            cursor, done = page.cursor, _with(done, page)
            if not page.more or done.count >= plan.catch_up:
                return done

    async def _page(self, state: PollState, cursor: dict[str, object] | None) -> Page:
        try:
            async with asyncio.timeout(PAGE_LIMIT):
                return await self._poll.fetch(cursor, state.since, self._parts.clock())
        except TimeoutError as error:
            raise Unavailable(f"no whole answer within {PAGE_LIMIT:g} s") from error

    async def _succeeded(self, done: PollRound) -> None:
        now, plan = self._parts.clock(), self._plan
        channel = self._parts.settings.security_channel
        await self._parts.store.poll_succeeded(plan.name, self._owner, done, now + plan.every, channel, now)
        self._parts.metrics.poll_succeeded(plan.name, now, done.newest if done.more else None)
        self._parts.wake_sender()

    async def _failed(self, state: PollState, error: OutsideError | IngestRefused) -> None:
        now, plan = self._parts.clock(), self._plan
        wait = doubled(plan.every, state.failures, max(RETRY_LONGEST, plan.every))
        wait = max(wait, asked_for(error))
        channel = self._parts.settings.security_channel
        await self._parts.store.poll_failed(
            plan.name, self._owner, str(error), now + wait, plan.tell_failing_after, channel, now
        )
        self._parts.metrics.poll_failed(plan.name)
        log.error("a poll failed", poll=plan.name, why=str(error), again_in=wait.total_seconds())
        self._parts.wake_sender()


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
