"""Which two records tell of one thing: the log pipeline's and that of a host intrusion detection system.

Both were read by the same rules, so action, user and address are equal where the thing is one. Hosts may be
named with and without their domain, clocks differ, and either record may come first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one record says of the thing it tells of."""

    id: int
    """Of the row that holds it; traces of the two sides are numbered apart."""
    at: datetime
    event_action: str
    user_name: str | None = None
    host_name: str | None = None
    source_ip: str | None = None
    source_port: str | None = None


def same_host(one: str | None, other: str | None) -> bool:
    """Whether two names may be of one host: `bastion-1` and `bastion-1.example.com` may, two domains not."""
    if one is None or other is None:
        return one is other
    one, other = one.casefold().rstrip("."), other.casefold().rstrip(".")
    if one == other or ("." in one and "." in other) or _is_address(one) or _is_address(other):
        return one == other
    return one.partition(".")[0] == other.partition(".")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def may_be_one(one: Trace, other: Trace, within: timedelta) -> bool:
    """Whether two traces can be of one thing; two ports that differ are of two connections."""
    ports = (one.source_port, other.source_port)
    return (
        one.event_action == other.event_action
        and one.user_name == other.user_name
        and one.source_ip == other.source_ip
        and (None in ports or ports[0] == ports[1])
        and abs(one.at - other.at) <= within
        and same_host(one.host_name, other.host_name)
    )


def pairs(ours: Collection[Trace], theirs: Collection[Trace], within: timedelta) -> dict[int, int]:
    """For each of `theirs` that has a counterpart its id, by id: equal ports first, then the nearest in time.

    Each trace is in one pair at most, and the order in which the records came makes no difference.
    """
    possible = [
        (_rank(our, their), their.id, our.id)
        for their in theirs
        for our in ours
        if may_be_one(our, their, within)
    ]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, their_id, our_id in sorted(possible):
        if their_id not in found and our_id not in taken:
            found[their_id] = our_id
            taken.add(our_id)
    return found


def _rank(one: Trace, other: Trace) -> tuple[bool, timedelta]:
    has_equal_ports = one.source_port is not None and one.source_port == other.source_port
    return not has_equal_ports, abs(one.at - other.at)
