"""Which events matter more, or less, than their rule says: by host, by rule, or by address."""

from dataclasses import replace
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from pydantic import BeforeValidator

from powertrip.config.section import Section
from powertrip.config.values import OneOrMore, Written, as_list, quoted
from powertrip.domain.event import Event, Severity

ASCENDING = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


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

    def reason(self, event: Event) -> str | None:
        """The entry that the event is on the list by, such as `host web-*`; None where it is not on it."""
        host = (event.host_name or "").lower()  # host names have no case
        reasons = [
            *(f"host {entry}" for entry in self.hosts if fnmatchcase(host, entry.lower())),
            *(f"rule {entry}" for entry in self.rules if fnmatchcase(event.rule, entry)),
            *(f"address {network}" for network in self.addresses if _is_in(event.source_ip, network)),
        ]
        return reasons[0] if reasons else None


class SeverityLists(Section):
    """Events that matter more, or less, than their rule says. What is on both lists is sensitive."""

    sensitive: Listed = Listed()
    """Their severity is one step higher."""
    expected: Listed = Listed()
    """Their severity is one step lower."""


def weigh(event: Event, lists: SeverityLists) -> Event:
    """The event with the severity that the lists give it, with the reason where it is another one."""
    # What is on both lists is sensitive, so that list comes first.
    for listed, step, word in ((lists.sensitive, 1, "sensitive"), (lists.expected, -1, "expected")):
        reason = listed.reason(event)
        if reason is None:
            continue
        place = ASCENDING.index(event.severity) + step
        severity = ASCENDING[min(max(place, 0), len(ASCENDING) - 1)]
        if severity is event.severity:
            return event
        way = "raised" if step > 0 else "lowered"
        return replace(
            event, severity=severity, severity_reason=f"{way} from {event.severity}: {word} {reason}"
        )
    return event


def _is_in(source_ip: str | None, network: IPv4Network | IPv6Network) -> bool:
    try:
        return source_ip is not None and ip_address(source_ip) in network
    except ValueError:  # CloudTrail names services where others have addresses
        return False
