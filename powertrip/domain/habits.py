"""The person's own past: what earlier events say about a new one. Only approved ones count as known good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(days=30)
"""How far back times from one address are counted."""
HOURS_WINDOW = timedelta(days=90)
"""How far back the usual hours are looked for."""
HOURS_NEEDED = 20
"""Approved events it takes before hours are called usual."""
HOURS_AROUND = 1
"""An hour is usual where something was approved at most so many hours earlier or later in the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the person's earlier events say about this one; events of the same kind, such as logins."""

    first_of_person: bool = False
    """Nothing of this kind was ever seen of them."""
    first_from_address: bool = False
    """They are known, and nothing from this address was ever approved; likewise for the next two."""
    first_from_network: bool = False
    first_from_country: bool = False
    times_from_address: int = 0
    """Which time it is from this address in 30 days, this one included; 0 for the first."""
    unusual_hour: bool = False
    denied_from_address_at: datetime | None = None
    """When somebody last denied an event from this address."""
    host_approved_at: datetime | None = None
    """The last approved event of this kind on this host, and whose it was."""
    host_approved_user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the database says of earlier events of the same kind, the new one left out."""

    by_person: int
    """How many the person has had, whatever became of them."""
    approved_from_address: int
    approved_from_network: int | None
    """None where the network is not known."""
    approved_from_country: int | None
    recent_from_address: int
    """Approved ones from this address within `WINDOW`."""
    approved_at: Sequence[datetime]
    """When those of the last `HOURS_WINDOW` happened."""
    denied_from_address_at: datetime | None
    host_approved_at: datetime | None
    host_approved_user: str | None


def past_of(seen: Seen, occurred_at: datetime) -> Past:
    """What there is to say about an event that happened at `occurred_at`."""
    known = seen.by_person > 0
    return Past(
        first_of_person=not known,
        first_from_address=known and seen.approved_from_address == 0,
        first_from_network=known and seen.approved_from_network == 0,
        first_from_country=known and seen.approved_from_country == 0,
        times_from_address=seen.recent_from_address + 1 if seen.recent_from_address else 0,
        unusual_hour=_is_unusual(seen.approved_at, occurred_at),
        denied_from_address_at=seen.denied_from_address_at,
        host_approved_at=seen.host_approved_at,
        host_approved_user=seen.host_approved_user,
    )


def _is_unusual(approved_at: Sequence[datetime], occurred_at: datetime) -> bool:
    if len(approved_at) < HOURS_NEEDED:
        return False
    around = range(-HOURS_AROUND, HOURS_AROUND + 1)
    usual = {(moment.hour + shift) % 24 for moment in approved_at for shift in around}
    return occurred_at.hour not in usual
