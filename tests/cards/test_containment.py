"""What reviewers read and press of containment: true sentences, one button a thing, and room for all."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from powertrip.cards import CardView, event_card
from powertrip.domain.contained import By, Containment, ContainmentState
from powertrip.domain.containment import Offer, Plan
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, NoticeKind, Status
from powertrip.domain.follow_up import FollowUp
from tests.cards.hostile import events
from tests.cards.reading import objections
from tests.cards.test_follow_up import FULLEST, after_no, channel
from tests.samples import CAROL, NOW, decision, later

PLAN = Plan(
    target="alice",
    says="Lock alice in Teleport for 1 h",
    does="Teleport ends all sessions.",
    undo_says="Unlock alice",
    undo="It ends by itself after 1 h.",
)
OFFER = Offer(name="lock", plan=PLAN)


def made(**changes: Any) -> Containment:
    """Carol had alice locked."""
    fields: dict[str, Any] = {
        "id": 1,
        "key": "k",
        "action": "lock",
        "says": PLAN.says,
        "target": "alice",
        "state": ContainmentState.DONE,
        "is_dry_run": False,
        "asked": By(slack_id=CAROL, name="Carol", at=NOW),
        "until": later(hours=1),
        "ended_at": later(minutes=1),
        "undo_says": "Unlock alice",
    }
    return Containment(**(fields | changes))


def card(
    *containments: Containment, at: Any = None, offered: tuple[Offer, ...] = (OFFER,), **changes: Any
) -> Any:
    about = replace(after_no(containments=containments), **changes)
    return event_card(about, channel(contains=offered), at or later(minutes=2))


def labels(message: Any) -> list[str]:
    """What the buttons of containment say."""
    return [
        element["text"]["text"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"].split("_")[0] in ("contain", "agree", "undo", "try")
    ]


def test_a_button_says_what_it_does_and_asks_with_what_and_how_it_is_undone() -> None:
    message = card()
    (button,) = [
        element
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == "contain_1"
    ]
    assert button["text"]["text"] == "Lock alice in Teleport for 1 h"
    asked = button["confirm"]["text"]["text"]
    assert "Teleport ends all sessions." in asked
    assert "It ends by itself after 1 h." in asked


@pytest.mark.parametrize(
    ("each", "says", "can_press"),
    [
        (made(), "Lock alice in Teleport for 1 h: done", ["Unlock alice"]),
        (made(state=ContainmentState.WAITING), "under way", []),
        (
            made(
                state=ContainmentState.ASKED, why_second="this is about a reviewer", decide_by=later(hours=1)
            ),
            "not done yet",
            ["Agree: Lock alice in Teleport for 1 h"],
        ),
        (made(state=ContainmentState.LAPSED), "nobody agreed in time", [PLAN.says]),
        (
            made(state=ContainmentState.FAILED, said="The server answered 403."),
            "not done, pressed by",
            ["Try again: Lock alice in Teleport for 1 h"],
        ),
        (
            made(state=ContainmentState.UNKNOWN),
            "nobody knows whether it was done",
            ["Try again: Lock alice in Teleport for 1 h"],
        ),
        (made(is_dry_run=True), "Dry run, nothing was done", [PLAN.says]),
        (made(until=later(minutes=2)), "done", [PLAN.says]),
        (made(undo_says=None, until=None), "done", []),
    ],
)
def test_each_state_has_its_sentence_and_its_button(
    each: Containment, says: str, can_press: list[str]
) -> None:
    message = card(each)
    assert says in message.text
    assert labels(message) == can_press


def test_what_was_undone_is_said_and_can_be_done_anew() -> None:
    undone = made(id=2, says="Unlock alice", undoes=1, undo_says=None, until=None)
    message = card(made(), undone)
    assert "Unlock alice: done" in message.text
    assert labels(message) == [PLAN.says]


@pytest.mark.parametrize("status", [Status.CLOSED, Status.APPROVED])
def test_after_the_end_there_is_only_the_way_back(status: Status) -> None:
    failed = made(id=2, action="okta", says="End all Okta sessions of alice", state=ContainmentState.FAILED)
    assert labels(card(made(), failed, status=status)) == ["Unlock alice"]


def test_nobody_but_reviewers_in_their_channel_reads_of_it() -> None:
    about = after_no(containments=(made(),))
    for view in (
        CardView(kind=NoticeKind.FIRST, audience="person", command="/powertrip", contains=(OFFER,)),
        channel(contains=(OFFER,), for_reviewers=False),
        channel(contains=(OFFER,), kind=NoticeKind.FIRST),
    ):
        message = event_card(about, view, NOW)
        assert labels(message) == []
        assert "Lock alice" not in message.text


def test_what_cannot_be_pressed_says_why_once() -> None:
    why = "its user is on the list containment.never.users"
    refused = (Offer(name="lock", refusal=why), Offer(name="okta", refusal=why))
    message = card(offered=refused)
    assert message.text.count(f"Cannot be pressed: lock and okta, for {why}.") == 1
    assert labels(message) == []


def test_more_than_there_is_room_for_is_counted() -> None:
    many = tuple(replace(OFFER, name=f"lock{number}") for number in range(7))
    message = card(offered=many)
    assert (len(labels(message)), "2 more actions found no room here" in message.text) == (5, True)


LONG = made(
    says="S" * 200,
    said="<@U0X>" * 50,
    state=ContainmentState.FAILED,
    undo_says="U" * 200,
    asked=By(slack_id=CAROL, name="<!channel>" * 20, at=NOW),
)
FULL_PLAN = replace(PLAN, says="P" * 200, does="D" * 300, undo="U" * 300)


@given(about=events())
def test_slack_takes_the_fullest_card_whatever_the_log_said(about: Event) -> None:
    each = tuple(replace(LONG, id=number, action=f"a{number}") for number in range(30))
    follow_up: FollowUp = replace(FULLEST, containments=each)
    full = replace(about, status=Status.DENIED, decisions=(decision(Verdict.DENY),), follow_up=follow_up)
    offered = tuple(Offer(name=f"{'n' * 38}{number}", plan=FULL_PLAN) for number in range(9))
    assert objections(event_card(full, channel(contains=offered), NOW)) == []
