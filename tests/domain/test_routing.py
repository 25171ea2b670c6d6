"""Who is meant by a name, and where an event is asked about."""

import pytest

from powertrip.domain.people import Person, Subject, SubjectKind
from powertrip.domain.routing import People, route
from tests.samples import ALICE, BOB, SECURITY

PEOPLE = People(
    [
        Person(
            name="alice",
            names=("alice-admin", "Alice.Example@example.com", "AIDAALICE", "00u1alice"),
            github="Alice-GH",
            slack=ALICE,
        ),
        Person(name="bob", email="Bob@example.com"),
        Person(name="oswaldo", bot=True),
    ]
)


def found(name: str | None) -> str | None:
    """Whose name it is."""
    person = PEOPLE.find(name)
    return person.name if person else None


def test_a_person_is_found_by_any_of_their_names() -> None:
    names = ("alice", "alice-admin", "Alice.Example@example.com", "AIDAALICE", "00u1alice", "Alice-GH")

    assert {found(name) for name in names} == {"alice"}
    assert found("Bob@example.com") == "bob"
    assert found("oswaldo") == "oswaldo"


def test_capitals_do_not_matter_in_addresses_and_github_logins() -> None:
    assert found("alice.example@EXAMPLE.com") == "alice"
    assert found("ALICE-gh") == "alice"
    assert found("bob@EXAMPLE.com") == "bob"


def test_capitals_matter_in_every_other_name() -> None:
    assert [found(name) for name in ("Alice", "ALICE-ADMIN", "aidaalice", "Bob")] == [None] * 4


def test_nobody_has_no_name() -> None:
    assert (found(None), found(""), found("mallory")) == (None, None, None)


def test_a_person_whom_slack_has_not_named_yet_is_looked_up_again_by_name() -> None:
    assert route(Subject(kind=SubjectKind.AWAITED, name="bob"), SECURITY) == "@bob"


@pytest.mark.parametrize("slack_id", [ALICE, BOB])
def test_a_person_is_asked_themselves(slack_id: str) -> None:
    assert route(Subject(kind=SubjectKind.PERSON, slack_id=slack_id), SECURITY) == slack_id


@pytest.mark.parametrize("kind", [kind for kind in SubjectKind if kind is not SubjectKind.PERSON])
def test_whoever_cannot_be_asked_leads_to_the_security_channel(kind: SubjectKind) -> None:
    assert route(Subject(kind=kind, slack_id=ALICE), SECURITY) == SECURITY


def test_a_person_without_a_slack_id_leads_to_the_security_channel() -> None:
    assert route(Subject(kind=SubjectKind.PERSON), SECURITY) == SECURITY
