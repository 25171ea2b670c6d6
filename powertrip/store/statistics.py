"""Counts what `/powertrip stats` shows."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from peewee import fn

from powertrip.domain.event import Status
from powertrip.domain.statistics import Numbers, RuleCount
from powertrip.store import counter
from powertrip.store.database import Role, transaction
from powertrip.store.tables import DecisionRow, EventRow, QuarantineRow

DECIDED = (Status.APPROVED, Status.DENIED, Status.CLOSED)


def numbers(since: datetime) -> Numbers:
    """Everything since a moment, in one consistent reading; days are of UTC, waits in seconds."""
    by_rule: Any = (
        EventRow.select(EventRow.rule, EventRow.status, fn.COUNT(EventRow.id))
        .where(_since(since))
        .group_by(EventRow.rule, EventRow.status)
        .order_by(EventRow.rule, EventRow.status)
        .tuples()
    )
    opened: Any = EventRow.select(EventRow.received_at).where(_since(since)).tuples()
    deciders: Any = DecisionRow.select(DecisionRow.actor_id).where(DecisionRow.at >= since).tuples()
    waits = _waits(since)
    waits_per_day: dict[str, list[float]] = defaultdict(list)
    for day, seconds in waits:
        waits_per_day[day].append(seconds)
    return Numbers(
        since=since,
        events=tuple(RuleCount(rule=rule, status=status, count=count) for rule, status, count in by_rule),
        tallies=counter.totals(since),
        quarantined=int(QuarantineRow.select().where(QuarantineRow.at >= since).count()),
        decision_seconds=tuple(seconds for _, seconds in waits),
        deciders=dict(Counter(actor_id for (actor_id,) in deciders)),
        opened_per_day=dict(Counter(f"{at:%Y-%m-%d}" for (at,) in opened)),
        seconds_per_day={day: tuple(seconds) for day, seconds in waits_per_day.items()},
    )


def _since(since: datetime) -> Any:
    return (EventRow.received_at >= since) & ~EventRow.is_test


def _waits(since: datetime) -> list[tuple[str, float]]:
    """The day an event arrived, and the seconds until its decision, for each that is decided."""
    # The first decision ends the wait: closing a denied event later does not lengthen it.
    first: Any = (
        DecisionRow.select(DecisionRow.event_id, fn.MIN(DecisionRow.at).alias("at"))
        .group_by(DecisionRow.event_id)
        .alias("first")
    )
    # Peewee does not know the type of a subquery's column.
    decided_at = first.c.at.converter(DecisionRow.at.python_value)
    rows: Any = (
        EventRow.select(EventRow.received_at, decided_at)
        .join(first, on=(first.c.event_id == EventRow.id))
        .where(_since(since) & EventRow.status.in_(DECIDED))
        .tuples()
    )
    return [(f"{arrived:%Y-%m-%d}", (at - arrived).total_seconds()) for arrived, at in rows]


class Statistics(Role):
    """The numbers behind `stats`."""

    numbers = transaction(numbers)
