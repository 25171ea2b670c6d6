"""What may be left out after an approval: the like of what was approved, and never more."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from powertrip.domain.address import Network
from powertrip.domain.event import Event, Status
from powertrip.domain.expectations import ExpectationSection
from powertrip.domain.offering import is_offered, offer
from powertrip.domain.severity import Listed
from powertrip.errors import NotAllowed, Refused
from tests.expecting import KEY, WHOSE
from tests.samples import ALICE, BOB, CAROL, decision, event, known

ROAMING = known(5, network=Network(as_number=64500, name="Example Mobile"))
ON = ExpectationSection(enabled=True, max=timedelta(hours=2))


NOTHING = Listed()


def approved(by: str = ALICE, **changes: Any) -> Event:
    said = (decision(actor_id=by),)
    found = event(status=Status.APPROVED, decisions=said, fields={"key_fingerprint": KEY})
    return replace(found, **changes)


def test_the_narrowest_comes_first_and_the_key_is_always_bound() -> None:
    found = offer(approved(), WHOSE, ON, NOTHING, ALICE)
    assert found.hosts == ("bastion-1", "bastion-*")
    assert found.networks == ("192.0.2.10/32", "192.0.2.0/24")
    assert found.lengths == (timedelta(hours=1), timedelta(hours=2))
    wish = found.wish(
        host="bastion-*", network="192.0.2.0/24", length=timedelta(hours=1), why="mine", ticket=None
    )
    assert (wish.rule, wish.key, wish.from_event) == ("ssh_login", KEY, found.event.id)


@pytest.mark.parametrize(
    ("widest", "facts", "networks"),
    [
        ("exact", ROAMING, ("192.0.2.10/32",)),
        ("cidr", ROAMING, ("192.0.2.10/32", "192.0.2.0/24")),
        ("as", ROAMING, ("192.0.2.10/32", "192.0.2.0/24", "AS64500")),
        ("as", known(5), ("192.0.2.10/32", "192.0.2.0/24")),
        ("as", None, ("192.0.2.10/32", "192.0.2.0/24")),
    ],
)
def test_no_network_is_offered_that_is_wider_than_the_configuration_allows_or_not_known(
    widest: Any, facts: Any, networks: tuple[str, ...]
) -> None:
    section = ExpectationSection(enabled=True, network=widest)
    assert offer(approved(facts=facts), WHOSE, section, NOTHING, ALICE).networks == networks


def test_a_group_or_network_in_which_something_is_sensitive_is_not_offered() -> None:
    host = Listed(hosts=("bastion-7",))
    assert offer(approved(), WHOSE, ON, host, ALICE).hosts == ("bastion-1",)
    address = Listed(addresses=(ip_network("192.0.2.66/32"),))
    assert offer(approved(), WHOSE, ON, address, ALICE).networks == ("192.0.2.10/32",)
    assert not is_offered(approved(), replace(WHOSE, is_sensitive=True))
    # An event that is on the list itself, though nobody said so when it was read: never without any bound.
    for itself in (Listed(hosts=("bastion-1",)), Listed(addresses=(ip_network("192.0.2.10/32"),))):
        with pytest.raises(Refused):
            offer(approved(), WHOSE, ON, itself, ALICE)


def test_what_was_not_offered_cannot_be_had() -> None:
    found = offer(approved(), WHOSE, ON, NOTHING, ALICE)
    hour = timedelta(hours=1)
    for host, network, length in (
        ("*", "192.0.2.0/24", hour),
        ("bastion-*", "0.0.0.0/0", hour),
        ("bastion-*", None, hour),
        ("bastion-*", "192.0.2.0/24", timedelta(hours=9)),
    ):
        with pytest.raises(Refused):
            found.wish(host=host, network=network, length=length, why="mine", ticket=None)


def test_it_is_offered_only_for_ones_own_that_one_approved() -> None:
    assert is_offered(approved(), WHOSE)
    assert not is_offered(approved(), None)
    assert not is_offered(approved(by=CAROL), WHOSE)
    assert not is_offered(event(), WHOSE)
    # Somebody else has yet to approve it, too; or has denied it.
    assert not is_offered(approved(status=Status.HALF_APPROVED), WHOSE)
    assert not is_offered(approved(status=Status.DENIED), WHOSE)
    assert not is_offered(approved(requires_proof="totp"), WHOSE)
    assert not is_offered(approved(decisions=(decision(proof="totp"),)), WHOSE)
    assert not is_offered(approved(decisions=(decision(expectation_id="e1"),)), WHOSE)
    with pytest.raises(NotAllowed):
        offer(approved(), WHOSE, ON, NOTHING, BOB)


@pytest.mark.parametrize(
    "changes",
    [
        {"host_name": "*"},
        {"host_name": "web-[0-9]"},
        {"host_name": None},
        {"source_ip": "AWS Internal"},
        {"fields": {"key_fingerprint": "a b"}},
    ],
)
def test_a_record_that_names_what_is_no_name_is_asked_about_each_time(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        offer(approved(**changes), WHOSE, ON, NOTHING, ALICE)
