"""Names of rules, hosts and networks as expectations have them: patterns, and autonomous systems."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from powertrip.domain.address import parse_address
from powertrip.domain.event import Event


def patterns_meet(one: str, other: str) -> bool:
    """Whether any text fits both patterns, in which `*` stands for any text."""
    if not one or not other:
        return not (one or other).strip("*")
    if one[0] == "*":
        return patterns_meet(one[1:], other) or (other != "*" and patterns_meet(one, other[1:]))
    if other[0] == "*":
        return patterns_meet(other, one)
    return one[0] == other[0] and patterns_meet(one[1:], other[1:])


@lru_cache(maxsize=256)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def is_of_as(network: str | None) -> bool:
    """Whether a network is named by the number of its owner's autonomous system."""
    return network is not None and network.startswith("AS")


def as_of(event: Event) -> str | None:
    """The autonomous system of an event's address, `AS64500`, where a service or a database knows it."""
    network = event.facts.network if event.facts else None
    return f"AS{network.as_number}" if network and network.as_number is not None else None


def is_from(event: Event, network: str) -> bool:
    """Whether an event comes from this network, or AS, as far as is known."""
    if is_of_as(network):
        return as_of(event) == network
    try:
        return event.source_ip is not None and parse_address(event.source_ip) in _network(network)
    except ValueError:  # CloudTrail names services where others have addresses
        return False
