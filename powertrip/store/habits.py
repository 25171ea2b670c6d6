"""What earlier events say about a new one; only what was approved counts as known good."""

from datetime import datetime
from typing import Any

from powertrip.domain.event import Status
from powertrip.domain.habits import HOURS_WINDOW, WINDOW, Past, past_of
from powertrip.store.tables import EventRow

HOURS_READ = 500
"""Approved events that are read for the usual hours."""


def past_of_row(row: Any) -> Past:
    """What the events before the one in `row` say of it."""
    same_kind = (EventRow.event_action == row.event_action) & (EventRow.id != row.id)
    before = same_kind & (EventRow.received_at <= row.received_at)
    mine = before & (EventRow.user_name == row.user_name)
    approved = mine & (EventRow.status == Status.APPROVED)
    from_here = approved & (EventRow.source_ip == row.source_ip)
    last = _last(before & (EventRow.host_name == row.host_name) & (EventRow.status == Status.APPROVED))
    return past_of(
        row.occurred_at,
        by_person=_count(mine, 1),
        approved_from_address=_count(from_here, 1),
        approved_from_network=_count_if(approved, EventRow.as_number, row.as_number),
        approved_from_country=_count_if(approved, EventRow.country_code, row.country_code),
        recent_from_address=_count(from_here & (EventRow.received_at >= row.received_at - WINDOW)),
        approved_at=_moments(approved & (EventRow.received_at >= row.received_at - HOURS_WINDOW)),
        denied_from_address_at=_denied_at(before & (EventRow.source_ip == row.source_ip)),
        host_approved_at=last.received_at if last else None,
        host_approved_user=last.user_name if last else None,
    )


def _count(condition: Any, limit: int | None = None) -> int:
    query = EventRow.select(EventRow.id).where(condition)
    return int((query.limit(limit) if limit else query).count())


def _count_if(condition: Any, column: Any, value: Any) -> int | None:
    return None if value is None else _count(condition & (column == value), 1)


def _last(condition: Any) -> Any | None:
    return EventRow.select().where(condition).order_by(EventRow.received_at.desc()).first()


def _moments(condition: Any) -> list[datetime]:
    newest = EventRow.select(EventRow.occurred_at).where(condition).order_by(EventRow.received_at.desc())
    return [row.occurred_at for row in newest.limit(HOURS_READ)]


def _denied_at(condition: Any) -> datetime | None:
    denied = condition & EventRow.status.in_((Status.DENIED, Status.CLOSED))
    newest = EventRow.select(EventRow.decided_at).where(denied).order_by(EventRow.decided_at.desc()).first()
    return newest.decided_at if newest else None
