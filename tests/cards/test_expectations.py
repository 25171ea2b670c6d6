"""What is said of expectations: whose words are whose, and nothing of it calls anybody."""

from dataclasses import replace

from powertrip.cards import (
    CardView,
    event_card,
    expectation_card,
    expectations_card,
    question_card,
    security_note,
)
from powertrip.domain import expectation_words
from powertrip.domain.announcing import Week
from powertrip.domain.delivery import Question
from powertrip.domain.event import NoticeKind, Status
from powertrip.domain.expectation_words import DayOfOne
from tests.cards.reading import mentioned, objections
from tests.expecting import expectation
from tests.samples import ALICE, CAROL, NOW, decision, event, later

OPEN = expectation(confirmed_at=NOW, confirmed_by=CAROL, confirmed_name="Carol", uses=3)
VIEW = CardView(kind=NoticeKind.FIRST, audience="person", command="/powertrip")
HOSTILE = expectation(why="<!channel> <@U0MALLORY> *now*\n@here", created_name="<!here>")


def test_a_card_says_by_whose_expectation_nobody_was_asked() -> None:
    by = decision(expectation_id="worked", reason="CHG-1: new certificates")
    card = event_card(event(status=Status.APPROVED, decisions=(by,)), VIEW, later(minutes=2))
    assert "Approved by expectation worked of Alice" in card.text
    assert f"Approved by expectation worked of <@{ALICE}>, without asking" in card.text
    assert "CHG-1: new certificates" in card.text
    assert not [block for block in card.blocks if block["type"] == "actions"]


def test_only_an_outcome_offers_to_leave_the_like_out() -> None:
    approved = event(status=Status.APPROVED, decisions=(decision(),))
    (row,) = [
        block
        for block in event_card(approved, replace(VIEW, offers=True), NOW).blocks
        if block["type"] == "actions"
    ]
    assert [button["action_id"] for button in row["elements"]] == ["not_again"]


def test_each_state_says_what_is_true_and_what_can_be_done() -> None:
    asked = expectation(confirm_by=later(hours=1))
    over = replace(OPEN, ended_at=later(minutes=5), ended_why="ended by Carol")
    for expected, says, step in (
        (asked, "covers nothing", "expectations confirm worked"),
        (OPEN, "3 of at most 10 records", "expectations end worked"),
        (over, "ended by Carol", None),
    ):
        said = expectation_card(expected, None, "/powertrip").text
        note = expectation_words.announcement(expected, "/powertrip")
        assert says in said
        for text in (said, "\n".join(note.lines)):
            assert ("/powertrip" in text) is (step is not None)
            assert step is None or step in text


def test_the_answer_says_what_it_would_have_covered_last_week() -> None:
    week = Week(covered=412, hosts=37, outside={"another network": 2}, is_cut=True)
    said = expectation_card(expectation(), week, "/powertrip").text
    assert "it would have covered 412 records at least on 37 hosts" in said
    assert "Asked about all the same: 2 (another network)." in said


def test_what_people_write_calls_nobody_and_formats_nothing() -> None:
    day = DayOfOne(expected=HOSTILE, records=1, addresses={"<!channel>": 1})
    notes = (
        expectation_words.announcement(HOSTILE, "/powertrip"),
        expectation_words.summary(replace(HOSTILE, ended_at=NOW, ended_why="<!channel>"), 2),
        expectation_words.digest("2026-01-15", [day]),
    )
    messages = [
        question_card(note) if isinstance(note, Question) else security_note(note.title, note.lines)
        for note in notes
    ]
    messages += [expectation_card(HOSTILE, None, "/powertrip"), expectations_card([HOSTILE], "/powertrip")]
    for message in messages:
        assert objections(message) == []
        assert mentioned(message.arguments()) <= {ALICE, CAROL}


def test_the_digest_of_a_busy_day_begins_with_the_addresses_that_nobody_has_looked_at() -> None:
    usual = [
        DayOfOne(expected=expectation(id=f"usual{number:02}"), records=9, addresses={"192.0.2.10": 9})
        for number in range(60)
    ]
    odd = DayOfOne(
        expected=expectation(id="odd"),
        records=3,
        addresses={"192.0.2.10": 2, "192.0.2.66": 1},
        unknown={"192.0.2.66"},
    )
    note = expectation_words.digest("2026-01-15", [*usual, odd])
    first, *_, last = note.lines
    assert first.endswith(
        "(odd): 3 records, from 192.0.2.66 (1, which nobody has approved before), 192.0.2.10 (2)"
    )
    assert last == "… and 41 more with 369 records"
    # All of it stands in what a screen reader reads, which is the first to be cut.
    assert security_note(note.title, note.lines).text.endswith(last)


def test_a_long_list_of_them_is_cut_and_counted() -> None:
    many = [expectation(id=f"worked{number:02}") for number in range(40)]
    card = expectations_card(many, "/powertrip")
    assert "40 expectations now" in card.text
    assert "… and 32 others" in card.text
    assert len(card.blocks) <= 50
