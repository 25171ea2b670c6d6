"""Reads what earlier events say about a new one; only what was approved counts as known good."""

from typing import Any, NamedTuple

from powertrip.domain.event import Status
from powertrip.domain.habits import EVENTS_READ, HOURS_WINDOW, WINDOW, Past, past_of
from powertrip.store.database import run_written
from powertrip.store.fields import MomentField

_MOMENT = MomentField()
_BEFORE = "event_action = ? AND id <> ? AND received_at <= ? AND NOT is_test"
_APPROVED = f"status = '{Status.APPROVED}'"
_DENIED = f"status IN ('{Status.DENIED}', '{Status.CLOSED}')"


class _Approved(NamedTuple):
    source_ip: str | None
    as_number: int | None
    country_code: str | None
    received_at: int
    occurred_at: int


def past_of_row(row: Any) -> Past:
    """What the events before the one in `row` say of it."""
    mine = _same("user_name", row)
    # The newest of the person's, and no more: what is asked of them is answered here, in one reading.
    newest = f"ORDER BY received_at DESC LIMIT {EVENTS_READ}"
    found = _ask(row, ", ".join(_Approved._fields), mine, _APPROVED, newest)
    approved = [_Approved(*each) for each in found]
    from_here = [each for each in approved if each.source_ip == row.source_ip]
    counted_since = _MOMENT.db_value(row.received_at - WINDOW) or 0
    hours_since = _MOMENT.db_value(row.received_at - HOURS_WINDOW) or 0
    on_host = _ask(
        row,
        "received_at, user_name",
        _same("host_name", row),
        _APPROVED,
        "ORDER BY received_at DESC LIMIT 1",
    )
    denied = _ask(row, "decided_at", _same("source_ip", row), _DENIED, "ORDER BY decided_at DESC LIMIT 1")
    return past_of(
        row.occurred_at,
        # Whether there is any at all is answered without counting all.
        by_person=len(approved) or len(_ask(row, "id", mine, "1 = 1", "LIMIT 1")),
        approved_from_address=_count("source_ip", approved, row),
        approved_from_network=_count("as_number", approved, row),
        approved_from_country=_count("country_code", approved, row),
        recent_from_address=sum(each.received_at >= counted_since for each in from_here),
        counted_all=len(approved) < EVENTS_READ or approved[-1].received_at < counted_since,
        approved_at=[
            at
            for each in approved
            if each.received_at >= hours_since and (at := _MOMENT.python_value(each.occurred_at))
        ],
        denied_from_address_at=_MOMENT.python_value(denied[0][0]) if denied else None,
        host_approved_at=_MOMENT.python_value(on_host[0][0]) if on_host else None,
        host_approved_user=on_host[0][1] if on_host else None,
    )


def _same(column: str, row: Any) -> tuple[str, list[Any]]:
    """The condition that an event has what `row` has there."""
    value = getattr(row, column)
    return (f"{column} IS NULL", []) if value is None else (f"{column} = ?", [value])


def _ask(row: Any, columns: str, same: tuple[str, list[Any]], status: str, tail: str) -> list[Any]:
    """Events of the same kind before the one in `row`.

    Written out: this is asked of every event, and peewee builds a question in ten times the time that the
    database takes to answer it.
    """
    condition, values = same
    statement = f"SELECT {columns} FROM event WHERE {_BEFORE} AND {condition} AND {status} {tail}"  # noqa: S608 (names of ours)
    given = [row.event_action, row.id, _MOMENT.db_value(row.received_at), *values]
    return list(run_written(statement, given).fetchall())


def _count(column: str, approved: list[_Approved], row: Any) -> int | None:
    value = getattr(row, column)
    return None if value is None else sum(getattr(each, column) == value for each in approved)
