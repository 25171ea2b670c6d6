"""Counts a UTC day of what leaves no event, so that nothing disappears without a number."""

from datetime import datetime
from typing import Any

from peewee import EXCLUDED, fn

from powertrip.store.models import Tally


def add(at: datetime, verdict: str, name: str, count: int = 1) -> None:
    """Count `count` records of this verdict (`ignored`, `unmatched`, `duplicate`) under `name`."""
    day = f"{at:%Y-%m-%d}"
    Tally.insert(day=day, verdict=verdict, name=name, count=count).on_conflict(
        conflict_target=[Tally.day, Tally.verdict, Tally.name],
        update={Tally.count: Tally.count + EXCLUDED.count},
    ).execute()


def totals(since: datetime) -> dict[tuple[str, str], int]:
    """The counts since a day, by verdict and name."""
    query = (
        Tally.select(Tally.verdict, Tally.name, fn.SUM(Tally.count).alias("total"))
        .where(Tally.day >= f"{since:%Y-%m-%d}")
        .group_by(Tally.verdict, Tally.name)
    )
    rows: Any = query.tuples()
    return {(verdict, name): int(total) for verdict, name, total in rows}
