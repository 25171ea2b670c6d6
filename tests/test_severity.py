"""Lists that raise or lower the severity of an event."""

from ipaddress import ip_network

import pytest

from powertrip.event import Severity
from powertrip.severity import Lists, Weights, weigh
from tests.samples import event


@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        (Lists(hosts=["web-*", "Bastion-*"]), "host Bastion-*"),
        (Lists(rules=["ssh_*"]), "rule ssh_*"),
        (Lists(networks=[ip_network("192.0.2.0/24")]), "address 192.0.2.0/24"),
    ],
)
def test_what_is_sensitive_goes_up_and_what_is_expected_down(lists: Lists, reason: str) -> None:
    up = weigh(event(), Weights(sensitive=lists))
    down = weigh(event(), Weights(expected=lists))
    assert (up.severity, down.severity) == (Severity.HIGH, Severity.LOW)
    assert up.severity_reason == f"raised from medium: sensitive {reason}"
    assert down.severity_reason == f"lowered from medium: expected {reason}"


def test_what_is_on_both_lists_is_sensitive() -> None:
    both = Lists(hosts=["*"])
    assert weigh(event(), Weights(sensitive=both, expected=both)).severity is Severity.HIGH


def test_no_severity_lies_beyond_critical_or_below_low() -> None:
    everything = Lists(hosts=["*"])
    critical = weigh(event(severity=Severity.CRITICAL), Weights(sensitive=everything))
    low = weigh(event(severity=Severity.LOW), Weights(expected=everything))
    assert (critical.severity, critical.severity_reason) == (Severity.CRITICAL, None)
    assert (low.severity, low.severity_reason) == (Severity.LOW, None)


@pytest.mark.parametrize("address", [None, "AWS Internal", "192.0.2.x", "2001:db8::1"])
def test_what_is_no_address_of_the_network_is_on_no_list(address: str | None) -> None:
    lists = Lists(networks=[ip_network("192.0.2.0/24")])
    assert weigh(event(source_ip=address), Weights(expected=lists)).severity is Severity.MEDIUM
