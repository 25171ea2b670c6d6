"""Reads what earlier events say about a new one; only what was approved counts as known good."""

from typing import Any

from powertrip.domain.event import Status
from powertrip.domain.habits import HOURS_WINDOW, WINDOW, Past, past_of
from powertrip.store.tables import EventRow

DENIED = (Status.DENIED, Status.CLOSED)
HOURS_READ = 500
"""Approved events that are read for the usual hours."""


def past_of_row(row: Any) -> Past:
    """What the events before the one in `row` say of it."""
    same_kind = (EventRow.event_action == row.event_action) & (EventRow.id != row.id)
    before = same_kind & (EventRow.received_at <= row.received_at) & ~EventRow.is_test
    mine = before & (EventRow.user_name == row.user_name)
    approved = mine & (EventRow.status == Status.APPROVED)
    from_here = approved & (EventRow.source_ip == row.source_ip)
    on_host = before & (EventRow.host_name == row.host_name) & (EventRow.status == Status.APPROVED)
    last = EventRow.select().where(on_host).order_by(EventRow.received_at.desc()).first()
    recent = EventRow.select(EventRow.occurred_at).where(
        approved & (EventRow.received_at >= row.received_at - HOURS_WINDOW)
    )
    denied = before & (EventRow.source_ip == row.source_ip) & EventRow.status.in_(DENIED)
    last_denied = (
        EventRow.select(EventRow.decided_at).where(denied).order_by(EventRow.decided_at.desc()).first()
    )
    return past_of(
        row.occurred_at,
        by_person=_count(mine, limit=1),
        approved_from_address=_count_if(approved, EventRow.source_ip, row.source_ip),
        approved_from_network=_count_if(approved, EventRow.as_number, row.as_number),
        approved_from_country=_count_if(approved, EventRow.country_code, row.country_code),
        recent_from_address=_count(from_here & (EventRow.received_at >= row.received_at - WINDOW)),
        approved_at=[
            each.occurred_at for each in recent.order_by(EventRow.received_at.desc()).limit(HOURS_READ)
        ],
        denied_from_address_at=last_denied.decided_at if last_denied else None,
        host_approved_at=last.received_at if last else None,
        host_approved_user=last.user_name if last else None,
    )


def _count(condition: Any, limit: int | None = None) -> int:
    # Whether there is any at all is answered without counting all.
    query = EventRow.select(EventRow.id).where(condition)
    return int((query.limit(limit) if limit else query).count())


def _count_if(condition: Any, column: Any, value: Any) -> int | None:
    return None if value is None else _count(condition & (column == value), limit=1)
