"""What services said of addresses, until it expires, and how much of their quota is used."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from powertrip.store.database import Role, transaction
from powertrip.store.enrichment_tables import EnrichmentCacheRow, ServiceCallsRow

KEYS_AT_ONCE = 500
"""Keys in one query; SQLite takes no more than 999 parameters in older builds."""


def get(keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
    """The answers under these keys that have not expired, each with when it does."""
    wanted = sorted(keys)
    found = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        query = EnrichmentCacheRow.select().where(
            EnrichmentCacheRow.key.in_(wanted[start : start + KEYS_AT_ONCE])
            & (EnrichmentCacheRow.expires_at > now)
        )
        found.update({row.key: (row.value, row.expires_at) for row in query})
    return found


def put(answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
    """Keep answers, each in place of an earlier one."""
    # In one order, so that two processes that keep the same answers never wait for each other.
    for key, value in sorted(answers.items()):
        kept = {
            EnrichmentCacheRow.value: value,
            EnrichmentCacheRow.fetched_at: now,
            EnrichmentCacheRow.expires_at: until,
        }
        EnrichmentCacheRow.insert({EnrichmentCacheRow.key: key, **kept}).on_conflict(
            conflict_target=[EnrichmentCacheRow.key], update=kept
        ).execute()


def prune(now: datetime) -> int:
    return int(EnrichmentCacheRow.delete().where(EnrichmentCacheRow.expires_at <= now).execute())


def spend(service: str, period: str, calls: int, limit: int) -> bool:
    """Count calls in a period, unless that makes more than `limit`; then nothing is counted.

    Returns whether it was counted.
    """
    ServiceCallsRow.insert(service=service, period=period, count=0).on_conflict_ignore().execute()
    # One statement decides, so that two processes cannot both spend the last call.
    changed = (
        ServiceCallsRow.update(count=ServiceCallsRow.count + calls)
        .where(
            (ServiceCallsRow.service == service)
            & (ServiceCallsRow.period == period)
            & (ServiceCallsRow.count + calls <= limit)
        )
        .execute()
    )
    return bool(changed)


class EnrichmentCache(Role):
    """What services said, and their quotas."""

    get = transaction(get)
    put = transaction(put)
    spend = transaction(spend)
