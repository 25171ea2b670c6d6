"""Where what services said of addresses is kept."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol


class EnrichmentCache(Protocol):
    """What services said of addresses, kept in the database; every method may raise StoreUnavailable."""

    async def get(self, keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
        """Those of the answers that are kept and still good, as JSON values, with when each expires."""

    async def put(self, answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
        """Keep answers, each in place of an earlier one, until they expire."""

    async def spend(self, service: str, period: str, calls: int, limit: int) -> bool:
        """Count calls of a service in a period such as `2026-11`; False, uncounted, beyond the limit."""
