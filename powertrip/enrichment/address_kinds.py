"""Which addresses are public, and what the others are: only of public ones does anybody outside know."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from powertrip.domain.address import AddressKind

LONGEST_ADDRESS = 100
"""Characters; an IPv6 address has 45 at most, and the name of an interface some more."""

_DOCUMENTATION = [
    ip_network(text)
    for text in (
        "192.0.2.0/24",  # RFC 5737
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",  # RFC 3849
        "3fff::/20",  # RFC 9637
    )
]
_SHARED = ip_network("100.64.0.0/10")  # RFC 6598
_PRIVATE = [
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
]  # RFC 1918 and RFC 4193


@dataclass(frozen=True, slots=True)
class Recognised:
    """An address in the one form that services are asked about."""

    kind: AddressKind
    text: str
    """As `ipaddress` writes it; as it came where it is no address."""


def recognise(written: str) -> Recognised:
    """What kind of address it is; an IPv6 zone is dropped, and IPv4 within IPv6 is taken out."""
    parsed = _parse(written.strip()) if len(written) <= LONGEST_ADDRESS else None
    if parsed is None:
        return Recognised(AddressKind.NOT_AN_ADDRESS, written)
    return Recognised(_kind(parsed), str(parsed))


def _parse(written: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(written.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _kind(address: IPv4Address | IPv6Address) -> AddressKind:
    if any(address in network for network in _DOCUMENTATION):
        return AddressKind.DOCUMENTATION
    if address in _SHARED:
        return AddressKind.SHARED
    if address.is_loopback or address.is_link_local or any(address in network for network in _PRIVATE):
        return AddressKind.PRIVATE
    if address.is_global and not address.is_multicast and not address.is_reserved:
        return AddressKind.PUBLIC
    return AddressKind.RESERVED
