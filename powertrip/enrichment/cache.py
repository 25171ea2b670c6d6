"""The cache of services' answers: in memory, and in the database for as long as each is good."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import structlog

from powertrip.domain.address import Network, Place, Reputation
from powertrip.enrichment.service import ServiceAnswer
from powertrip.errors import StoreUnavailable

log = structlog.get_logger(__name__)

Part = TypeVar("Part", Reputation, Network, Place)

MEMORY_LIMIT = 5000
"""Answers in memory, about a kilobyte each; the oldest go first."""


class EnrichmentStore(Protocol):
    """The database behind the cache and the quotas; every method may raise StoreUnavailable."""

    async def get(self, keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
        """The unexpired values under these keys, as JSON values, each with its expiry."""

    async def put(self, answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
        """Insert or replace values that expire at `until`."""

    async def spend(self, service: str, period: str, calls: int, limit: int) -> bool:
        """Count calls of a service in a period such as `2026-11`; False, uncounted, beyond the limit."""


class AnswerCache:
    """JSON values by key; while the database is away it works from memory alone."""

    def __init__(self, store: EnrichmentStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._memory: OrderedDict[str, tuple[Any, datetime]] = OrderedDict()

    def in_memory(self, key: str) -> Any | None:
        value, until = self._memory.get(key, (None, self._clock()))
        return value if until > self._clock() else None

    async def get(self, keys: Collection[str]) -> dict[str, Any]:
        """The unexpired values under these keys; unknown keys are missing from the result."""
        values = {key: value for key in keys if (value := self.in_memory(key)) is not None}
        missing = [key for key in keys if key not in values]
        if not missing:
            return values
        try:
            stored = await self._store.get(missing, self._clock())
        except StoreUnavailable as error:
            log.warning("answer cache cannot be read, asking the services", error=str(error))
            return values
        for key, (value, until) in stored.items():
            self.put_in_memory(key, value, until)
            values[key] = value
        return values

    def put_in_memory(self, key: str, value: Any, until: datetime) -> None:
        self._memory[key] = (value, until)
        self._memory.move_to_end(key)
        while len(self._memory) > MEMORY_LIMIT:
            self._memory.popitem(last=False)

    async def put(self, values: Mapping[str, Any], time_to_live: timedelta) -> None:
        """Keep values in memory, and in the database if it can be reached."""
        if not values:
            return
        now = self._clock()
        for key, value in values.items():
            self.put_in_memory(key, value, now + time_to_live)
        try:
            await self._store.put(values, now, now + time_to_live)
        except StoreUnavailable as error:
            log.warning("answer cache cannot be written, keeping answers in memory", error=str(error))


def answer_as_json(answer: ServiceAnswer) -> dict[str, Any]:
    """The form in which an answer is cached; `answer_from_json` reads it."""
    return asdict(answer)


def answer_from_json(value: Any) -> ServiceAnswer | None:
    """A cached answer; None for nothing, and for the shape of another version."""
    try:
        parts = {
            "reputation": part_from_json(Reputation, value["reputation"]),
            "network": part_from_json(Network, value["network"]),
            "place": part_from_json(Place, value["place"]),
        }
        return ServiceAnswer(**(dict(value) | parts))
    except (KeyError, TypeError, ValueError):
        return None


def part_from_json(kind: type[Part], value: Mapping[str, Any] | None) -> Part | None:
    """A cached part of an answer; None for nothing."""
    # Fields of another version are dropped: refusing them would cost a call for every cached address.
    return kind(**{f.name: value[f.name] for f in fields(kind) if f.name in value}) if value else None
