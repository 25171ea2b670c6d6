"""Keeps to what a service allows: so many calls a minute, and so many a month or day."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import structlog

from powertrip.enrichment.cache import EnrichmentCache
from powertrip.errors import Busy, Rejected, StoreUnavailable

log = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=1)
USED_UP_PAUSE = timedelta(hours=1).total_seconds()
"""Seconds after which it is looked again whether a new period has begun, or the setting is larger."""

_FORMATS = {"month": "%Y-%m", "day": "%Y-%m-%d"}


class Quota:
    """One service's quota.

    No minute, wherever it begins, holds more than `per_minute` calls: a bucket that fills steadily would
    let nearly twice as many through, and services count by a sliding window.
    """

    def __init__(
        self,
        service: str,
        cache: EnrichmentCache,
        clock: Callable[[], datetime],
        *,
        per_minute: int,
        limit: int,
        period: Literal["month", "day"],
    ) -> None:
        self._service = service
        self._cache = cache
        self._clock = clock
        self._per_minute = per_minute
        self._limit = limit
        self._period = period
        self._spent: deque[datetime] = deque(maxlen=per_minute)
        self._unsaved: dict[str, int] = {}

    async def spend(self, calls: int) -> None:
        """Take so many calls, all or none; raises Busy, Rejected for the rest of the period."""
        wait = self._wait(calls)
        if wait > 0:
            raise Busy(f"{self._service}: {self._per_minute} calls a minute are used up", wait)
        # At once, so that nobody takes the same calls while the database is asked.
        self._spent.extend([self._clock()] * calls)
        if not await self._count(calls):
            allowed = f"the {self._limit} calls that the settings allow a {self._period}"
            raise Rejected(f"{self._service}: {allowed} are used up", USED_UP_PAUSE)

    async def try_spend(self) -> bool:
        """Take one call if there is one left now."""
        try:
            await self.spend(1)
        except (Busy, Rejected):
            return False
        return True

    def _wait(self, calls: int) -> float:
        """Seconds until so many calls can be made."""
        now = self._clock()
        while self._spent and self._spent[0] <= now - WINDOW:
            self._spent.popleft()
        missing = len(self._spent) + calls - self._per_minute
        if missing <= 0:
            return 0.0
        # A clock that was set back must not hold everything up for as long.
        return min(self._spent[missing - 1] + WINDOW - now, WINDOW).total_seconds()

    async def _count(self, calls: int) -> bool:
        period = self._clock().strftime(_FORMATS[self._period])
        owed = self._unsaved.get(period, 0) + calls
        try:
            counted = await self._cache.spend(self._service, period, owed, self._limit)
        except StoreUnavailable as error:
            log.warning("calls are counted in memory alone", service=self._service, error=str(error))
            self._unsaved = {period: owed}
            return owed <= self._limit
        self._unsaved.clear()
        return counted
