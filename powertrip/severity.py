"""Which events matter more, or less, than their rule says: by host, by rule, or by address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address

from powertrip.event import Event, Severity

ASCENDING = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Hosts and rules with `*` for any text, and networks."""

    hosts: Sequence[str] = ()
    rules: Sequence[str] = ()
    networks: Sequence[IPv4Network | IPv6Network] = ()

    def reason(self, event: Event) -> str | None:
        """What of the event stands on the list, and as what; None where nothing does."""
        host = (event.host_name or "").lower()
        found = [
            *(f"host {entry}" for entry in self.hosts if fnmatchcase(host, entry.lower())),
            *(f"rule {entry}" for entry in self.rules if fnmatchcase(event.rule, entry)),
            *(f"address {network}" for network in self.networks if _is_in(event.source_ip, network)),
        ]
        return found[0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What is sensitive goes one step up, what is expected one step down; sensitive wins."""

    sensitive: Lists = Lists()
    expected: Lists = Lists()


def weigh(event: Event, weights: Weights) -> Event:
    """The event with the severity that the lists give it, and the reason if that is another one."""
    for lists, step, word in ((weights.sensitive, 1, "sensitive"), (weights.expected, -1, "expected")):
        reason = lists.reason(event)
        if reason is not None:
            return _moved(event, step, f"{word} {reason}")
    return event


def _moved(event: Event, step: int, reason: str) -> Event:
    place = ASCENDING.index(event.severity) + step
    severity = ASCENDING[min(max(place, 0), len(ASCENDING) - 1)]
    if severity is event.severity:
        return event
    way = "raised" if step > 0 else "lowered"
    return replace(event, severity=severity, severity_reason=f"{way} from {event.severity}: {reason}")


def _is_in(source_ip: str | None, network: IPv4Network | IPv6Network) -> bool:
    try:
        return source_ip is not None and ip_address(source_ip) in network
    except ValueError:  # CloudTrail names services where others have addresses
        return False
