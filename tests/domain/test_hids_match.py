"""Which two records are held to be of one thing."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from powertrip.domain.hids_match import Trace, may_be_one, pairs, same_host
from tests.samples import later

WITHIN = timedelta(minutes=5)


def trace(number: int = 1, seconds: float = 0, **changes: Any) -> Trace:
    """Alice's login, so many seconds after noon."""
    fields: dict[str, Any] = {
        "event_action": "ssh_login",
        "user_name": "alice",
        "host_name": "bastion-1",
        "source_ip": "192.0.2.10",
    }
    return Trace(id=number, at=later(seconds=seconds), **(fields | changes))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("bastion-1", "bastion-1", True),
        ("bastion-1", "bastion-1.example.com", True),
        ("BASTION-1.example.com", "bastion-1", True),
        ("bastion-1.example.com.", "bastion-1.example.com", True),
        ("bastion-1.example.com", "bastion-1.example.org", False),
        ("bastion-1", "bastion-2", False),
        ("bastion-1", "bastion-10.example.com", False),
        ("192", "192.0.2.1", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::2", False),
        (None, None, True),
        ("bastion-1", None, False),
    ],
)
def test_hosts_are_compared_without_a_domain_where_one_has_none(
    one: str | None, other: str | None, same: bool
) -> None:
    assert same_host(one, other) is same
    assert same_host(other, one) is same


@pytest.mark.parametrize(
    ("changes", "seconds", "same"),
    [
        ({}, 0, True),
        ({}, 300, True),
        ({}, -300, True),
        ({}, 301, False),
        ({"user_name": "bob"}, 0, False),
        ({"user_name": None}, 0, False),
        ({"source_ip": "192.0.2.11"}, 0, False),
        ({"source_ip": None}, 0, False),
        ({"event_action": "sudo"}, 0, False),
        ({"host_name": "bastion-1.example.com"}, 0, True),
        ({"source_port": "50000"}, 0, True),
    ],
)
def test_what_two_records_of_one_thing_have_in_common(
    changes: dict[str, Any], seconds: float, same: bool
) -> None:
    assert may_be_one(trace(), trace(seconds=seconds, **changes), WITHIN) is same


def test_ports_that_differ_are_of_two_connections() -> None:
    assert not may_be_one(trace(source_port="1"), trace(source_port="2"), WITHIN)


def test_the_nearest_in_time_belong_together() -> None:
    ours = [trace(1, 0), trace(2, 60)]
    theirs = [trace(11, 62), trace(12, 3)]
    assert pairs(ours, theirs, WITHIN) == {11: 2, 12: 1}


def test_equal_ports_go_before_nearness() -> None:
    ours = [trace(1, 0, source_port="1"), trace(2, 200, source_port="2")]
    assert pairs(ours, [trace(11, 0, source_port="2")], WITHIN) == {11: 2}


def test_a_port_that_only_one_side_knows_keeps_nothing_apart() -> None:
    assert pairs([trace(1, source_port="1")], [trace(11)], WITHIN) == {11: 1}
    assert pairs([trace(1)], [trace(11, source_port="1")], WITHIN) == {11: 1}


def test_each_record_is_in_one_pair() -> None:
    assert pairs([trace(1)], [trace(11), trace(12, 1)], WITHIN) == {11: 1}


def test_the_order_of_arrival_makes_no_difference() -> None:
    ours = [trace(1, 0), trace(2, 60), trace(3, 90)]
    theirs = [trace(11, 5), trace(12, 58), trace(13, 130)]
    found = [
        pairs(list(one), list(other), WITHIN) for one in permutations(ours) for other in permutations(theirs)
    ]
    assert found == [{11: 1, 12: 2, 13: 3}] * len(found)
