"""Fetches records that senders left out: one page of a gap at a time, until none is missing."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from powertrip.domain.backlog import Backlog
from powertrip.domain.due import DueGap
from powertrip.errors import IngestRefused, OutsideError, Overloaded, Rejected, StoreUnavailable, Unavailable
from powertrip.ingest.contract import Backfill
from powertrip.pipeline.context import Context
from powertrip.pipeline.poll import LEASE, whole_page
from powertrip.pipeline.retry import asked_for, doubled

log = structlog.get_logger(__name__)

RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=5)
"""Retries begin after `RETRY_FIRST` and double up to this."""
TELL_AFTER = 8
"""Failures in a row, some fifteen minutes, after which people hear also of faults that may pass."""


class Filler:
    """Fills the gaps of sources with a way to fetch what they left out."""

    def __init__(
        self,
        context: Context,
        backfills: Callable[[], Mapping[str, Backfill]],
        backlog: Callable[[], Backlog],
    ) -> None:
        """`backfills` by source, replaced by a reload."""
        self._context = context
        self._backfills = backfills
        self._backlog = backlog

    async def step(self) -> bool:
        """Fetch one page of a gap that is due; returns whether there may be more. Raises StoreUnavailable."""
        backfills, gaps, clock = self._backfills(), self._context.store.gaps, self._context.clock
        gap = await gaps.claim(backfills, clock, LEASE) if backfills else None
        if gap is None:
            return False
        try:
            await self._fill(gap, backfills[gap.source])
        except StoreUnavailable:
            raise
        except Overloaded as error:
            await gaps.put_off(gap, clock() + timedelta(seconds=error.retry_after))
            log.warning("backfill postponed, too many records wait to be judged", source=gap.source)
        except (OutsideError, IngestRefused) as error:
            await self._failed(gap, error)
        except Exception as error:  # whatever it was, it must show as a gap that is not filled
            log.exception("backfill broke", source=gap.source)
            await self._failed(gap, Unavailable(f"broke: {type(error).__name__}"))
        return True

    async def _fill(self, gap: DueGap, backfill: Backfill) -> None:
        context = self._context
        page = await whole_page(backfill.fetch(gap.cursor, gap.until_id, gap.query, context.clock()))
        new = await context.store.gaps.keep(
            gap,
            records=page.records,
            cursor=page.cursor,
            more=page.more,
            backlog=self._backlog(),
            channel=context.settings.security_channel,
            now=context.clock(),
        )
        context.metrics.gap_fetched(gap.source, new)
        log.info("backfill fetched a page", source=gap.source, new=new, more=page.more)
        context.signals.inbox.set()
        context.signals.outbox.set()

    async def _failed(self, gap: DueGap, error: OutsideError | IngestRefused) -> None:
        context, now = self._context, self._context.clock()
        wait = max(doubled(RETRY_FIRST, gap.failures, RETRY_LONGEST), asked_for(error))
        # A refusal does not pass by itself, so people hear of it at once.
        tell = isinstance(error, Rejected) or gap.failures + 1 >= TELL_AFTER
        await context.store.gaps.failed(
            gap,
            error=str(error),
            due_at=now + wait,
            tell=tell,
            channel=context.settings.security_channel,
            now=now,
        )
        context.metrics.gap_failed(gap.source)
        log.error("backfill failed", source=gap.source, why=str(error), again_in=wait.total_seconds())
        context.signals.outbox.set()
