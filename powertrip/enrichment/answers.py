"""Keeps answers: in memory for the minutes after, and in the database for as long as they are believed."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from powertrip.domain.address import Network, Place, Reputation
from powertrip.enrichment.cache import EnrichmentCache
from powertrip.enrichment.service import ServiceAnswer
from powertrip.errors import StoreUnavailable

log = structlog.get_logger(__name__)

Part = TypeVar("Part", Reputation, Network, Place)

REMEMBERED = 5000
"""Answers in memory, about a kilobyte each; the oldest go first."""


class Answers:
    """What was said under a key; without the database it goes on with what is in memory."""

    def __init__(self, cache: EnrichmentCache, clock: Callable[[], datetime]) -> None:
        self._cache = cache
        self._clock = clock
        self._memory: OrderedDict[str, tuple[Any, datetime]] = OrderedDict()

    def remembered(self, key: str) -> Any | None:
        """What memory holds under `key` and is still good."""
        value, until = self._memory.get(key, (None, self._clock()))
        return value if until > self._clock() else None

    async def find(self, keys: Collection[str]) -> dict[str, Any]:
        """Whatever is kept under these keys and still good."""
        found = {key: value for key in keys if (value := self.remembered(key)) is not None}
        missing = [key for key in keys if key not in found]
        if not missing:
            return found
        try:
            kept = await self._cache.get(missing, self._clock())
        except StoreUnavailable as error:
            log.warning("what is known of addresses cannot be read", error=str(error))
            return found
        for key, (value, until) in kept.items():
            self.remember(key, value, until)
            found[key] = value
        return found

    def remember(self, key: str, value: Any, until: datetime) -> None:
        """Keep it in memory alone."""
        self._memory[key] = (value, until)
        self._memory.move_to_end(key)
        while len(self._memory) > REMEMBERED:
            self._memory.popitem(last=False)

    async def keep(self, values: Mapping[str, Any], time_to_live: timedelta) -> None:
        """Keep them in memory and, as far as it can be reached, in the database."""
        now = self._clock()
        for key, value in values.items():
            self.remember(key, value, now + time_to_live)
        try:
            await self._cache.put(values, now, now + time_to_live)
        except StoreUnavailable as error:
            log.warning("what is known of addresses is kept in memory alone", error=str(error))


def written(answer: ServiceAnswer) -> dict[str, Any]:
    """An answer as JSON; `read` takes it back."""
    return asdict(answer)


def read(value: Any) -> ServiceAnswer | None:
    """An answer as it was kept; None for what another version wrote in another shape."""
    try:
        parts = dict(value) | {
            "reputation": _part(Reputation, value["reputation"]),
            "network": _part(Network, value["network"]),
            "place": _part(Place, value["place"]),
        }
        return ServiceAnswer(**parts)
    except (KeyError, TypeError, ValueError):
        return None


def _part(kind: type[Part], value: Mapping[str, Any] | None) -> Part | None:
    # What an earlier version kept beside it is left out: asking anew would cost a call an address.
    return kind(**{f.name: value[f.name] for f in fields(kind) if f.name in value}) if value else None
