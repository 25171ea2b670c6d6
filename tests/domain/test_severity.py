"""Listed that raise or lower the severity of an event."""

from ipaddress import ip_network

import pytest

from powertrip.domain.event import Severity
from powertrip.domain.severity import Listed, SeverityLists, weigh
from tests.samples import event


@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        (
            Listed(
                hosts=(
                    "web-*",
                    "Bastion-*",
                )
            ),
            "host Bastion-*",
        ),
        (Listed(rules=("ssh_*",)), "rule ssh_*"),
        (Listed(addresses=(ip_network("192.0.2.0/24"),)), "address 192.0.2.0/24"),
    ],
)
def test_what_is_sensitive_goes_up_and_what_is_expected_down(lists: Listed, reason: str) -> None:
    up = weigh(event(), SeverityLists(sensitive=lists))
    down = weigh(event(), SeverityLists(expected=lists))
    assert (up.severity, down.severity) == (Severity.HIGH, Severity.LOW)
    assert up.severity_reason == f"raised from medium: sensitive {reason}"
    assert down.severity_reason == f"lowered from medium: expected {reason}"


def test_what_is_on_both_lists_is_sensitive() -> None:
    both = Listed(hosts=("*",))
    assert weigh(event(), SeverityLists(sensitive=both, expected=both)).severity is Severity.HIGH


def test_a_list_moves_a_severity_by_one_step() -> None:
    everything = Listed(hosts=("*",))
    low = weigh(event(severity=Severity.LOW), SeverityLists(sensitive=everything))
    critical = weigh(event(severity=Severity.CRITICAL), SeverityLists(expected=everything))
    assert (low.severity, critical.severity) == (Severity.MEDIUM, Severity.HIGH)


def test_no_severity_lies_beyond_critical_or_below_low() -> None:
    everything = Listed(hosts=("*",))
    critical = weigh(event(severity=Severity.CRITICAL), SeverityLists(sensitive=everything))
    low = weigh(event(severity=Severity.LOW), SeverityLists(expected=everything))
    assert (critical.severity, critical.severity_reason) == (Severity.CRITICAL, None)
    assert (low.severity, low.severity_reason) == (Severity.LOW, None)


@pytest.mark.parametrize("address", [None, "AWS Internal", "192.0.2.x", "2001:db8::1"])
def test_what_is_no_address_of_the_network_is_on_no_list(address: str | None) -> None:
    lists = Listed(addresses=(ip_network("192.0.2.0/24"),))
    assert weigh(event(source_ip=address), SeverityLists(expected=lists)).severity is Severity.MEDIUM
