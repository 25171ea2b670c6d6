"""Which addresses anybody outside is asked about."""

import pytest

from powertrip.domain.address import AddressKind
from powertrip.enrichment.address_kinds import classify


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("8.8.8.8", AddressKind.PUBLIC),
        ("2606:4700::1111", AddressKind.PUBLIC),
        ("10.1.2.3", AddressKind.PRIVATE),
        ("172.16.0.1", AddressKind.PRIVATE),
        ("192.168.7.7", AddressKind.PRIVATE),
        ("127.0.0.1", AddressKind.PRIVATE),
        ("::1", AddressKind.PRIVATE),
        ("169.254.1.1", AddressKind.PRIVATE),
        ("fd00::1", AddressKind.PRIVATE),
        ("fe80::1%eth0", AddressKind.PRIVATE),
        ("100.64.0.1", AddressKind.SHARED),
        ("192.0.2.1", AddressKind.DOCUMENTATION),
        ("198.51.100.7", AddressKind.DOCUMENTATION),
        ("203.0.113.9", AddressKind.DOCUMENTATION),
        ("2001:db8::1", AddressKind.DOCUMENTATION),
        ("224.0.0.1", AddressKind.RESERVED),
        ("ff02::1", AddressKind.RESERVED),
        ("0.0.0.0", AddressKind.RESERVED),  # noqa: S104 (nothing listens)
        ("255.255.255.255", AddressKind.RESERVED),
        ("240.0.0.1", AddressKind.RESERVED),
        ("AWS Internal", AddressKind.NOT_AN_ADDRESS),
        ("", AddressKind.NOT_AN_ADDRESS),
        ("1" * 100_000, AddressKind.NOT_AN_ADDRESS),
        ("8.8.8.8/../../v1/token", AddressKind.NOT_AN_ADDRESS),
        ("٨.8.8.8", AddressKind.NOT_AN_ADDRESS),
    ],
)
def test_the_kind_of_an_address(address: str, kind: AddressKind) -> None:
    assert classify(address)[0] is kind


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2606:4700:0:0::1111%eth0", "2606:4700::1111"),
        (" 8.8.8.8 ", "8.8.8.8"),
        ("::FFFF:10.0.0.1", "10.0.0.1"),
    ],
)
def test_one_address_has_one_form(written: str, text: str) -> None:
    assert classify(written)[1] == text
