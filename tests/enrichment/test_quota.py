"""The quota while the database is away: no call is lost, and none is counted twice."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import pytest

from powertrip.enrichment.quota import Quota
from powertrip.errors import Rejected, StoreUnavailable
from tests.conftest import Clock


class CallsInDatabase:
    """Counts calls as the database does, or is away."""

    def __init__(self) -> None:
        self.is_away = False
        self.counts: Counter[tuple[str, str]] = Counter()

    async def get(self, keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
        raise NotImplementedError

    async def put(self, answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
        raise NotImplementedError

    async def spend(self, service: str, period: str, calls: int, limit: int) -> bool:
        await asyncio.sleep(0)
        if self.is_away:
            raise StoreUnavailable("the database is away")
        is_allowed = self.counts[service, period] + calls <= limit
        self.counts[service, period] += calls if is_allowed else 0
        return is_allowed


@pytest.fixture
def counter() -> CallsInDatabase:
    return CallsInDatabase()


@pytest.fixture
def quota(counter: CallsInDatabase, clock: Clock) -> Quota:
    return Quota("Service", counter, clock, per_minute=100, limit=10, period="day")


async def test_calls_of_an_outage_are_counted_once_it_is_over(counter: CallsInDatabase, quota: Quota) -> None:
    counter.is_away = True
    await asyncio.gather(*(quota.spend(1) for _ in range(4)))
    counter.is_away = False
    await asyncio.gather(*(quota.spend(1) for _ in range(3)))
    assert counter.counts.total() == 7


async def test_a_call_refused_during_an_outage_is_not_counted_after_it(
    counter: CallsInDatabase, quota: Quota
) -> None:
    counter.is_away = True
    await quota.spend(9)
    for _ in range(5):
        with pytest.raises(Rejected, match="the 10 calls that the settings allow a day are used up"):
            await quota.spend(2)
    counter.is_away = False
    await quota.spend(1)
    assert counter.counts.total() == 10


async def test_calls_of_an_outage_stay_owed_where_the_limit_refuses_them(
    counter: CallsInDatabase, quota: Quota
) -> None:
    await quota.spend(6)
    counter.is_away = True
    await quota.spend(4)
    counter.is_away = False
    with pytest.raises(Rejected):
        await quota.spend(1)
    assert not await quota.try_spend(), "the first refusal does not forgive what is owed"
