"""Which events matter more, or less, than their rule says: by host, by rule, or by address."""

from dataclasses import replace
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field

from powertrip.config.section import Section
from powertrip.config.values import OneOrMore, Written, as_list, quoted
from powertrip.domain.address import RiskLevel
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


Steps = Annotated[int, Field(ge=0, le=3)]


class RaisedByRisk(Section):
    """By how many steps the reputation of an event's address raises its severity; 0 leaves it."""

    medium: Steps = 1
    """Of yellow addresses, with a score over 34."""
    high: Steps = 2
    """Of red addresses, with a score over 67."""

    def steps(self, level: RiskLevel) -> int:
        return {RiskLevel.MEDIUM: self.medium, RiskLevel.HIGH: self.high}.get(level, 0)


class SeverityLists(Section):
    """Events that matter more, or less, than their rule says. What is on both lists is sensitive."""

    sensitive: Listed = Listed()
    """Their severity is one step higher."""
    expected: Listed = Listed()
    """Their severity is one step lower."""
    raised_by_risk: RaisedByRisk = RaisedByRisk()


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


def weigh_risk(event: Event, raised: RaisedByRisk) -> Event:
    """The event with the severity that its address's risk gives it, with the reason where it is another one.

    A severity that was raised stays: of several services the worst counts, whichever answers first.
    """
    steps = raised.steps(event.risk.level)
    if steps <= event.risk_steps:
        return event
    place = min(ASCENDING.index(event.severity) + steps - event.risk_steps, len(ASCENDING) - 1)
    severity = ASCENDING[place]
    if severity is event.severity:
        return replace(event, risk_steps=steps)
    reason = f"raised from {event.severity}: an address of {event.risk.level} risk"
    earlier = f"{event.severity_reason}; " if event.severity_reason else ""
    return replace(event, risk_steps=steps, severity=severity, severity_reason=earlier + reason)


def _is_in(source_ip: str | None, network: IPv4Network | IPv6Network) -> bool:
    try:
        return source_ip is not None and ip_address(source_ip) in network
    except ValueError:  # CloudTrail names services where others have addresses
        return False
