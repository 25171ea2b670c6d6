"""Counts a UTC day of what leaves no event, so that nothing disappears without a number."""

from datetime import datetime
from typing import Any

from peewee import EXCLUDED, fn

from powertrip.store.tables import TallyRow
from powertrip.store.utc_days import day_of


def add(at: datetime, *, verdict: str, name: str, count: int) -> None:
    """Count records of this verdict (`ignored`, `unmatched`, `duplicate`, `shared_id`) under `name`."""
    day = day_of(at)
    TallyRow.insert(day=day, verdict=verdict, name=name, count=count).on_conflict(
        conflict_target=[TallyRow.day, TallyRow.verdict, TallyRow.name],
        update={TallyRow.count: TallyRow.count + EXCLUDED.count},
    ).execute()


def totals(since: datetime) -> dict[tuple[str, str], int]:
    """The counts since a day, by verdict and name."""
    query = (
        TallyRow.select(TallyRow.verdict, TallyRow.name, fn.SUM(TallyRow.count).alias("total"))
        .where(TallyRow.day >= day_of(since))
        .group_by(TallyRow.verdict, TallyRow.name)
    )
    rows: Any = query.tuples()
    return {(verdict, name): int(total) for verdict, name, total in rows}
