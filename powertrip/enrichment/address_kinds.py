"""Which addresses are public. Services outside know nothing of the others, and must not learn of them."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_network

from powertrip.domain.address import AddressKind, parse_address

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
# RFC 1918 and RFC 4193. Python's `is_private` also counts documentation, benchmarks and more.
_PRIVATE = [ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]


def classify(text: str) -> tuple[AddressKind, str]:
    """The kind of an address, and the one form in which services are asked about it.

    An IPv6 zone is dropped, and IPv4 inside IPv6 taken out. What is no address comes back unchanged.
    """
    # Bounded first: a record may hold megabytes where an address belongs.
    return _classify(text) if len(text) <= LONGEST_ADDRESS else (AddressKind.NOT_AN_ADDRESS, text)


@lru_cache(maxsize=1024)
def _classify(text: str) -> tuple[AddressKind, str]:
    try:
        address = parse_address(text.strip().partition("%")[0])
    except ValueError:
        return AddressKind.NOT_AN_ADDRESS, text
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in _DOCUMENTATION):
        kind = AddressKind.DOCUMENTATION
    elif address in _SHARED:
        kind = AddressKind.SHARED
    elif address.is_loopback or address.is_link_local or any(address in network for network in _PRIVATE):
        kind = AddressKind.PRIVATE
    # `is_global` is true of most multicast addresses.
    elif address.is_global and not address.is_multicast and not address.is_reserved:
        kind = AddressKind.PUBLIC
    else:
        kind = AddressKind.RESERVED
    return kind, str(address)
