"""What services say of an address, and the risk that it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address


@lru_cache(maxsize=1024)
def parse_address(text: str) -> IPv4Address | IPv6Address:
    """As `ip_address`, once for all who ask about an address that comes in; raises ValueError."""
    return ip_address(text)


def is_address(text: str) -> bool:
    """Whether it is an address, and no name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class AddressKind(StrEnum):
    """Services are asked about public addresses only, so no other one leaves the house."""

    PUBLIC = "public"
    PRIVATE = "private"  # RFC 1918, unique local, loopback, link-local
    SHARED = "shared"  # carrier-grade NAT, RFC 6598
    DOCUMENTATION = "documentation"  # RFC 5737 and RFC 3849
    RESERVED = "reserved"  # multicast, unspecified and the like
    NOT_AN_ADDRESS = "not_an_address"  # CloudTrail names services, such as `AWS Internal`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """One service's opinion of an address."""

    service: str
    """The service as people know it: "Threat Jammer"."""
    score: int | None = None
    """0, harmless, to 100; None where the service gives none."""
    risk: str | None = None
    """The service's own word, in lower case: `low`, `medium`, `high`, `malicious`, `benign`."""
    reason: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    """Further lines for cards, by label: "First seen", "Datasets", "Reports in 90 days"."""


YELLOW_ABOVE = 34
RED_ABOVE = 67
"""Scores above are medium, and high."""


class RiskLevel(StrEnum):
    UNKNOWN = "unknown"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


_LEVELS = {
    "low": RiskLevel.LOW,
    "benign": RiskLevel.LOW,
    "medium": RiskLevel.MEDIUM,
    "suspicious": RiskLevel.MEDIUM,
    "high": RiskLevel.HIGH,
    "malicious": RiskLevel.HIGH,
}
"""Levels of the services' own words, which count where there is no score."""
_ASCENDING = (RiskLevel.UNKNOWN, RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH)


def is_at_least(level: RiskLevel, other: RiskLevel) -> bool:
    """Whether a risk is this one, or above it."""
    return _ASCENDING.index(level) >= _ASCENDING.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """The risk of an address, by the service that rates it worst; `score` is 0 to 100."""

    level: RiskLevel = RiskLevel.UNKNOWN
    score: int | None = None
    reason: str | None = None
    service: str | None = None


def worst(reputations: Sequence[Reputation]) -> Risk:
    """The worst reputation as a risk, the first of equals; UNKNOWN without any."""
    risks = [
        Risk(level=_level(item), score=item.score, reason=item.reason, service=item.service)
        for item in reputations
    ]
    return max(risks, key=lambda risk: (_ASCENDING.index(risk.level), risk.score or 0), default=Risk())


def _level(reputation: Reputation) -> RiskLevel:
    if reputation.score is None:
        return _LEVELS.get(reputation.risk or "", RiskLevel.UNKNOWN)
    if reputation.score > RED_ABOVE:
        return RiskLevel.HIGH
    return RiskLevel.MEDIUM if reputation.score > YELLOW_ABOVE else RiskLevel.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network of an address, and its owner."""

    as_number: int | None = None
    name: str | None = None
    description: str | None = None
    country_code: str | None = None
    """ISO 3166-1 alpha-2, in capitals."""
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    country_code: str | None = None
    """ISO 3166-1 alpha-2, in capitals."""
    country: str | None = None
    region: str | None = None
    city: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """The answers of all services about one address, merged."""

    kind: AddressKind
    reputations: tuple[Reputation, ...] = ()
    """In the order in which the config lists the services."""
    network: Network | None = None
    place: Place | None = None
    unavailable: Mapping[str, str] = field(default_factory=dict)
    """Why a service gave no answer, in words, by the service as people know it."""
    awaited: tuple[str, ...] = ()
    """The services that may still answer; empty once nothing more is to come."""
    failing: tuple[str, ...] = ()
    """Those that are asked again, for they failed or could not say all; no card shows the difference."""
