"""Keeps to what a service allows: so many calls a minute, and so many a month or day."""

from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import structlog

from powertrip.enrichment.cache import EnrichmentStore
from powertrip.errors import Busy, Rejected, StoreUnavailable

log = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=1)
USED_UP_PAUSE = timedelta(hours=1).total_seconds()
"""Seconds until the next look at whether a new period has begun, or the setting is larger."""

_FORMATS = {"month": "%Y-%m", "day": "%Y-%m-%d"}


class Quota:
    """The quota of one service: calls in any minute, and in a month or day of UTC."""

    def __init__(
        self,
        service: str,
        store: EnrichmentStore,
        clock: Callable[[], datetime],
        *,
        per_minute: int,
        limit: int,
        period: Literal["month", "day"],
    ) -> None:
        self._service = service
        self._store = store
        self._clock = clock
        self._per_minute = per_minute
        self._limit = limit
        self._period = period
        # The times of the last calls, for services count by a sliding window: a bucket that fills steadily
        # would let nearly twice as many through in some minute.
        self._spent: deque[datetime] = deque(maxlen=per_minute)
        self._uncounted: Counter[str] = Counter()
        """Calls of a period that were made while the database was away."""

    async def spend(self, calls: int) -> None:
        """Take so many calls, all or none; raises Busy, or Rejected for the rest of the period."""
        now = self._clock()
        while self._spent and self._spent[0] <= now - WINDOW:
            self._spent.popleft()
        missing = len(self._spent) + calls - self._per_minute
        if missing > 0:
            # A clock that was set back must not hold everything up for as long.
            wait = min(self._spent[missing - 1] + WINDOW - now, WINDOW).total_seconds()
            raise Busy(f"{self._service}: {self._per_minute} calls a minute are used up", wait)
        # Before the database is asked, so that nobody takes the same calls meanwhile.
        self._spent.extend([now] * calls)
        if not await self._count(calls, now.strftime(_FORMATS[self._period])):
            allowed = f"the {self._limit} calls that the settings allow a {self._period}"
            raise Rejected(f"{self._service}: {allowed} are used up", USED_UP_PAUSE)

    async def try_spend(self) -> bool:
        """Take one call if there is one left now."""
        try:
            await self.spend(1)
        except (Busy, Rejected):
            return False
        return True

    async def _count(self, calls: int, period: str) -> bool:
        """Count calls, and those of an outage with them; False, uncounted, beyond the limit."""
        # Taken out while the database is asked: calls side by side would each count them.
        owed = self._uncounted.pop(period, 0)
        try:
            is_counted = is_allowed = await self._store.spend(
                self._service, period, owed + calls, self._limit
            )
        except StoreUnavailable as error:
            log.warning("quota cannot be kept, counting in memory", service=self._service, error=str(error))
            is_counted, is_allowed = False, self._uncounted[period] + owed + calls <= self._limit
        if not is_counted:
            self._uncounted[period] += owed + (calls if is_allowed else 0)
        return is_allowed
