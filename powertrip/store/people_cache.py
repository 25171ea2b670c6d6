"""What Slack said of people, kept for as long as the config allows to believe it."""

from datetime import datetime
from typing import Any

from powertrip.store.models import PeopleCache


def get(key: str, not_before: datetime) -> Any | None:
    """The answer kept under `key`, if it is no older than `not_before`."""
    row = PeopleCache.get_or_none((PeopleCache.key == key) & (PeopleCache.fetched_at >= not_before))
    return row.value if row else None


def put(key: str, value: Any, now: datetime) -> None:
    """Keep an answer in place of an earlier one."""
    PeopleCache.insert(key=key, value=value, fetched_at=now).on_conflict(
        conflict_target=[PeopleCache.key], update={PeopleCache.value: value, PeopleCache.fetched_at: now}
    ).execute()


def prune(before: datetime) -> int:
    """Forget answers older than `before`."""
    return int(PeopleCache.delete().where(PeopleCache.fetched_at < before).execute())
