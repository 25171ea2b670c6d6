"""Reads storms: what their cards show, and what one decision would cover."""

from collections.abc import Mapping
from typing import Any

from peewee import fn

from powertrip.domain.decision import Verdict
from powertrip.domain.event import OPEN, UNDONE, NoticeKind, Status
from powertrip.domain.storm_view import OUTLIERS_SHOWN, TOP, Batch, Coverage, Outlier, StormView, Top
from powertrip.errors import UnknownEvent
from powertrip.store.database import Role, transaction
from powertrip.store.rows import events_from
from powertrip.store.storms.rows import storm_from
from powertrip.store.storms.tables import StormMessageRow, StormRow
from powertrip.store.tables import DecisionRow, EventRow, NoticeRow

MOVED_BY: Mapping[Verdict, tuple[Status, ...]] = {
    Verdict.APPROVE: OPEN,
    Verdict.DENY: OPEN,
    Verdict.CLOSE: (Status.DENIED,),
}
"""The statuses that a verdict is for."""


def members(storm_id: str) -> Any:
    """The condition of a storm's usual events."""
    return (EventRow.storm_id == storm_id) & EventRow.storm_apart.is_null()


def covered(storm_id: str, watermark: int, verdict: Verdict) -> Any:
    """The condition of what a decision covers that was taken with this watermark before one's eyes."""
    return members(storm_id) & (EventRow.storm_seq <= watermark) & EventRow.status.in_(MOVED_BY[verdict])


def view_of(storm_id: str) -> StormView | None:
    """The storm as it is now; None where there is none."""
    row = StormRow.get_or_none(StormRow.id == storm_id)
    if row is None:
        return None
    storm = storm_from(row)
    usual = members(storm_id)
    by_status: Any = EventRow.select(EventRow.status, fn.COUNT(EventRow.id)).where(usual)
    statuses = {Status(status): count for status, count in by_status.group_by(EventRow.status).tuples()}
    watermark = _watermark(storm_id, storm.seq)
    outliers = (EventRow.storm_id == storm_id) & EventRow.storm_apart.is_null(False)
    newest = EventRow.select().where(usual).order_by(EventRow.storm_seq.desc()).limit(1)
    card = (
        StormMessageRow.select()
        .where(
            (StormMessageRow.storm_id == storm_id)
            & (StormMessageRow.kind == NoticeKind.FIRST)
            & StormMessageRow.removed_at.is_null()
        )
        .first()
    )
    return StormView(
        storm=storm,
        events=sum(statuses.values()),
        records=_records(usual),
        statuses=statuses,
        hosts=_top(EventRow.host_name, usual),
        users=_top(EventRow.user_name, usual),
        outliers=_outliers(outliers),
        outlier_count=_count(outliers),
        unasked=_count(outliers & EventRow.status.in_(OPEN) & EventRow.id.not_in(_told(storm_id))),
        watermark=watermark,
        open_covered=_count(covered(storm_id, watermark, Verdict.APPROVE)),
        denied_covered=_count(covered(storm_id, watermark, Verdict.CLOSE)),
        batches=_batches(storm_id),
        newest=next(iter(events_from(list(newest))), None),
        card=(card.channel, card.ts) if card else None,
    )


def _watermark(storm_id: str, seq: int) -> int:
    """The last number before the first event whose address is still to be looked up for the first time."""
    unknown = EventRow.facts.is_null() & EventRow.facts_due_at.is_null(False)
    waiting = members(storm_id) & unknown & EventRow.status.in_(OPEN)
    first = EventRow.select(fn.MIN(EventRow.storm_seq)).where(waiting).scalar()
    return int(seq if first is None else first - 1)


def _count(condition: Any) -> int:
    return int(EventRow.select(EventRow.id).where(condition).count())


def _records(condition: Any) -> int:
    return int(EventRow.select(fn.SUM(EventRow.occurrences)).where(condition).scalar() or 0)


def _top(column: Any, condition: Any) -> Top:
    number = fn.SUM(EventRow.occurrences)
    grouped: Any = EventRow.select(column, number).where(condition & column.is_null(False)).group_by(column)
    most = list(grouped.order_by(number.desc(), column).limit(TOP).tuples())
    different: Any = EventRow.select(fn.COUNT(fn.DISTINCT(column))).where(condition).scalar()
    # PostgreSQL sums to a decimal.
    return Top(most=tuple((name, int(records)) for name, records in most), different=int(different or 0))


def _told(storm_id: str) -> Any:
    """The outliers that the people were asked about; a copy elsewhere asks nobody."""
    apart = EventRow.select(EventRow.id).where(
        (EventRow.storm_id == storm_id) & EventRow.storm_apart.is_null(False)
    )
    first = NoticeRow.kind == NoticeKind.FIRST
    return NoticeRow.select(NoticeRow.event_id).where(first & NoticeRow.event_id.in_(apart))


def _outliers(condition: Any) -> tuple[Outlier, ...]:
    waiting = condition & EventRow.status.in_(UNDONE)
    rows = list(EventRow.select().where(waiting).order_by(EventRow.storm_seq).limit(OUTLIERS_SHOWN))
    first = (NoticeRow.kind == NoticeKind.FIRST) & NoticeRow.removed_at.is_null()
    cards = {
        row.event_id: (row.channel, row.ts)
        for row in NoticeRow.select().where(first & NoticeRow.event_id.in_([row.id for row in rows]))
    }
    return tuple(
        Outlier(event=event, why=row.storm_apart, asked_in=cards.get(event.id))
        for event, row in zip(events_from(rows), rows, strict=True)
    )


def _batches(storm_id: str) -> tuple[Batch, ...]:
    of_storm = EventRow.select(EventRow.id).where(members(storm_id))
    together = DecisionRow.batch_id.is_null(False) & DecisionRow.event_id.in_(of_storm)
    what = (DecisionRow.verdict, DecisionRow.actor_id, DecisionRow.reason, DecisionRow.agent_name)
    found: Any = (
        DecisionRow.select(*what, fn.MAX(DecisionRow.at), fn.COUNT(DecisionRow.id))
        .where(together)
        .group_by(DecisionRow.batch_id, *what)
        .order_by(fn.MIN(DecisionRow.id))
    )
    return tuple(
        Batch(
            verdict=Verdict(verdict),
            actor_id=actor,
            # The greatest of the moments comes as the column holds it.
            at=moment,
            reason=reason or "",
            count=count,
            agent_name=agent_name,
        )
        for verdict, actor, reason, agent_name, moment, count in found.tuples()
    )


def coverage(storm_id: str, watermark: int, verdict: Verdict, limit: int) -> Coverage:
    """What a decision would cover of what a card showed, `limit` events at most, the oldest first."""
    within = covered(storm_id, watermark, verdict)
    total = _count(within)
    if total > limit:
        query: Any = EventRow.select(EventRow.storm_seq).where(within).order_by(EventRow.storm_seq).tuples()
        ((watermark,),) = query.limit(1).offset(limit - 1)
        within = covered(storm_id, watermark, verdict)
    wanted = members(storm_id) & EventRow.status.in_(MOVED_BY[verdict])
    first, last = EventRow.occurred_at, EventRow.last_occurred_at
    first_at = EventRow.select(first).where(within).order_by(first).limit(1).scalar()
    last_at = EventRow.select(last).where(within).order_by(last.desc()).limit(1).scalar()
    count = min(total, limit)
    return Coverage(
        watermark=watermark,
        count=count,
        records=_records(within),
        first_at=first_at,
        last_at=last_at,
        later=_count(wanted) - total,
        beyond=total - count,
        hosts=_top(EventRow.host_name, within),
        users=_top(EventRow.user_name, within),
    )


def get(storm_id: str) -> StormView:
    """The storm as it is now; raises UnknownEvent."""
    view = view_of(storm_id)
    if view is None:
        raise UnknownEvent(f"There is no storm with the id {storm_id[:40]!r}.")
    return view


class StormViews(Role):
    """Storms, as they are read."""

    get = transaction(get)
    coverage = transaction(coverage)
