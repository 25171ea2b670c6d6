"""Listed that raise or lower the severity of an event."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from powertrip.domain.event import Severity
from powertrip.domain.severity import Listed, RaisedByRisk, SeverityLists, weigh, weigh_risk
from tests.samples import event, known


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


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (34, Severity.MEDIUM),
        (35, Severity.HIGH),
        (67, Severity.HIGH),
        (68, Severity.CRITICAL),
    ],
)
def test_a_yellow_address_raises_the_severity_a_step_and_a_red_one_two(
    score: int, severity: Severity
) -> None:
    assert weigh_risk(event(facts=known(score)), RaisedByRisk()).severity is severity


def test_a_score_that_comes_again_or_gets_worse_raises_no_further_than_the_worst_does() -> None:
    low = event(severity=Severity.LOW)
    yellow = weigh_risk(replace(low, facts=known(50)), RaisedByRisk())
    again = weigh_risk(yellow, RaisedByRisk())
    red = weigh_risk(replace(again, facts=known(90)), RaisedByRisk())
    assert (yellow.severity, again.severity, red.severity) == (
        Severity.MEDIUM,
        Severity.MEDIUM,
        Severity.HIGH,
    )
    first, then = "raised from low: an address of medium risk", "raised from medium: an address of high risk"
    assert red.severity_reason == f"{first}; {then}"
    green = weigh_risk(replace(red, facts=known(1)), RaisedByRisk())
    assert green.severity is Severity.HIGH


def test_nought_steps_leave_the_severity_as_the_rule_has_it() -> None:
    red = event(facts=known(99))
    assert weigh_risk(red, RaisedByRisk(medium=0, high=0)) == red
