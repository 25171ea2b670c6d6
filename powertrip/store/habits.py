"""Reads what earlier events say about a new one; only what was approved counts as known good."""

from typing import Any

from powertrip.domain.event import Status
from powertrip.domain.habits import EVENTS_READ, HOURS_WINDOW, WINDOW, Past, past_of
from powertrip.store.tables import EventRow

DENIED = (Status.DENIED, Status.CLOSED)


def past_of_row(row: Any) -> Past:
    """What the events before the one in `row` say of it."""
    same_kind = (EventRow.event_action == row.event_action) & (EventRow.id != row.id)
    before = same_kind & (EventRow.received_at <= row.received_at) & ~EventRow.is_test
    mine = before & (EventRow.user_name == row.user_name)
    # The newest of the person's, and no more: what is asked of them is answered here, in one reading.
    columns = (
        EventRow.source_ip,
        EventRow.as_number,
        EventRow.country_code,
        EventRow.received_at,
        EventRow.occurred_at,
    )
    newest = EventRow.received_at.desc()
    query: Any = EventRow.select(*columns).where(mine & (EventRow.status == Status.APPROVED))
    approved: list[Any] = list(query.order_by(newest).limit(EVENTS_READ).namedtuples())
    from_here = [each for each in approved if each.source_ip == row.source_ip]
    counted_since = row.received_at - WINDOW
    on_host = before & (EventRow.host_name == row.host_name) & (EventRow.status == Status.APPROVED)
    last = EventRow.select().where(on_host).order_by(newest).first()
    denied = before & (EventRow.source_ip == row.source_ip) & EventRow.status.in_(DENIED)
    last_denied = (
        EventRow.select(EventRow.decided_at).where(denied).order_by(EventRow.decided_at.desc()).first()
    )
    return past_of(
        row.occurred_at,
        # Whether there is any at all is answered without counting all.
        by_person=len(approved) or int(EventRow.select(EventRow.id).where(mine).limit(1).count()),
        approved_from_address=_count("source_ip", approved, row),
        approved_from_network=_count("as_number", approved, row),
        approved_from_country=_count("country_code", approved, row),
        recent_from_address=sum(each.received_at >= counted_since for each in from_here),
        counted_all=len(approved) < EVENTS_READ or approved[-1].received_at < counted_since,
        approved_at=[
            each.occurred_at for each in approved if each.received_at >= row.received_at - HOURS_WINDOW
        ],
        denied_from_address_at=last_denied.decided_at if last_denied else None,
        host_approved_at=last.received_at if last else None,
        host_approved_user=last.user_name if last else None,
    )


def _count(column: str, approved: list[Any], row: Any) -> int | None:
    value = getattr(row, column)
    return None if value is None else sum(getattr(each, column) == value for each in approved)
