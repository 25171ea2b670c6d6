"""What Slack said of people, kept for as long as the config allows to believe it."""

from datetime import datetime
from typing import Any

from powertrip.store.database import Role, transaction
from powertrip.store.tables import PeopleCacheRow


def get(key: str, not_before: datetime) -> Any | None:
    """The answer kept under `key`, if it is no older than `not_before`."""
    row = PeopleCacheRow.get_or_none((PeopleCacheRow.key == key) & (PeopleCacheRow.fetched_at >= not_before))
    return row.value if row else None


def put(key: str, value: Any, now: datetime) -> None:
    """Keep an answer, in place of an earlier one."""
    PeopleCacheRow.insert(key=key, value=value, fetched_at=now).on_conflict(
        conflict_target=[PeopleCacheRow.key],
        update={PeopleCacheRow.value: value, PeopleCacheRow.fetched_at: now},
    ).execute()


def prune(before: datetime) -> int:
    return int(PeopleCacheRow.delete().where(PeopleCacheRow.fetched_at < before).execute())


class PeopleCache(Role):
    """What Slack said of people."""

    get = transaction(get)
    put = transaction(put)
