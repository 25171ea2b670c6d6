"""Where an event is asked about."""

import pytest

from powertrip import routing
from powertrip.event import Person, Subject, SubjectKind
from powertrip.routing import People
from tests.samples import ALICE, SECURITY


def test_a_person_is_asked_themselves() -> None:
    recipients = routing.route(Subject(kind=SubjectKind.PERSON, slack_id=ALICE), SECURITY)
    assert (recipients.conversation, recipients.audience) == (ALICE, "person")


@pytest.mark.parametrize("kind", [kind for kind in SubjectKind if kind is not SubjectKind.PERSON])
def test_whoever_cannot_be_asked_leads_to_the_security_channel_with_the_reason(kind: SubjectKind) -> None:
    recipients = routing.route(Subject(kind=kind, slack_id=ALICE), SECURITY)
    assert (recipients.conversation, recipients.audience, recipients.why) == (SECURITY, "channel", kind)


def test_a_person_without_a_slack_id_leads_to_the_security_channel() -> None:
    assert routing.route(Subject(kind=SubjectKind.PERSON), SECURITY).conversation == SECURITY


def test_people_are_found_by_each_of_their_names_and_by_no_other() -> None:
    alice = Person(name="alice", names=("alice-admin",), slack_id=ALICE)
    people = People([alice])
    assert people.find("alice") is alice
    assert people.find("alice-admin") is alice
    assert people.find("Alice") is None
    assert people.find(None) is None
    assert people.find("") is None
