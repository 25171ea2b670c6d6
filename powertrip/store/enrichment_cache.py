"""What services said of addresses, until it expires, and how much of their quota is used."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from powertrip.store.models import EnrichmentCache, ServiceCalls

KEYS_AT_ONCE = 500
"""Keys in one query; SQLite takes no more than 999 parameters in older builds."""


def get(keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
    """The answers under these keys that have not expired, each with when it does."""
    wanted = sorted(keys)
    found = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        query = EnrichmentCache.select().where(
            EnrichmentCache.key.in_(wanted[start : start + KEYS_AT_ONCE]) & (EnrichmentCache.expires_at > now)
        )
        found.update({row.key: (row.value, row.expires_at) for row in query})
    return found


def put(answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
    """Keep answers, each in place of an earlier one."""
    for key, value in sorted(answers.items()):
        kept = {
            EnrichmentCache.value: value,
            EnrichmentCache.fetched_at: now,
            EnrichmentCache.expires_at: until,
        }
        EnrichmentCache.insert({EnrichmentCache.key: key, **kept}).on_conflict(
            conflict_target=[EnrichmentCache.key], update=kept
        ).execute()


def prune(now: datetime) -> int:
    """Forget what has expired."""
    return int(EnrichmentCache.delete().where(EnrichmentCache.expires_at <= now).execute())


def spend(service: str, period: str, calls: int, limit: int) -> bool:
    """Count calls in a period, unless that makes more than `limit`; then nothing is counted.

    One statement decides, so that two processes cannot both spend the last call.
    """
    ServiceCalls.insert(service=service, period=period, count=0).on_conflict_ignore().execute()
    changed = (
        ServiceCalls.update(count=ServiceCalls.count + calls)
        .where(
            (ServiceCalls.service == service)
            & (ServiceCalls.period == period)
            & (ServiceCalls.count + calls <= limit)
        )
        .execute()
    )
    return bool(changed)
