"""Who belongs to a storm, and who does not fit."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_network
from random import Random
from typing import Any

import pytest

from powertrip.domain import storms
from powertrip.domain.address import RiskLevel
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Severity
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from powertrip.domain.storm_view import authorise_bulk
from powertrip.domain.storms import BulkSettings, Storm, StormKind
from powertrip.errors import NotAllowed
from tests.samples import ALICE, CAROL, NOW, event, known

BOT = Subject(kind=SubjectKind.BOT, name="oswaldo")
NOBODY = Subject(kind=SubjectKind.UNMAPPED)


def login(**changes: Any) -> Event:
    fields: dict[str, Any] = {"user_name": "oswaldo", "host_name": "web-1", "subject": BOT}
    return event(**(fields | {"fields": {"method": "publickey", "source_port": "50000"}} | changes))


def storm(**changes: Any) -> Storm:
    fields: dict[str, Any] = {
        "id": "0" * 16,
        "kind": StormKind.PERSON,
        "key": "key",
        "rule": "ssh_login",
        "title": "SSH login",
        "severity": Severity.MEDIUM,
        "user_name": "oswaldo",
        "source_ip": None,
        "network": "192.0.2.0/24",
        "failed": False,
        "groups": ("web-*",),
        "opened_at": NOW,
        "last_at": NOW,
        "ended_at": None,
        "seq": 30,
        "version": 1,
        "reminders": 0,
        "next_reminder_at": None,
    }
    return Storm(**(fields | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"host_name": "web-2"},
        {"source_ip": "192.0.2.99"},
        {"fields": {"method": "publickey", "source_port": "50001", "session": "7"}},
    ],
    ids=["another host", "the same network", "another port and session"],
)
def test_logins_that_differ_in_passing_are_of_one_storm(changes: dict[str, Any]) -> None:
    assert storms.keys_of(login(**changes)) == storms.keys_of(login())


@pytest.mark.parametrize(
    "changes",
    [
        {"user_name": "alice"},
        {"source_ip": "198.51.100.1"},
        {"rule": "sudo"},
        {"severity": Severity.LOW},
        {"fields": {"method": "password", "source_port": "50000"}},
        {"fields": {"method": "publickey", "source_port": "50000", "command": "id"}},
    ],
    ids=["person", "network", "rule", "severity", "method", "command"],
)
def test_what_differs_in_anything_that_a_card_shows_is_of_another(changes: dict[str, Any]) -> None:
    assert not set(storms.keys_of(login(**changes))) & set(storms.keys_of(login()))


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": Severity.HIGH},
        {"severity": Severity.CRITICAL},
        {"severity_reason": "raised from low: sensitive host web-1"},
        {"requires_second_person": True},
        {"is_test": True},
        {"user_name": None, "source_ip": None},
    ],
    ids=["high", "critical", "sensitive", "two people", "test", "nobody and nowhere"],
)
def test_what_each_has_to_be_looked_at_is_of_no_storm(changes: dict[str, Any]) -> None:
    assert storms.keys_of(login(**changes)) == ()


def test_names_that_nobody_is_listed_for_make_a_storm_of_their_address() -> None:
    keys = [storms.keys_of(login(user_name=f"guess{n}", subject=NOBODY)) for n in range(2)]
    assert keys[0][1] == keys[1][1]
    assert keys[0][1][0] is StormKind.ADDRESS
    # An office behind one address is no storm: whoever is listed is asked in person.
    assert [kind for kind, _ in storms.keys_of(login())] == [StormKind.PERSON]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"source_ip": "203.0.113.9"}, "from another network"),
        ({"severity": Severity.CRITICAL}, "critical severity"),
        ({"severity": Severity.LOW}, "low severity"),
        ({"fields": {"method": "password"}}, "in another way"),
        ({"requires_second_person": True}, "takes two people"),
        ({"requires_proof": "proof"}, "takes a proof"),
        ({"user_name": "alice"}, None),
        ({"rule": "sudo"}, None),
        ({"rule": "sudo", "severity": Severity.HIGH}, "high severity"),
    ],
)
def test_what_stands_beside_a_storm_has_a_reason(changes: dict[str, Any], why: str | None) -> None:
    assert storms.beside(login(**changes), storm()) == why


def test_one_that_succeeds_among_those_that_fail_stands_beside_them() -> None:
    failing = storm(
        kind=StormKind.ADDRESS, user_name=None, source_ip="192.0.2.10", failed=True, rule="failed"
    )
    succeeded = login(user_name="root", subject=NOBODY)
    assert storms.beside(succeeded, failing) == "succeeded, while the others failed"
    failed = replace(succeeded, fields={"event_outcome": "failure"}, rule="failed", subject=BOT)
    assert storms.beside(failed, failing) == "of somebody who is listed"


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("web-17", "web-*"),
        ("WEB-9", "web-*"),
        ("web17.prod", "web*.prod"),
        ("i-0abc12def", "i-*"),
        ("vault", "vault"),
    ],
)
def test_hosts_that_are_counted_are_of_one_group(name: str, group: str) -> None:
    assert storms.host_group(name) == group


def test_a_kind_of_host_that_is_new_does_not_fit() -> None:
    assert storms.apart(login(host_name="web-99"), storm()) is None
    assert storms.apart(login(host_name="vault-1"), storm()) == "on a kind of host that is new here"


def test_the_past_says_which_hosts_are_usual_and_without_one_the_first_events_do() -> None:
    assert storms.usual_groups(["web-1", "web-2", "vault-1"], ()) == ("web-*",)
    assert storms.usual_groups(["web-1", "web-2"], {"db-1"}) == ("db-*",)


def test_an_address_of_ill_repute_leaves_the_storm() -> None:
    assert storms.apart_by_facts(login(facts=known(10)), RiskLevel.MEDIUM) is None
    assert storms.apart_by_facts(login(facts=known(50)), RiskLevel.MEDIUM) == "an address of medium risk"
    assert storms.apart_by_facts(login(facts=known(50)), RiskLevel.HIGH) is None


def bulk(actor: Actor, verdict: Verdict, count: int, subject: str | None = None) -> None:
    authorise_bulk(actor, verdict, subject_slack_id=subject, count=count, bulk=BulkSettings())


def test_only_reviewers_decide_together_and_few_of_their_own() -> None:
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
    bulk(carol, Verdict.APPROVE, 5000, subject=ALICE)
    bulk(carol, Verdict.APPROVE, 20, subject=CAROL)
    bulk(carol, Verdict.DENY, 5000, subject=CAROL)
    for actor, count, subject in (
        (replace(carol, is_reviewer=False), 1, ALICE),
        (replace(carol, standing=Standing.GUEST), 1, ALICE),
        (replace(carol, standing=Standing.UNKNOWN), 1, None),
        (carol, 21, CAROL),
    ):
        with pytest.raises(NotAllowed):
            bulk(actor, Verdict.APPROVE, count, subject=subject)


def test_the_network_of_an_address_is_what_the_library_says_it_is() -> None:
    chance = Random(1)  # noqa: S311 (no secret)
    for _ in range(2000):
        number = chance.getrandbits(128) >> chance.randrange(128)
        for address, length in ((IPv4Address(number & 0xFFFFFFFF), 24), (IPv6Address(number), 48)):
            expected = str(ip_network(f"{address}/{length}", strict=False))
            assert storms.network_of(str(address)) == expected


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("fe80::1%eth0", "fe80::/48"),
        ("::ffff:192.0.2.7", "::/48"),
        ("AWS Internal", "AWS Internal"),
        ("192.0.2.7/24", "192.0.2.7/24"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_zone_is_no_part_of_a_network_and_what_is_no_address_stays(
    address: str | None, network: str
) -> None:
    assert storms.network_of(address) == network
