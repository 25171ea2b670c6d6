"""The section `severity`: what matters more, or less, than its rule says."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import BeforeValidator

from powertrip.setting.section import Section
from powertrip.setting.values import OneOrMore, Written, as_list, quoted


def _network(value: object) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        return ip_network(str(value))
    except ValueError as error:
        raise ValueError(f"{quoted(value)} is not a network; write one such as 192.0.2.0/24") from error


Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...],
    BeforeValidator(as_list),
    Written("a network such as `192.0.2.0/24`, or a list of networks"),
]


class Listed(Section):
    """Some events, by what they are about; one entry that fits is enough."""

    hosts: OneOrMore = ()
    """Host names, with `*` for any text."""
    rules: OneOrMore = ()
    """Names of rules, with `*` for any text."""
    addresses: Networks = ()
    """Addresses and networks that events come from."""


class SeverityLists(Section):
    """Events that matter more, or less, than their rule says. What is on both lists is sensitive."""

    sensitive: Listed = Listed()
    """Their severity is one step higher."""
    expected: Listed = Listed()
    """Their severity is one step lower."""
