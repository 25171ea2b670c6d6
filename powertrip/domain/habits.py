"""The person's own past: what their earlier events say about a new one.

Only approved events make anything familiar: an attacker who tries often must not become usual by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(days=30)
"""How far back times from one address are counted."""
HOURS_WINDOW = timedelta(days=90)
"""How far back the usual hours are looked for."""
EVENTS_READ = 1_000
"""A person's newest approved events, of which all is told. A bot with more is known well enough by these, and
reading all would take longer with every event of its."""
HOURS_NEEDED = 20
"""Approved events it takes before hours are called usual."""
HOURS_AROUND = 1
"""An hour is usual where something was approved at most so many hours earlier or later in the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the person's earlier events of the same kind, such as logins, say about this one."""

    first_of_person: bool = False
    """They never had an event of this kind."""
    first_from_address: bool = False
    """They have history, none of it approved from this address (network, country)."""
    first_from_network: bool = False
    first_from_country: bool = False
    times_from_address: int = 0
    """Which time it is from this address in 30 days, this one included; 0 for the first."""
    or_more_times: bool = False
    """Older times were not counted, for there are so many: it is at least `times_from_address`."""
    unusual_hour: bool = False
    denied_from_address_at: datetime | None = None
    """When somebody last denied an event from this address."""
    host_approved_at: datetime | None = None
    """The last approved event of this kind on this host, and whose it was."""
    host_approved_user: str | None = None


def past_of(
    occurred_at: datetime,
    *,
    by_person: int,
    approved_from_address: int | None,
    approved_from_network: int | None,
    approved_from_country: int | None,
    recent_from_address: int,
    counted_all: bool,
    approved_at: Sequence[datetime],
    denied_from_address_at: datetime | None,
    host_approved_at: datetime | None,
    host_approved_user: str | None,
) -> Past:
    """The past of an event at `occurred_at`, from what the database holds of others of its kind.

    `by_person` counts all of the person's, whatever became of them. The `approved_from_` are None where the
    address, the network or the country is unknown. `recent_from_address` counts those approved within
    `WINDOW`, as far as they were `counted_all`; `approved_at` is when those within `HOURS_WINDOW` happened.
    """
    # Of somebody new everything is new; saying so once is enough.
    is_known = by_person > 0
    around = range(-HOURS_AROUND, HOURS_AROUND + 1)
    usual_hours = {(moment.hour + shift) % 24 for moment in approved_at for shift in around}
    return Past(
        first_of_person=not is_known,
        first_from_address=is_known and approved_from_address == 0,
        first_from_network=is_known and approved_from_network == 0,
        first_from_country=is_known and approved_from_country == 0,
        times_from_address=recent_from_address + 1 if recent_from_address else 0,
        or_more_times=bool(recent_from_address) and not counted_all,
        unusual_hour=len(approved_at) >= HOURS_NEEDED and occurred_at.hour not in usual_hours,
        denied_from_address_at=denied_from_address_at,
        host_approved_at=host_approved_at,
        host_approved_user=host_approved_user,
    )
