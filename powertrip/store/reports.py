"""Reads what a report counts, a page at a time, and hands the weekly one out once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.decision import ActorKind
from powertrip.domain.delivery import DeliveryKind, Digest
from powertrip.domain.event import NoticeKind, Severity
from powertrip.domain.people import SubjectKind
from powertrip.domain.report import Answer, Asked, Span
from powertrip.domain.routing import DIRECT
from powertrip.store import deliveries
from powertrip.store.among import among
from powertrip.store.bulk import insert_all, read_all
from powertrip.store.database import DatabaseThread, Role, for_update, transaction
from powertrip.store.report_tables import ReportDueRow
from powertrip.store.storms.tables import StormMessageRow
from powertrip.store.tables import DecisionRow, EventRow, NoticeRow

PAGE = 250
"""Events read in one transaction: some 20 ms, which is how long a click or a record may wait for it."""
LEASE = timedelta(minutes=10)
"""Without a report for so long, another process may write it."""
_ONLY = 1
"""The id of the one row."""
_DECISION = (
    *(DecisionRow.event_id, DecisionRow.actor_id, DecisionRow.at, DecisionRow.verdict, DecisionRow.batch_id),
    *(DecisionRow.actor_kind, DecisionRow.expectation_id),
)
_EVENT = (
    *(EventRow.id, EventRow.rule, EventRow.severity, EventRow.status, EventRow.received_at),
    *(EventRow.user_name, EventRow.host_name, EventRow.source_ip, EventRow.fields, EventRow.headline),
    *(EventRow.subject_kind, EventRow.subject_slack_id, EventRow.storm_id, EventRow.storm_apart),
)


_Place = tuple[datetime, str] | None
"""The last event of the page before; None before the first."""


def page(span: Span, after: _Place) -> list[Asked]:
    """The next events in the order of their arrival; none where there are no more."""
    fitting = ~EventRow.is_test & (EventRow.received_at < span.until)
    if span.subject is not None:
        fitting &= EventRow.subject_slack_id == span.subject
    if after is None:
        fitting &= EventRow.received_at >= span.since
    else:
        at, event_id = after
        fitting &= (EventRow.received_at >= at) & ((EventRow.received_at > at) | (EventRow.id > event_id))
    rows = read_all(
        EventRow.select(*_EVENT).where(fitting).order_by(EventRow.received_at, EventRow.id).limit(PAGE)
    )
    ids = [row.id for row in rows]
    notices, answers, storms = _notices(ids), _answers(ids), _storms({row.storm_id for row in rows} - {None})
    return [
        _asked(
            row,
            notices.get(row.id, {}),
            answers.get(row.id),
            in_storm=row.storm_apart is None and row.storm_id in storms,
        )
        for row in rows
    ]


def pages(span: Span) -> Iterator[list[Asked]]:
    """All pages, for those who have the database to themselves."""
    after: _Place = None
    while read := page(span, after):
        yield read
        after = read[-1].received_at, read[-1].id


def _asked(
    row: Any, notices: dict[str, tuple[datetime, str]], answer: Answer | None, *, in_storm: bool
) -> Asked:
    first = notices.get(NoticeKind.FIRST)
    is_expected = answer is not None and answer.by_expectation
    reminders = [notices[kind][0] for kind in (NoticeKind.REMINDER, NoticeKind.NUDGE) if kind in notices]
    decisive = next((name for name in row.headline or () if row.fields.get(name)), None)
    values = {"user_name": row.user_name, "host_name": row.host_name, "source_ip": row.source_ip}
    if decisive is not None:
        values[decisive] = row.fields[decisive]
    return Asked(
        id=row.id,
        rule=row.rule,
        severity=row.severity,
        status=row.status,
        received_at=row.received_at,
        subject=row.subject_slack_id,
        is_bot=row.subject_kind == SubjectKind.BOT,
        values={name: value for name, value in values.items() if value},
        decisive=decisive,
        is_expected=is_expected,
        was_asked=not is_expected and (bool(notices) or in_storm),
        asked_at=first[0] if first else None,
        in_person=first is not None and first[1].startswith(DIRECT),
        # One that got a card of its own before is asked there.
        in_storm=in_storm and first is None and not is_expected,
        reminded_at=min(reminders, default=None),
        answer=None if is_expected else answer,
    )


def _notices(event_ids: list[str]) -> dict[str, dict[str, tuple[datetime, str]]]:
    """By event and kind, when the first message was sent, and where."""
    if not event_ids:
        return {}
    columns = (NoticeRow.event_id, NoticeRow.kind, NoticeRow.posted_at, NoticeRow.channel)
    found: dict[str, dict[str, tuple[datetime, str]]] = {}
    for row in read_all(NoticeRow.select(*columns).where(among(NoticeRow.event_id, event_ids))):
        of_event, its = found.setdefault(row.event_id, {}), (row.posted_at, row.channel)
        of_event[row.kind] = min(of_event.get(row.kind, its), its)
    return found


def _answers(event_ids: list[str]) -> dict[str, Answer]:
    """The first decision on each event that has one: it ends the wait."""
    if not event_ids:
        return {}
    query = DecisionRow.select(*_DECISION).where(among(DecisionRow.event_id, event_ids))
    found: dict[str, Answer] = {}
    for row in read_all(query.order_by(DecisionRow.id)):
        found.setdefault(
            row.event_id,
            Answer(
                actor_id=row.actor_id,
                at=row.at,
                verdict=row.verdict,
                by_agent=row.actor_kind == ActorKind.AGENT,
                in_bulk=row.batch_id is not None,
                by_expectation=row.expectation_id is not None,
            ),
        )
    return found


def _storms(storm_ids: set[str]) -> set[str]:
    """Those of these storms that have a card in Slack, or had."""
    if not storm_ids:
        return set()
    fitting = among(StormMessageRow.storm_id, storm_ids)
    return {row.storm_id for row in read_all(StormMessageRow.select(StormMessageRow.storm_id).where(fitting))}


def claim(schedule: str, next_at: datetime, now: datetime) -> datetime | None:
    """The moment for which a report is due, where this process is to write it now.

    `next_at` is the first moment after `now` that fits the schedule.
    """
    # Read first: nearly always nothing is due, and nothing is to be written.
    row = ReportDueRow.get_or_none(ReportDueRow.id == _ONLY)
    if row is not None and row.schedule == schedule and now < row.due_at <= next_at:
        return None
    new = {"id": _ONLY, "schedule": schedule, "due_at": next_at, "leased_until": None}
    insert_all(ReportDueRow, [new], "ON CONFLICT DO NOTHING")
    row = for_update(ReportDueRow.select().where(ReportDueRow.id == _ONLY)).get()
    # One that is further off was written by a clock that was ahead.
    if row.schedule != schedule or row.due_at > next_at:
        _set(schedule=schedule, due_at=next_at, leased_until=None)
        return None
    is_leased = row.leased_until is not None and now < row.leased_until <= now + LEASE
    if row.due_at > now or is_leased:
        return None
    _set(leased_until=now + LEASE)
    due_at: datetime = row.due_at
    return due_at


def sent(due_at: datetime, next_at: datetime, channel: str, digest: Digest, now: datetime) -> bool:
    """Queue the report that was due at a moment, if nobody else has; returns whether it is queued."""
    mine = (ReportDueRow.id == _ONLY) & (ReportDueRow.due_at == due_at)
    if not ReportDueRow.update(due_at=next_at, leased_until=None).where(mine).execute():
        return False
    # After all that somebody waits for.
    row = deliveries.new(DeliveryKind.NOTE, channel, now, payload=digest, severity=Severity.LOW)
    deliveries.enqueue([row])
    return True


def _set(**values: Any) -> None:
    ReportDueRow.update(**values).where(ReportDueRow.id == _ONLY).execute()


class Reports(Role):
    """What reports count, and when the weekly one is due."""

    def __init__(self, database: DatabaseThread) -> None:
        super().__init__(database)
        self.turn = asyncio.Lock()
        """Held while a report is read: several at once would leave nobody else a turn between their pages."""

    page = transaction(page)
    claim = transaction(claim)
    sent = transaction(sent)

    async def pages(self, span: Span) -> AsyncIterator[list[Asked]]:
        """All pages, each in a transaction of its own, so that nobody waits for more than one."""
        after: _Place = None
        while read := await self.page(span, after):
            yield read
            after = read[-1].received_at, read[-1].id
