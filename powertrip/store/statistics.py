"""Counts what `/powertrip stats` shows."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain.statistics import Numbers, RuleCount, Waits
from powertrip.store import counter, counting
from powertrip.store.bulk import read_all
from powertrip.store.database import Role, transaction
from powertrip.store.statistics_tables import DecisionCountRow, EventCountRow, WaitCountRow
from powertrip.store.tables import QuarantineRow
from powertrip.store.utc_days import beginning, day_of


def _events(since: str) -> tuple[tuple[RuleCount, ...], dict[str, int], dict[str, Waits]]:
    """Events by rule and status, and by the day they arrived; and the waits of each day."""
    statuses: Counter[tuple[str, str]] = Counter()
    opened: Counter[str] = Counter()
    for row in read_all(EventCountRow.select().where(EventCountRow.day >= since)):
        statuses[row.rule, row.status] += row.count
        opened[row.day] += row.count
    waits: dict[str, dict[int, int]] = defaultdict(dict)
    for row in read_all(WaitCountRow.select().where(WaitCountRow.day >= since)):
        waits[row.day][row.seconds] = row.count
    events = tuple(
        RuleCount(rule=rule, status=status, count=count)
        for (rule, status), count in sorted(statuses.items())
        if count
    )
    return events, +opened, dict(waits)


def _deciders(since: str) -> dict[str, int]:
    total = fn.SUM(DecisionCountRow.count)
    actor = DecisionCountRow.actor_id
    rows: Any = DecisionCountRow.select(actor, total).where(DecisionCountRow.day >= since).group_by(actor)
    return {actor_id: int(count) for actor_id, count in rows.tuples()}


def numbers(since: datetime) -> Numbers:
    """Everything since the beginning of the UTC day that `since` lies in, as far as it was counted."""
    begin = beginning(since)
    day = day_of(begin)
    events, opened, waits = _events(day)
    return Numbers(
        since=begin,
        events=events,
        tallies=counter.totals(begin),
        quarantined=int(QuarantineRow.select().where(QuarantineRow.at >= begin).count()),
        deciders=_deciders(day),
        opened_per_day=opened,
        waits_per_day=waits,
    )


class Statistics(Role):
    """The numbers behind `stats`."""

    count_on = transaction(counting.count_on)

    async def numbers(self, since: datetime) -> Numbers:
        """Everything since the beginning of the UTC day that `since` lies in, up to now."""
        while await self.count_on():
            pass
        return await self.database.run(numbers, since)
