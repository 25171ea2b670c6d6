"""What is known of an address beyond the record that names it; no value here does I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class AddressKind(StrEnum):
    """What kind of address it is; nobody outside is asked about any but public ones."""

    PUBLIC = "public"
    PRIVATE = "private"  # RFC 1918, unique local, loopback, link-local
    SHARED = "shared"  # carrier-grade NAT, RFC 6598
    DOCUMENTATION = "documentation"  # RFC 5737 and RFC 3849
    RESERVED = "reserved"  # multicast, unspecified and the like
    NOT_AN_ADDRESS = "not_an_address"  # CloudTrail names services, such as `AWS Internal`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """What one service thinks of an address."""

    service: str
    """The service as people know it: "Threat Jammer"."""
    score: int | None = None
    """0, harmless, to 100; None where the service gives none."""
    risk: str | None = None
    """The service's own word, in lower case: `low`, `medium`, `high`, `malicious`, `benign`."""
    reason: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    """Whatever else is worth showing, by a label: "First seen", "Datasets", "Reports in 90 days"."""


YELLOW_ABOVE = 34
RED_ABOVE = 67
"""Scores above are medium, and high."""


class RiskLevel(StrEnum):
    """How much there is to fear, in one word."""

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
"""What the services' own words come to, where they give no score."""
_ASCENDING = (RiskLevel.UNKNOWN, RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What is to be thought of an address, and who says so; `score` is 0 to 100."""

    level: RiskLevel = RiskLevel.UNKNOWN
    score: int | None = None
    reason: str | None = None
    service: str | None = None


def worst(reputations: Sequence[Reputation]) -> Risk:
    """The worst of what is said, the first of equals."""
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
    """Who owns the network that an address is in."""

    as_number: int | None = None
    name: str | None = None
    description: str | None = None
    country_code: str | None = None
    """ISO 3166-1 alpha-2, in capitals."""
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an address is thought to be."""

    country_code: str | None = None
    """ISO 3166-1 alpha-2, in capitals."""
    country: str | None = None
    region: str | None = None
    city: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """All that the services say of one address, merged."""

    kind: AddressKind
    reputations: tuple[Reputation, ...] = ()
    """In the order in which the config lists the services."""
    network: Network | None = None
    place: Place | None = None
    unavailable: Mapping[str, str] = field(default_factory=dict)
    """Why a service gave no answer, in words, by the service as people know it."""
    awaited: tuple[str, ...] = ()
    """The services that may still answer; empty once nothing more is to come."""
