"""The numbers behind `/powertrip stats`."""

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
    """Everything since a moment, in one consistent reading."""
    waits = _waits(since)
    per_day: dict[str, list[float]] = defaultdict(list)
    for day, seconds in waits:
        per_day[day].append(seconds)
    return Numbers(
        since=since,
        events=_events_by_rule(since),
        tallies=counter.totals(since),
        quarantined=int(QuarantineRow.select().where(QuarantineRow.at >= since).count()),
        decision_seconds=tuple(seconds for _, seconds in waits),
        deciders=_deciders(since),
        opened_per_day=_opened_per_day(since),
        seconds_per_day={day: tuple(values) for day, values in per_day.items()},
    )


def _events_by_rule(since: datetime) -> tuple[RuleCount, ...]:
    rows: Any = (
        EventRow.select(EventRow.rule, EventRow.status, fn.COUNT(EventRow.id))
        .where(EventRow.received_at >= since)
        .group_by(EventRow.rule, EventRow.status)
        .order_by(EventRow.rule, EventRow.status)
        .tuples()
    )
    return tuple(RuleCount(rule=rule, status=status, count=count) for rule, status, count in rows)


def _waits(since: datetime) -> list[tuple[str, float]]:
    # The first decision ends the wait: closing a denied event later does not lengthen it.
    first: Any = (
        DecisionRow.select(DecisionRow.event_id, fn.MIN(DecisionRow.at).alias("at"))
        .group_by(DecisionRow.event_id)
        .alias("first")
    )
    rows: Any = (
        EventRow.select(EventRow.received_at, first.c.at)
        .join(first, on=(first.c.event_id == EventRow.id))
        .where((EventRow.received_at >= since) & EventRow.status.in_(DECIDED))
        .tuples()
    )
    return [(f"{arrived:%Y-%m-%d}", (_moment(at) - arrived).total_seconds()) for arrived, at in rows]


def _moment(value: Any) -> datetime:
    moment = DecisionRow.at.python_value(value) if isinstance(value, int) else value
    assert isinstance(moment, datetime)  # noqa: S101 (narrows for the type checker)
    return moment


def _deciders(since: datetime) -> dict[str, int]:
    rows: Any = DecisionRow.select(DecisionRow.actor_id).where(DecisionRow.at >= since).tuples()
    return dict(Counter(actor_id for (actor_id,) in rows))


def _opened_per_day(since: datetime) -> dict[str, int]:
    rows: Any = EventRow.select(EventRow.received_at).where(EventRow.received_at >= since).tuples()
    return dict(Counter(f"{at:%Y-%m-%d}" for (at,) in rows))


class Statistics(Role):
    """The numbers behind `stats`."""

    numbers = transaction(numbers)
