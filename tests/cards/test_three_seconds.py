"""What a glance at a card tells: what, who, where, how bad, and whether it is unusual; in every state."""

import re
from collections.abc import Iterator

import pytest

from powertrip.cards import Message
from powertrip.cards.text import escape
from powertrip.domain.event import Event
from tests.cards.reading import buttons, objections, read
from tests.cards.states import kinds, states

KINDS = kinds()
STATES = {(kind, state): message for kind in KINDS for state, message in states(KINDS[kind]).items()}
FILLERS = ("unnamed", "unknown", "None", "names no", "ZZ", "event_", "Tty", "Mfa", "Extra", "_id")
"""Words that fill a gap, or that only programmers write."""

every_state = pytest.mark.parametrize("of", STATES, ids="-".join)


def above_the_buttons(message: Message) -> str:
    """What stands before the first button, or before the evidence of a card that has none."""
    lines: list[str] = []
    for line in read(message):
        if line.startswith(("[", "| ")):
            break
        lines.append(line)
    return "\n".join(lines)


def essentials(about: Event) -> Iterator[str]:
    """What must be seen: what, who, where, from where, and how bad."""
    yield about.title
    yield from about.decisive
    yield from (name for name in (about.user_name, about.host_name, about.source_ip) if name)
    yield str(about.severity)


@every_state
def test_what_who_where_and_how_bad_stand_above_the_buttons(of: tuple[str, str]) -> None:
    seen = above_the_buttons(STATES[of])

    assert [fact for fact in essentials(KINDS[of[0]]) if fact not in seen] == []


@every_state
def test_a_notification_begins_with_the_question_and_the_decisive_line(of: tuple[str, str]) -> None:
    first_two = "\n".join(STATES[of].text.split("\n")[:2])

    assert [fact for fact in essentials(KINDS[of[0]]) if escape(fact) not in first_two] == []
    assert len(first_two) < 320


@every_state
def test_no_gap_is_filled_with_words_and_none_are_a_programmers(of: tuple[str, str]) -> None:
    # The log line is shown as it came.
    said = [line for line in read(STATES[of]) if KINDS[of[0]].message not in line]

    assert [word for word in FILLERS if any(word in line for line in said)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_unusual_stands_above_the_buttons_and_before_what_is_as_ever(kind: str) -> None:
    assert "🆕 New network and address for " in above_the_buttons(STATES[kind, "red"])
    assert "🔁 The 12th time" in above_the_buttons(STATES[kind, "green"])
    assert "⏰ This is late news" in above_the_buttons(STATES[kind, "late"])
    assert "the HIDS did not see this" in above_the_buttons(STATES[kind, "missed"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("state", "headline", "then"),
    [
        ("approved", "# ✅ Approved by Carol", "Approved by @U0CAROL with the button"),
        ("closed", "# 📁 Closed by Carol", "Denied by @U0"),
    ],
)
def test_a_decided_card_begins_with_who_decided_and_why(
    kind: str, state: str, headline: str, then: str
) -> None:
    first, second, *others = read(STATES[kind, state])

    assert first in (headline, "# ✅ Approved by Carol and Dana")
    assert second.startswith(then)
    assert any(line.startswith(("Reason: “Planned", "Note: “Stolen")) for line in others[:2])


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_person_is_asked_in_so_many_words(kind: str) -> None:
    call, question, *others = read(STATES[kind, "second"])

    assert call == "@S0SECURITY please look."
    assert question.endswith("👥 Approved by Carol, one more person is needed")
    assert "👥 A second person has to approve it too, or deny it." in others


def test_what_took_two_people_names_both() -> None:
    assert read(STATES["two-person", "approved"])[0] == "# ✅ Approved by Carol and Dana"


@every_state
def test_slack_takes_every_state(of: tuple[str, str]) -> None:
    assert objections(STATES[of]) == []


@every_state
def test_the_question_before_approving_names_what_is_approved_and_how_bad_it_is(of: tuple[str, str]) -> None:
    about = KINDS[of[0]]
    for button in buttons(STATES[of]):
        if button["action_id"] == "approve" and "confirm" in button:
            asked = button["confirm"]["text"]["text"]
            assert [fact for fact in essentials(about) if fact not in asked] == []


def test_place_and_network_are_one_short_line() -> None:
    shown = above_the_buttons(STATES["ssh", "red"])

    assert "\nFrom: 203.0.113.77 · Amsterdam, NL · AS64511 Example Bulletproof Hosting\n" in shown
    assert re.search("^(Network|Place):", shown, re.MULTILINE) is None


def test_without_an_opinion_nothing_is_said_of_risk() -> None:
    assert not any("isk" in line for line in read(STATES["ssh", "asked"]))
