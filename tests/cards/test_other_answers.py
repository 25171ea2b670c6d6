"""What a card says where somebody is not sure, or where an agent or a script did it."""

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings

from powertrip.cards import agent_modal, decision_answer, denied_alert, doubt_answer, event_card, nudge
from powertrip.cards.event_card import GREEN
from powertrip.domain.decision import ActorKind, Via
from powertrip.domain.event import Event, NoticeKind, Status
from tests.cards.hostile import events
from tests.cards.logins import denied, login, reminder, view
from tests.cards.reading import labels, menus, objections, read, shown, view_objections, view_read
from tests.samples import CAROL, NOW, decision, doubt, later

UNSURE = login(doubts=(doubt(),))
FOR_AGENT = decision(actor_kind=ActorKind.AGENT, agent_name="nightly-backup", agent_running=True)
BY_AGENT = login(status=Status.APPROVED, decisions=(FOR_AGENT,))
WAYS = [view(), view(NoticeKind.COPY, "channel"), reminder(), view(audience="channel")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.kind} {way.audience}")
def test_two_clear_buttons_stand_beside_a_menu_of_the_rarer_answers(way: object) -> None:
    card = event_card(login(), way, NOW)  # type: ignore[arg-type]
    assert labels(card) == ["Approve", "Deny"]
    assert menus(card) == [
        {"Not sure": "unsure k3f9x2m8pq.1", "My agent or script…": "agent k3f9x2m8pq.1"},
    ]


def test_nothing_decided_has_a_menu() -> None:
    assert menus(event_card(denied(), view(), NOW)) == []


def test_the_person_reads_that_they_are_not_sure_and_can_still_decide() -> None:
    card = event_card(UNSURE, view(), later(minutes=2))
    said = read(card)
    assert said[:3] == [
        "# 🤔 You are not sure whether this was you",
        "🤔 Not sure: @U0ALICE, 2026-01-15 12:01:00 UTC.",
        "🔎 Nothing is decided: a reviewer has to look into it.",
    ]
    assert "[Approve] [Deny]" in said


def test_the_security_channel_is_asked_without_the_alarm_of_a_denial() -> None:
    card = denied_alert(UNSURE, view(NoticeKind.OUTCOME, "channel"), later(minutes=2))
    assert read(card)[0] == "# 🤔 Alice is not sure: is this expected?"
    assert "🚨" not in shown(card)
    assert labels(card) == ["Approve", "Deny"]


def test_of_several_who_are_not_sure_the_first_is_named_and_all_are_listed() -> None:
    both = replace(UNSURE, doubts=(doubt(), doubt(actor_id=CAROL, actor_name="Carol", is_subject=False)))
    said = shown(event_card(both, view(audience="channel"), NOW))
    assert "Alice and 1 other are not sure" in said
    assert "Not sure: @U0CAROL" in said


def test_a_reviewer_who_is_not_sure_does_not_answer_for_the_person() -> None:
    asked = login(doubts=(doubt(actor_id=CAROL, actor_name="Carol", is_subject=False),))
    assert read(event_card(asked, view(), NOW))[:2] == [
        "# Was this you, Alice?",
        "🤔 Not sure: @U0CAROL, 2026-01-15 12:01:00 UTC.",
    ]


def test_a_reminder_still_says_that_nobody_has_decided() -> None:
    said = read(event_card(UNSURE, reminder(), later(hours=1)))
    assert said[0] == "# Reminder 3: nobody has decided for 1 h"
    assert "🤔 Not sure" in said[1]


def test_a_nudge_no_longer_says_that_there_is_no_answer() -> None:
    said = read(nudge([UNSURE], view(NoticeKind.NUDGE), NOW))
    assert said[0] == "🤔 You are not sure: you are not asked again. Approve or deny it once you know."
    assert "[Approve] [Deny]" not in said
    assert "Alice is not sure" in said[1]


@pytest.mark.parametrize(("count", "with_menu"), [(5, 5), (10, 0)])
def test_no_menu_takes_the_room_of_another_events_buttons(count: int, with_menu: int) -> None:
    name = "with-a-long-name.example.com"
    asked = [login(id=f"k3f9x2m8q{number}", user_name=name, host_name=name) for number in range(count)]
    listed = nudge(asked, view(NoticeKind.NUDGE), NOW)
    assert (len(labels(listed)), len(menus(listed))) == (2 * count, with_menu)


def test_an_approval_for_an_agent_says_so_in_its_headline_and_names_it() -> None:
    card = event_card(BY_AGENT, view(), NOW)
    assert read(card)[:3] == [
        "# ✅ Approved by Alice for the agent or script nightly-backup",
        "Approved by @U0ALICE from the menu, 2026-01-15 12:01:00 UTC.",
        "🤖 For an agent or script: nightly-backup, which still runs",
    ]
    assert card.attachments[0]["color"] == GREEN


def test_the_answers_say_what_became_of_them() -> None:
    assert "🤖 For an agent or script: nightly-backup" in shown(decision_answer(BY_AGENT, FOR_AGENT, None))
    said = shown(doubt_answer(UNSURE))
    assert "You are not sure" in said
    assert "nothing is decided" in said
    by_command = replace(BY_AGENT, decisions=(replace(FOR_AGENT, via=Via.COMMAND),))
    assert "by command" in shown(event_card(by_command, view(), NOW))


CLAIM = login(fields={"claimed_agent": "claude"})


def test_a_claimed_agent_is_shown_as_claimed_and_never_as_a_fact() -> None:
    said = read(event_card(CLAIM, view(), NOW))
    claims = [line for line in said if "claude" in line]
    assert claims == [
        (
            "🤖 Claimed, not proven: an agent named claude. Whoever acts can claim that: it makes nothing "
            "easier to approve."
        )
    ]
    assert said[0] == "# Was this you, Alice?"


def test_the_window_asks_which_agent_and_whether_it_runs_and_tells_what_approving_takes() -> None:
    window = agent_modal(replace(CLAIM, requires_reason=True, requires_second_person=True), "{}")
    said = view_read(window)
    assert [line for line in said if line.endswith("____")] == [
        "Which agent or script? ____",
        "Does it still run? ____",
        "Why is this right? ____",
    ]
    assert any("Claimed, not proven" in line for line in said)
    assert "✍️ Approving this takes a reason." in said
    assert "👥 Approving this takes two people." in said
    assert ["optional" in block for block in window["blocks"] if block["type"] == "input"] == [False] * 3
    assert "optional" in agent_modal(login(), "{}")["blocks"][-1]


@settings(derandomize=True, max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(hostile=events())
def test_slack_takes_every_window_and_card(hostile: Event) -> None:
    name = hostile.user_name or hostile.title
    named = decision(actor_kind=ActorKind.AGENT, agent_name=name[:80] or "x", actor_name=name[:80])
    claims = {**hostile.fields, "claimed_agent": name}
    unsure = tuple(doubt(actor_id=f"U{number}", actor_name=name) for number in range(20))
    asked = replace(hostile, fields=claims, status=Status.PENDING, doubts=unsure, decisions=())
    done = replace(hostile, status=Status.APPROVED, decisions=(named,))
    assert view_objections(agent_modal(asked, "x" * 3000)) == []
    for card in (
        event_card(asked, view(), NOW),
        event_card(asked, view(audience="channel"), NOW),
        event_card(done, view(), NOW),
        nudge([asked], view(NoticeKind.NUDGE), NOW),
        nudge([replace(asked, doubts=())], view(NoticeKind.NUDGE), NOW),
        decision_answer(done, named, None),
        doubt_answer(asked),
    ):
        assert objections(card) == []
