"""What cards say of the host intrusion detection systems."""

from typing import Any

import pytest

from powertrip import cards
from powertrip.domain.hids import OriginStanding, OriginState
from tests.cards.logins import login, view
from tests.samples import NOW, later


def card_text(*standings: OriginStanding) -> str:
    return cards.event_card(login(origins=standings), view(), NOW).text


def standing(state: OriginState, **more: Any) -> OriginStanding:
    return OriginStanding(origin="wazuh", state=state, **more)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OriginState.PENDING, "HIDS (wazuh): pending, will be told what is decided."),
        (OriginState.SEEN, "HIDS (wazuh): saw this too."),
        (OriginState.MISSED, "HIDS (wazuh): ⚠️ the HIDS did not see this."),
    ],
)
def test_a_card_says_where_the_hids_stands(state: OriginState, words: str) -> None:
    assert words in card_text(standing(state))


def test_a_card_says_when_the_hids_was_told() -> None:
    said = card_text(standing(OriginState.TOLD, at=later(minutes=2)))
    assert "HIDS (wazuh): told what was decided, " in said
    assert "12:02:00" in said


def test_a_card_says_why_the_hids_was_not_told() -> None:
    said = card_text(standing(OriginState.FAILED, why="wrong password <!channel>\nsecond line"))
    assert "HIDS (wazuh): ⚠️ failed, not told what was decided: wrong password" in said
    assert "<!channel>" not in said


def test_a_card_names_all_that_alone_saw_it() -> None:
    ossec = OriginStanding(origin="ossec", state=OriginState.ALONE)
    said = card_text(standing(OriginState.ALONE), ossec)
    assert "The log pipeline missed this: only wazuh and ossec saw it." in said


def test_an_event_that_no_hids_has_to_do_with_says_nothing_of_one() -> None:
    assert "HIDS" not in card_text()


def test_a_note_shows_hostile_text_as_text() -> None:
    note = cards.security_note("wazuh <!channel> refuses", ["<@U0ALICE> a\nb", "x" * 5000])
    assert "<!channel>" not in note.text
    assert "<@U0ALICE>" not in note.text
    assert len(note.text) < 1000
