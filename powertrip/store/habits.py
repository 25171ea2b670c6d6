"""Reads what earlier events say about a new one; only what was approved counts as known good."""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from powertrip.domain.event import Status
from powertrip.domain.habits import EVENTS_READ, HOURS_WINDOW, WINDOW, Past, past_of
from powertrip.store.database import is_postgres, run_written
from powertrip.store.fields import MomentField

_MOMENT = MomentField()
_BEFORE = "event_action = ? AND id <> ? AND received_at <= ? AND NOT is_test"
# What nobody looked at makes nothing known: else whoever is trusted for an hour would be it for good.
_APPROVED = f"status = '{Status.APPROVED}' AND expected_by IS NULL"
_DENIED = f"status IN ('{Status.DENIED}', '{Status.CLOSED}')"


_PROBED = {"user_name": "1 = 1", "host_name": _APPROVED, "source_ip": _DENIED}
"""Columns by which there may be a past, each with what events of the same count."""
OF_THE_PAST = (
    *("id", "event_action", "user_name", "host_name", "source_ip"),
    *("as_number", "country_code", "received_at", "occurred_at"),
)
"""The columns by which the past of a row is found."""


class _Approved(NamedTuple):
    source_ip: str | None
    as_number: int | None
    country_code: str | None
    received_at: int
    occurred_at: int


def pasts_of_new(rows: Sequence[Mapping[str, Any]]) -> list[Past]:
    """What events say of those that are about to be written together, by their columns."""
    of_person: dict[tuple[str, str | None], list[datetime]] = {}
    for row in sorted(rows, key=itemgetter("received_at")):
        if not row["is_test"]:
            of_person.setdefault((row["event_action"], row["user_name"]), []).append(row["received_at"])
    heard_of, pasts = _heard_of(rows), []
    for row in rows:
        moments = of_person.get((row["event_action"], row["user_name"]), ())
        # Of two that came at the same moment each has the other before it.
        others = bisect_right(moments, row["received_at"]) - (not row["is_test"])
        is_unheard_of = heard_of.isdisjoint((name, row["event_action"], row[name]) for name in _PROBED)
        new = _New(**{name: row[name] for name in OF_THE_PAST})
        pasts.append(past_of_row(new, others=others, is_unheard_of=is_unheard_of))
    return pasts


def _heard_of(rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str, str | None]]:
    """Of what about these rows there may be anything to tell: by column, kind of event, and value.

    Of most that a scan of strangers brings there is nothing, and then two questions for each are spared.
    """
    wanted = {(name, row["event_action"], row[name]) for row in rows for name in _PROBED}
    heard_of = {each for each in wanted if each[2] is None}
    by_kind: dict[tuple[str, str], list[str]] = {}
    for name, action, value in sorted(wanted - heard_of):
        by_kind.setdefault((name, action), []).append(value)
    each_of = "unnest(?::text[]) AS given(value)" if is_postgres() else "json_each(?)"
    for (name, action), values in by_kind.items():
        statement = f"""SELECT value FROM {each_of} WHERE EXISTS (SELECT 1 FROM event
            WHERE event_action = ? AND {name} = value AND {_PROBED[name]} AND NOT is_test)"""  # noqa: S608 (names of ours)
        given = values if is_postgres() else json.dumps(values)
        heard_of |= {(name, action, value) for (value,) in run_written(statement, (given, action)).fetchall()}
    return heard_of


class _New(NamedTuple):
    """An event that is about to be written."""

    id: str
    event_action: str
    user_name: str | None
    host_name: str | None
    source_ip: str | None
    as_number: int | None
    country_code: str | None
    received_at: datetime
    occurred_at: datetime


def past_of_row(row: Any, *, others: int = 0, is_unheard_of: bool = False) -> Past:
    """What events before the one in `row` say of it, and as many `others` of the person, not kept yet.

    `is_unheard_of` says that there is nothing to read of its person, its host and its address.
    """
    # The newest of the person's, and no more: what is asked of them is answered here, in one reading.
    newest = f"ORDER BY received_at DESC LIMIT {EVENTS_READ}"
    person, values = _before(row, ", ".join(_Approved._fields), "user_name", _APPROVED, newest)
    found = [] if is_unheard_of else run_written(person, values).fetchall()
    approved = [_Approved(*each) for each in found]
    known, denied_at, host_at, host_user = (None, None, None, None) if is_unheard_of else _beside(row)
    from_here = [each for each in approved if each.source_ip == row.source_ip]
    counted_since = _MOMENT.db_value(row.received_at - WINDOW) or 0
    hours_since = _MOMENT.db_value(row.received_at - HOURS_WINDOW) or 0
    return past_of(
        row.occurred_at,
        # Whether there is any at all is answered without counting all.
        by_person=len(approved) or others or int(known is not None),
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
        denied_from_address_at=_MOMENT.python_value(denied_at),
        host_approved_at=_MOMENT.python_value(host_at),
        host_approved_user=host_user,
    )


def _beside(row: Any) -> tuple[str | None, int | None, int | None, str | None]:
    """An event of the person, when one from the address was last denied, and the host's last approved one."""
    latest = "ORDER BY received_at DESC LIMIT 1"
    person, of_person = _before(row, "id", "user_name", "1 = 1", "LIMIT 1")
    denied, of_address = _before(row, "decided_at", "source_ip", _DENIED, "ORDER BY decided_at DESC LIMIT 1")
    host, of_host = _before(row, "received_at, user_name", "host_name", _APPROVED, latest)
    statement = f"""SELECT ({person}), ({denied}), on_host.received_at, on_host.user_name
        FROM (SELECT 1 AS one) AS one LEFT JOIN ({host}) AS on_host ON 1 = 1"""  # noqa: S608 (names of ours)
    found: tuple[Any, Any, Any, Any] = run_written(statement, [*of_person, *of_address, *of_host]).fetchone()
    return found


def _before(row: Any, columns: str, same: str, status: str, tail: str) -> tuple[str, list[Any]]:
    """The question for events of the same kind before the one in `row`, with its value in the column `same`.

    Written out: this is asked of every event, and peewee builds a question in ten times the time that the
    database takes to answer it.
    """
    value = getattr(row, same)
    condition, values = (f"{same} IS NULL", []) if value is None else (f"{same} = ?", [value])
    statement = f"SELECT {columns} FROM event WHERE {_BEFORE} AND {condition} AND {status} {tail}"  # noqa: S608 (names of ours)
    return statement, [row.event_action, row.id, _MOMENT.db_value(row.received_at), *values]


def _count(column: str, approved: list[_Approved], row: Any) -> int | None:
    value = getattr(row, column)
    return None if value is None else sum(getattr(each, column) == value for each in approved)
