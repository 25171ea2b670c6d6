"""The card shows all that a login notice with an address's reputation shows, and asks besides."""

import pytest

from powertrip.cards import event_card
from powertrip.cards.message import Message
from powertrip.domain.address import AddressFacts, AddressKind, Network, Place, Reputation, RiskLevel
from powertrip.domain.event import Event
from tests.cards.logins import login, view
from tests.cards.reading import shown
from tests.samples import NOW


def facts(score: int | None, risk: str = "high") -> AddressFacts:
    """What Threat Jammer answers of an address, its network and its place."""
    return AddressFacts(
        kind=AddressKind.PUBLIC,
        reputations=(
            Reputation(
                service="Threat Jammer",
                score=score,
                risk=risk,
                reason="The address was found in 2 lists",
                details={"Datasets": "ABUSE", "First seen": "30D", "Last seen": "7D"},
            ),
        ),
        network=Network(
            as_number=64496, name="EXAMPLE-AS", description="Example Networks", country_code="IE"
        ),
        place=Place(country_code="IE", region="Leinster", city="Dublin", time_zone="Europe/Dublin"),
    )


def card(about: Event) -> Message:
    """The card as the person is asked."""
    return event_card(about, view(), NOW)


SHOWN = (
    "SSH login as alice on bastion-1",  # user and host
    "From: 192.0.2.10",
    "When: ",
    "high (72 of 100 by Threat Jammer)",  # risk and score
    "The address was found in 2 lists",  # reason
    "AS64496",
    "EXAMPLE-AS",
    "Example Networks",
    "Dublin · Leinster · IE · Europe/Dublin",
    "Datasets: ABUSE",
    "First seen: 30D",
    "Last seen: 7D",
)


@pytest.mark.parametrize("item", SHOWN)
def test_nothing_that_the_articles_message_shows_is_missing(item: str) -> None:
    said = shown(card(login(facts=facts(72))))
    assert item in said


@pytest.mark.parametrize("item", SHOWN)
def test_the_plain_text_says_it_too(item: str) -> None:
    # Plain text quotes names of several words.
    assert item in card(login(facts=facts(72))).text.replace("“", "").replace("”", "")


@pytest.mark.parametrize(
    ("score", "colour", "level"),
    [
        (0, "#2eb67d", "🟢 low"),
        (34, "#2eb67d", "🟢 low"),
        (35, "#ecb22e", "🟡 medium"),
        (67, "#ecb22e", "🟡 medium"),
        (68, "#e01e5a", "🔴 high"),
        (99, "#e01e5a", "🔴 high"),
    ],
)
def test_the_bar_and_its_word_follow_the_score(score: int, colour: str, level: str) -> None:
    message = card(login(facts=facts(score)))
    assert message.attachments[0]["color"] == colour
    assert level in shown(message)


@pytest.mark.parametrize(
    ("risk", "colour"),
    [("low", "#2eb67d"), ("medium", "#ecb22e"), ("high", "#e01e5a"), ("unknown", "#8d8d8d")],
)
def test_without_a_score_the_services_word_gives_the_colour(risk: str, colour: str) -> None:
    assert card(login(facts=facts(None, risk))).attachments[0]["color"] == colour


def test_the_worst_of_several_opinions_counts_and_the_others_are_shown() -> None:
    kind = Reputation(service="GreyNoise", risk="benign", reason="A search engine")
    several = AddressFacts(kind=AddressKind.PUBLIC, reputations=(kind, *facts(90).reputations))
    about = login(facts=several)
    assert about.risk.level is RiskLevel.HIGH
    assert "GreyNoise: benign: A search engine" in shown(card(about))


def test_what_is_missing_is_said_in_words() -> None:
    missing = AddressFacts(
        kind=AddressKind.PUBLIC,
        unavailable={"AbuseIPDB": "did not answer in time"},
        awaited=("Threat Jammer", "GreyNoise"),
    )
    said = shown(card(login(facts=missing)))
    assert "Still asking Threat Jammer and GreyNoise about the address." in said
    assert "AbuseIPDB unavailable: did not answer in time" in said


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (AddressKind.PRIVATE, "a private address"),
        (AddressKind.SHARED, "shares among customers"),
        (AddressKind.DOCUMENTATION, "for documentation"),
    ],
)
def test_an_address_that_nobody_is_asked_about_is_explained(kind: AddressKind, words: str) -> None:
    assert words in shown(card(login(facts=AddressFacts(kind=kind))))


def test_without_facts_nothing_is_said_of_the_address() -> None:
    said = shown(card(login()))
    assert "Network:" not in said
    assert "Place:" not in said
    assert "unavailable" not in said
