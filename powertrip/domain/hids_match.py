"""Pairs the log pipeline's records with those of a host intrusion detection system.

Both were read by the same rules, so action, user and address are equal where the thing is one. Hosts may be
named with and without their domain, clocks differ, and either record may come first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from powertrip.domain.address import is_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one record says happened."""

    id: int
    """The id of its row; the two sides have their own numbers."""
    at: datetime
    event_action: str
    user_name: str | None = None
    host_name: str | None = None
    source_ip: str | None = None
    source_port: str | None = None


def same_host(our: str | None, their: str | None) -> bool:
    """Whether two names may be of one host: `bastion-1` and `bastion-1.example.com` may, two domains not."""
    if our is None or their is None:
        return our is their
    our, their = our.casefold().rstrip("."), their.casefold().rstrip(".")
    # The part before the first dot says nothing where both have a domain, or where the name is an address.
    if ("." in our and "." in their) or is_address(our) or is_address(their):
        return our == their
    return our.partition(".")[0] == their.partition(".")[0]


def may_be_one(our: Trace, their: Trace, within: timedelta) -> bool:
    """Whether two traces can be of one thing."""
    ports = (our.source_port, their.source_port)
    return (
        our.event_action == their.event_action
        and our.user_name == their.user_name
        and our.source_ip == their.source_ip
        # Two ports that differ are of two connections.
        and (None in ports or ports[0] == ports[1])
        and abs(our.at - their.at) <= within
        and same_host(our.host_name, their.host_name)
    )


def is_again(first: Trace, again: Trace, within: timedelta, *, same_words: bool) -> bool:
    """Whether two records of one side tell of one thing twice, and not of two that are alike.

    A port is of one connection. Without one, only the same line of the same moment is surely the same.
    """
    has_equal_ports = first.source_port is not None and first.source_port == again.source_port
    is_same_line = same_words and first.at == again.at
    return may_be_one(first, again, within) and (has_equal_ports or is_same_line)


def pairs(ours: Collection[Trace], theirs: Collection[Trace], within: timedelta) -> dict[int, int]:
    """The ids of ours by the ids of theirs: equal ports first, then the nearest in time.

    Each trace is in one pair at most, whichever order the records came in.
    """
    possible = []
    for their in theirs:
        for our in ours:
            if may_be_one(our, their, within):
                has_equal_ports = our.source_port is not None and our.source_port == their.source_port
                possible.append((not has_equal_ports, abs(our.at - their.at), their.id, our.id))
    paired: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, their_id, our_id in sorted(possible):
        if their_id not in paired and our_id not in taken:
            paired[their_id] = our_id
            taken.add(our_id)
    return paired
