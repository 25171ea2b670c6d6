"""The person's past on the card: what is new, what is as ever, and what was denied."""

import pytest

from powertrip.cards import event_card
from powertrip.domain.habits import Past
from tests.cards.logins import login, view
from tests.cards.reading import shown
from tests.samples import NOW


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (Past(first_of_person=True), "Nothing of this kind was seen of alice before."),
        (Past(first_from_address=True), "New address for alice: nothing from there was approved before."),
        (
            Past(first_from_address=True, first_from_network=True, first_from_country=True),
            "New country, network and address for alice: nothing from there was approved before.",
        ),
        (Past(times_from_address=34), "The 34th time from this address in 30 days."),
        (Past(times_from_address=1001, or_more_times=True), "At least the 1,001st time from this address"),
        (Past(times_from_address=2), "The 2nd time from this address"),
        (Past(times_from_address=111), "The 111th time"),
        (Past(unusual_hour=True), "alice is not usually at work at this hour."),
        (Past(denied_from_address_at=NOW), "An event from this address was denied, "),
        (Past(host_approved_at=NOW, host_approved_user="bob"), "The last approved here was bob, "),
    ],
)
def test_the_past_is_told_in_a_sentence(past: Past, said: str) -> None:
    assert said in shown(event_card(login(past=past), view(), NOW))


def test_of_an_unnamed_user_there_is_no_past_to_tell() -> None:
    said = shown(event_card(login(user_name=None, past=Past(first_of_person=True)), view(), NOW))
    assert "before" not in said
