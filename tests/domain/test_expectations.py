"""What an expectation covers, dimension by dimension, and what nobody may announce."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from powertrip.domain import announcing
from powertrip.domain.address import AddressKind, Network, RiskLevel
from powertrip.domain.announcing import Week, Wish
from powertrip.domain.event import MISSED_AT, Event, Severity
from powertrip.domain.expectations import (
    ExpectationSection,
    expectable,
    is_fully_known,
    outside,
)
from powertrip.domain.expected_names import patterns_meet
from powertrip.domain.people import Actor, Person, Standing
from powertrip.domain.policy import When
from powertrip.domain.severity import Listed, SeverityLists
from powertrip.errors import NotAllowed, Refused
from tests.expecting import KEY, WHOSE, expectation
from tests.samples import ALICE, BOB, CAROL, NOW, event, known, later

ON = ExpectationSection(enabled=True)
OPEN = expectation(confirmed_at=NOW, confirmed_by=CAROL, key=KEY)
ALICE_PERSON = Person(name="alice", slack=ALICE)
SECOND = timedelta(seconds=1)


def about(**changes: Any) -> Event:
    return event(**({"fields": {"key_fingerprint": KEY}, "occurred_at": later(minutes=1)} | changes))


def why(found: Event, expected: Any = OPEN, whose: Any = WHOSE, now: Any = None) -> str | None:
    moment = found.occurred_at
    return outside(expected, whose, found, [moment], now or later(minutes=2))


def test_what_fits_in_every_respect_is_covered() -> None:
    assert why(about()) is None
    assert why(about(host_name="BASTION-9", facts=known(20))) is None


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"rule": "ssh_login_failed"}, "another rule"),
        ({"rule": "sudo"}, "another rule"),
        ({"host_name": "bastion1"}, "another host"),
        ({"host_name": "db-1"}, "another host"),
        ({"host_name": None}, "another host"),
        ({"source_ip": "192.0.3.0"}, "another network"),
        ({"source_ip": None}, "another network"),
        ({"source_ip": "AWS Internal"}, "another network"),
        ({"source_ip": "2001:db8::1"}, "another network"),
        ({"fields": {"key_fingerprint": KEY[:-1] + "x"}}, "another key"),
        ({"fields": {"method": "password"}}, "another key"),
        ({"fields": {"key_fingerprint": KEY, "event_outcome": "failure"}}, "did not succeed"),
        ({"is_test": True}, "a test"),
        ({"requires_proof": "typed_host"}, "takes a proof"),
        ({"severity": Severity.HIGH}, "a higher severity"),
        ({"facts": known(35)}, "a higher risk"),
        ({"varied": {"source_ip": ("198.51.100.7",)}}, "records that differ"),
        ({"occurred_at": NOW - timedelta(microseconds=1)}, "another time"),
        ({"occurred_at": later(hours=1)}, "another time"),
    ],
)
def test_one_dimension_off_by_one_is_asked_about(changes: dict[str, Any], because: str) -> None:
    assert why(about(**changes)) == because


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        (known(20, network=Network(as_number=64500)), None),
        (known(20, network=Network(as_number=64501)), "another network"),
        (known(20, network=Network(name="Example Net")), "another network"),
        (known(20), "another network"),
        (None, "another network"),
    ],
    ids=["that one", "the next", "only a name", "unknown", "not looked up"],
)
def test_an_as_covers_what_is_known_to_come_from_it(facts: Any, because: str | None) -> None:
    of_as = replace(OPEN, network="AS64500")
    assert why(about(source_ip="198.51.100.7", facts=facts), of_as) == because


def test_it_ends_at_the_second_and_covers_nothing_of_before_it_was_confirmed() -> None:
    late = about(occurred_at=later(hours=1) - SECOND)
    assert why(late, now=later(hours=1) - SECOND) is None
    # What comes late is asked about, also where it says that it happened in time.
    assert why(late, now=later(hours=1)) == "another time"
    at_its_end = about(occurred_at=later(hours=1))
    assert why(at_its_end, now=later(hours=1) - SECOND) == "another time"
    begins_later = replace(OPEN, starts_at=later(minutes=5))
    assert why(about(), begins_later, now=later(minutes=6)) == "another time"
    confirmed_later = replace(OPEN, confirmed_at=later(minutes=5))
    assert why(about(), confirmed_later, now=later(minutes=6)) == "another time"
    ahead = about(occurred_at=later(minutes=30))
    assert why(ahead, now=later(minutes=2)) == "another time"


def test_another_person_and_another_account_of_the_name_are_asked_about() -> None:
    assert why(about(), whose=replace(WHOSE, person="bob")) == "another person"
    assert why(about(), whose=replace(WHOSE, slack_id=BOB)) == "another person"


def test_what_is_not_confirmed_or_has_ended_covers_nothing() -> None:
    assert why(about(), expectation(key=KEY)) == "not open"
    assert why(about(), replace(OPEN, ended_at=NOW)) == "not open"
    assert [each.is_open for each in (expectation(), OPEN, replace(OPEN, ended_at=NOW))] == [
        False,
        True,
        False,
    ]


def test_a_ticket_is_one_as_a_whole() -> None:
    section = ExpectationSection(ticket="CHG-[0-9]+")
    words = ("CHG-12", "CHG-12x", "xCHG-12", "CHG-", "")
    assert [section.takes_ticket(word) for word in words] == [True, False, False, False, False]


def test_what_is_sensitive_takes_more_than_the_word_of_the_person_themselves() -> None:
    sensitive = replace(WHOSE, is_sensitive=True)
    assert why(about(), whose=sensitive) == "sensitive, and announced by whom it is about"
    assert why(about(), replace(OPEN, created_by=CAROL), sensitive) is None


def test_what_takes_two_people_takes_two_for_the_expectation() -> None:
    both = about(requires_second_person=True)
    assert why(both) is None
    assert why(both, replace(OPEN, confirmed_by=ALICE)) == "takes two people"
    assert why(both, replace(OPEN, created_by=CAROL, confirmed_by=CAROL)) == "takes two people"
    assert why(both, replace(OPEN, created_by=CAROL, confirmed_by=ALICE)) == "takes two people"


def test_what_takes_a_reason_takes_one_of_the_expectation() -> None:
    takes_one = about(requires_reason=True)
    assert why(takes_one) is None
    assert why(takes_one, replace(OPEN, ticket=None, why=None)) == "takes a reason"


def test_some_events_are_asked_about_whatever_is_expected() -> None:
    def whose(found: Event, section: ExpectationSection = ON, person: Person | None = ALICE_PERSON) -> Any:
        return expectable(found, person, section, SeverityLists(), ())

    assert whose(about()) == WHOSE
    assert whose(about(), ExpectationSection()) is None
    assert whose(about(), person=None) is None
    assert whose(about(is_test=True)) is None
    assert whose(about(severity=Severity.HIGH)) is None
    assert whose(about(fields={MISSED_AT: "2026-01-15"})) is None
    narrow = ExpectationSection(enabled=True, not_for=(When(host=("bastion*",)),))
    assert whose(about(), narrow) is None


def test_an_address_is_known_once_every_service_has_answered() -> None:
    assert is_fully_known(about(facts=known(10)))
    assert not is_fully_known(about())
    for missing in ({"awaited": ("GreyNoise",)}, {"failing": ("x",)}, {"unavailable": {"x": "quota"}}):
        assert not is_fully_known(about(facts=known(10, **missing)))
    assert known().kind is AddressKind.PUBLIC


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        *(("web-*", "web-1", True), ("web-*", "*-1", True), ("*", "", True), ("", "", True)),
        *(("web-*", "db-*", False), ("a*b", "a*c", False), ("a*b", "*c*", True), ("web", "web-*", False)),
    ],
)
def test_two_patterns_meet_where_some_text_fits_both(one: str, other: str, meet: bool) -> None:
    assert patterns_meet(one, other) is meet
    assert patterns_meet(other, one) is meet


WISH = Wish(rule="ssh_login", host="web-*", length=timedelta(hours=2), why="new certificates")
ALICE_HERSELF = Actor(slack_id=ALICE, name="Alice", standing=Standing.MEMBER)
REVIEWER = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
SENSITIVE = SeverityLists(sensitive=Listed(hosts=("bastion*",), rules=("sudo",)))


def announced(
    wish: Wish = WISH,
    actor: Actor = ALICE_HERSELF,
    lists: SeverityLists = SENSITIVE,
    section: ExpectationSection = ON,
) -> Any:
    return announcing.announced(
        wish, ALICE_PERSON, ALICE, actor, section=section, lists=lists, expectation_id="e1", now=NOW
    )


def test_an_as_is_announced_only_where_that_is_allowed_and_confirmed_as_broad_is() -> None:
    allowed = ExpectationSection(enabled=True, network="as")
    lists = SeverityLists(sensitive=Listed(addresses=(ip_network("192.0.2.0/24"),)))
    wide = replace(WISH, network="AS64500")
    with pytest.raises(Refused, match="too wide"):
        announced(wide)
    made = announced(wide, lists=lists, section=allowed)
    assert announcing.is_broad(made, Week())


def test_what_is_announced_is_as_narrow_as_it_was_typed_and_no_wider_than_the_limits() -> None:
    expected = announced(replace(WISH, severity=Severity.LOW, max_uses=3))
    assert (expected.severity, expected.risk, expected.max_uses) == (Severity.LOW, RiskLevel.LOW, 3)
    assert (expected.starts_at, expected.until) == (NOW, later(hours=2))
    assert announcing.needs_second_person(expected, ON)
    assert not announcing.needs_second_person(announced(actor=REVIEWER), ON)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"length": timedelta(hours=9)}, "too long"),
        ({"severity": Severity.CRITICAL}, "above medium severity"),
        ({"max_uses": 201}, "at most 200 records"),
        ({"rule": "**"}, "Name a rule"),
        ({"host": "*"}, "every host"),
        ({"host": "***"}, "every host"),
        ({"why": " "}, "Say why"),
        ({"starts_at": NOW - SECOND}, "cannot be announced for the past"),
        ({"starts_at": later(days=8)}, "too far ahead"),
        ({"host": "*-1", "rule": "sudo"}, "nobody can announce it for themselves"),
        ({"host": "b*"}, "nobody can announce it for themselves"),
        ({"host": "web-1", "rule": "su*"}, "nobody can announce it for themselves"),
    ],
)
def test_what_nobody_may_announce_is_refused_with_why(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        announced(replace(WISH, **changes))


def test_only_reviewers_announce_for_others_and_what_is_sensitive() -> None:
    with pytest.raises(NotAllowed, match="work of others"):
        announced(actor=Actor(slack_id=BOB, name="Bob", standing=Standing.MEMBER))
    assert announced(replace(WISH, host="bastion-1"), REVIEWER).host == "bastion-1"


def test_nobody_is_the_second_person_of_their_own() -> None:
    mine = announced()
    reviewer = replace(ALICE_HERSELF, is_reviewer=True)
    with pytest.raises(NotAllowed, match="another reviewer"):
        announcing.authorise_confirming(mine, reviewer, ON)
    with pytest.raises(NotAllowed, match="Only reviewers"):
        announcing.authorise_confirming(mine, ALICE_HERSELF, ON)
    announcing.authorise_confirming(mine, REVIEWER, ON)


def test_only_those_whom_it_concerns_and_reviewers_end_it() -> None:
    of_carol = replace(OPEN, created_by=CAROL)
    for actor in (ALICE_HERSELF, REVIEWER, replace(REVIEWER, is_reviewer=False)):
        announcing.authorise_ending(of_carol, actor)
    with pytest.raises(NotAllowed, match="can end it"):
        announcing.authorise_ending(of_carol, Actor(slack_id=BOB, name="Bob", standing=Standing.MEMBER))


@pytest.mark.parametrize(
    ("changes", "week", "is_broad"),
    [
        ({}, Week(covered=20), False),
        ({}, Week(covered=21), True),
        ({}, Week(is_cut=True), True),
        ({"rule": "ssh_*"}, Week(), True),
        ({"host": "*-1"}, Week(), True),
    ],
)
def test_what_is_broad_is_opened_by_who_has_seen_what_it_would_have_covered(
    changes: dict[str, Any], week: Week, is_broad: bool
) -> None:
    assert announcing.is_broad(expectation(**changes), week) is is_broad


def test_what_it_would_have_covered_last_week_is_said_with_what_is_outside() -> None:
    expected = replace(announced(replace(WISH, host="web-*", network="192.0.2.0/24")), confirmed_at=NOW)
    events = [
        *(event(host_name=f"web-{number}", occurrences=2) for number in range(3)),
        event(host_name="web-1", source_ip="198.51.100.7"),
        event(host_name="web-1", severity=Severity.HIGH),
        event(host_name="db-1"),
    ]
    week = announcing.last_week(expected, events, ALICE_PERSON, ON, SeverityLists(), is_cut=False)
    assert (week.covered, week.hosts) == (6, 3)
    assert week.outside == {"another network": 1, "never covered": 1}


def test_what_was_asked_for_before_the_clock_was_set_back_is_announced_anew() -> None:
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
    asked = expectation(created_by=CAROL)
    announcing.authorise_announcing(asked, carol, ON, NOW)
    with pytest.raises(Refused, match="Announce it again"):
        announcing.authorise_announcing(asked, carol, ON, NOW - SECOND)
