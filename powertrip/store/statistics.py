"""Counts what `/powertrip stats` shows."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain.event import Status
from powertrip.domain.statistics import Numbers, RuleCount
from powertrip.store import counter
from powertrip.store.database import Role
from powertrip.store.tables import DecisionRow, EventRow, QuarantineRow

DECIDED = (Status.APPROVED, Status.DENIED, Status.CLOSED)
PAGE = 5_000
"""Events read in one transaction: some 30 ms, which is how long a click or a record may wait for it."""


@dataclass(slots=True)
class _Totals:
    """What the events that were read so far come to."""

    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for arrived, _, rule, status, decided_at in rows:
            day = f"{arrived:%Y-%m-%d}"
            self.events[rule, status] += 1
            self.opened[day] += 1
            if status in DECIDED and decided_at is not None:
                self.waits[day].append((decided_at - arrived).total_seconds())


def _page(totals: _Totals, after: tuple[datetime, str]) -> tuple[datetime, str] | None:
    """Add the events that arrived next after one of them; returns the last of them, None at the end."""
    # The first decision ends the wait: closing a denied event later does not lengthen it.
    first = DecisionRow.select(fn.MIN(DecisionRow.at)).where(DecisionRow.event_id == EventRow.id)
    decided_at: Any = first.alias("decided_at")
    at = EventRow.received_at
    query: Any = (
        EventRow.select(at, EventRow.id, EventRow.rule, EventRow.status, decided_at)
        # The second condition alone would say it; the first is the one that finds its place in the index.
        .where((at >= after[0]) & ((at > after[0]) | (EventRow.id > after[1])) & ~EventRow.is_test)
        .order_by(at, EventRow.id)
        .limit(PAGE)
        .tuples()
    )
    rows = list(query)
    moment = DecisionRow.at.python_value
    totals.add([(*row[:4], moment(row[4]) if isinstance(row[4], int) else row[4]) for row in rows])
    return (rows[-1][0], rows[-1][1]) if len(rows) == PAGE else None


def _beside_events(since: datetime) -> tuple[dict[tuple[str, str], int], int, dict[str, int]]:
    """The tallies, how many records are in quarantine, and how often each person decided."""
    by_person: Any = (
        DecisionRow.select(DecisionRow.actor_id, fn.COUNT(DecisionRow.at))
        .where(DecisionRow.at >= since)
        .group_by(DecisionRow.actor_id)
        .tuples()
    )
    quarantined = int(QuarantineRow.select().where(QuarantineRow.at >= since).count())
    return counter.totals(since), quarantined, dict(by_person)


class Statistics(Role):
    """The numbers behind `stats`."""

    async def numbers(self, since: datetime) -> Numbers:
        """Everything since a moment; days are of UTC, waits in seconds.

        Read in pages, each a transaction of its own: what is decided meanwhile may be in it or not.
        """
        totals = _Totals()
        after: tuple[datetime, str] | None = (since, "")
        while after is not None:
            after = await self.database.run(_page, totals, after)
        tallies, quarantined, deciders = await self.database.run(_beside_events, since)
        return Numbers(
            since=since,
            events=tuple(
                RuleCount(rule=rule, status=status, count=count)
                for (rule, status), count in sorted(totals.events.items())
            ),
            tallies=tallies,
            quarantined=quarantined,
            decision_seconds=tuple(seconds for day in totals.waits.values() for seconds in day),
            deciders=deciders,
            opened_per_day=dict(totals.opened),
            seconds_per_day={day: tuple(seconds) for day, seconds in totals.waits.items()},
        )
