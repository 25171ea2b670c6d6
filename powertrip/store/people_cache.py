"""What Slack said of people, kept for as long as the config allows to believe it."""

from datetime import datetime
from typing import Any

from powertrip.store.database import Role, transaction
from powertrip.store.history import marks
from powertrip.store.history.marks import Marker
from powertrip.store.people_tables import PeopleCacheRow

MARKED = ("key", "value", "fetched_at")


def get(key: str, not_before: datetime) -> Any | None:
    """The answer kept under `key`, if it is no older than `not_before` and nobody else has changed it."""
    row = PeopleCacheRow.get_or_none((PeopleCacheRow.key == key) & (PeopleCacheRow.fetched_at >= not_before))
    marker = marks.in_use()
    if row is None or (marker is not None and row.mark != _mark(marker, row.key, row.value, row.fetched_at)):
        # Slack is asked again: whoever could write an answer here would choose who is asked.
        return None
    return row.value


def put(key: str, value: Any, now: datetime) -> None:
    """Keep an answer, in place of an earlier one."""
    marker = marks.in_use()
    mark = _mark(marker, key, value, now) if marker else None
    kept = {PeopleCacheRow.value: value, PeopleCacheRow.fetched_at: now, PeopleCacheRow.mark: mark}
    PeopleCacheRow.insert({PeopleCacheRow.key: key, **kept}).on_conflict(
        conflict_target=[PeopleCacheRow.key], update=kept
    ).execute()


def _mark(marker: Marker, key: str, value: Any, at: datetime) -> str:
    return marker.of_row(PeopleCacheRow, {"key": key, "value": value, "fetched_at": at}, MARKED)


def prune(before: datetime) -> int:
    return int(PeopleCacheRow.delete().where(PeopleCacheRow.fetched_at < before).execute())


class PeopleCache(Role):
    """What Slack said of people."""

    get = transaction(get)
    put = transaction(put)
