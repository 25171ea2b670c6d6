"""Fetches what senders left out: a page of a gap at a time, until nothing is missing."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from powertrip.domain.due import DueGap
from powertrip.errors import IngestRefused, OutsideError, Overloaded, Rejected, StoreUnavailable, Unavailable
from powertrip.ingest.contract import Backfill, Page
from powertrip.pipeline.context import Parts
from powertrip.pipeline.poll import LEASE, PAGE_LIMIT
from powertrip.pipeline.retry import asked_for, doubled

log = structlog.get_logger(__name__)

RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=5)
"""Retries begin after `RETRY_FIRST` and double up to this."""
TELL_AFTER = 8
"""Failures in a row, some fifteen minutes, after which people are told also of what may pass by itself."""


class Filler:
    """Works off the gaps of those sources that have a way to fetch what they left out."""

    def __init__(
        self, parts: Parts, backfills: Callable[[], Mapping[str, Backfill]], backlog_limit: Callable[[], int]
    ) -> None:
        """`backfills` by source, replaced by a reload; `backlog_limit` in records."""
        self._parts = parts
        self._backfills = backfills
        self._backlog_limit = backlog_limit

    async def step(self) -> bool:
        """Fetch one page of a gap that is due; returns whether there may be more. Raises StoreUnavailable."""
        backfills, store, now = self._backfills(), self._parts.store, self._parts.clock()
        gap = await store.gaps.claim(backfills, now, LEASE) if backfills else None
        if gap is None:
            return False
        try:
            await self._fill(gap, backfills[gap.source])
        except StoreUnavailable:
            raise
        except Overloaded as error:
            await store.gaps.put_off(gap, now + timedelta(seconds=error.retry_after))
            log.warning("what was left out waits, for too much waits to be judged", source=gap.source)
        except (OutsideError, IngestRefused) as error:
            await self._failed(gap, error)
        except Exception as error:  # whatever it was, it must show as a gap that is not filled
            log.exception("fetching what was left out broke", source=gap.source)
            await self._failed(gap, Unavailable(f"broke: {type(error).__name__}"))
        return True

    async def _fill(self, gap: DueGap, backfill: Backfill) -> None:
        page, parts = await self._page(gap, backfill), self._parts
        channel = parts.settings.security_channel
        new = await parts.store.gaps.keep(
            gap, page.records, page.cursor, page.more, self._backlog_limit(), channel, parts.clock()
        )
        parts.metrics.gap_fetched(gap.source, new)
        log.info("fetched what was left out", source=gap.source, new=new, more=page.more)
        parts.signals.inbox.set()
        parts.signals.outbox.set()

    async def _page(self, gap: DueGap, backfill: Backfill) -> Page:
        try:
            async with asyncio.timeout(PAGE_LIMIT):
                return await backfill.fetch(gap.cursor, gap.until_id, gap.query, self._parts.clock())
        except TimeoutError as error:
            raise Unavailable(f"no whole answer within {PAGE_LIMIT:g} s") from error

    async def _failed(self, gap: DueGap, error: OutsideError | IngestRefused) -> None:
        parts, now = self._parts, self._parts.clock()
        wait = doubled(RETRY_FIRST, gap.failures, RETRY_LONGEST)
        wait = max(wait, asked_for(error))
        tell = isinstance(error, Rejected) or gap.failures + 1 >= TELL_AFTER
        channel = parts.settings.security_channel
        await parts.store.gaps.failed(gap, str(error), now + wait, tell, channel, now)
        parts.metrics.gap_failed(gap.source)
        log.error(
            "what was left out could not be fetched",
            source=gap.source,
            why=str(error),
            again_in=wait.total_seconds(),
        )
        parts.signals.outbox.set()
