"""What a denied event's card says to its person and to reviewers, and what it lets them do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from powertrip.cards import denied_alert, event_card, reason_modal, show_card, typing_modal
from powertrip.cards.message import CardView, Message
from powertrip.domain.decision import Verdict
from powertrip.domain.event import BackupTold, Event, NoticeKind, Status
from powertrip.domain.follow_up import DenialNote, FollowUp, Item, NoteKind, Owner
from powertrip.domain.not_me import Guidance
from tests.cards.hostile import events
from tests.cards.logins import denied, view
from tests.cards.reading import buttons, labels, objections, shown
from tests.samples import ALICE, CAROL, NOW, decision, later

CLAIM = DenialNote(
    kind=NoteKind.CLAIM, actor_id=ALICE, actor_name="Alice", at=later(minutes=9), text="My *own* <!here>"
)
ITEMS = (
    Item(number=1, text="Reach her."),
    Item(number=2, text="End the session.", done_by=CAROL, done_at=later(minutes=7)),
)
OWNER = Owner(slack_id=CAROL, name="Carol", since=later(minutes=5), until=later(days=1))
GUIDANCE = Guidance(
    lines=("Stay reachable.", "Log out."), phone="+49 30 901820", runbook="https://wiki.example.com/not_me"
)


LONG = DenialNote(kind=NoteKind.NOTE, actor_id=CAROL, actor_name="C" * 200, at=NOW, text="ü<&>*`" * 170)
FULLEST = FollowUp(
    told_at=NOW,
    owner=OWNER,
    items=tuple(Item(number=number, text="x" * 150, done_by=CAROL, done_at=NOW) for number in range(1, 9)),
    notes=(LONG,) * 50,
    claim=replace(LONG, kind=NoteKind.CLAIM, text="<@U0X>" * 160),
)
FULL = Guidance(
    lines=("y" * 150,) * 8, phone="+49 30 901820", runbook=f"https://wiki.example.com/{'z' * 400}"
)


def note(number: int) -> DenialNote:
    return DenialNote(
        kind=NoteKind.NOTE,
        actor_id=CAROL,
        actor_name="Carol",
        at=later(minutes=number),
        text=f"Found {number}",
    )


def after_no(**changes: Any) -> Event:
    """Alice's login, denied by her."""
    return denied(follow_up=FollowUp(**changes))


def to_person(about: Event) -> Message:
    return event_card(about, view(guidance=GUIDANCE), later(minutes=10))


def in_channel(about: Event, kind: NoticeKind = NoticeKind.OUTCOME, **changes: Any) -> Message:
    return event_card(about, channel(kind, **changes), later(minutes=10))


def channel(kind: NoticeKind = NoticeKind.OUTCOME, **changes: Any) -> CardView:
    return view(kind, "channel", **{"for_reviewers": True, "guidance": GUIDANCE} | changes)


def test_the_person_reads_what_to_do_now_whom_to_call_and_can_say_that_it_was_them() -> None:
    card = to_person(after_no(told_at=later(minutes=2)))

    assert (
        "\n📣 Security was told in Slack, 2026-01-15 12:02:00 UTC."
        "\n🙋 Nobody has taken this on yet."
        "\nWhat to do now:\n1. Stay reachable.\n2. Log out."
        "\n☎️ Security by phone: +49 30 901820"
        "\n📖 What to do, in full\n"
    ) in shown(card)
    assert "Stay reachable." in card.text
    assert "<https://wiki.example.com/not_me|What to do, in full>" in card.text
    assert labels(card) == ["It was me after all…"]
    assert objections(card) == []


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        (after_no(is_being_told=True), "⏳ Security is being told; Slack has not taken that message yet."),
        (
            replace(
                after_no(is_being_told=True),
                backups=(
                    BackupTold(channel="early", at=NOW, status=Status.PENDING),
                    BackupTold(channel="pager", at=later(minutes=3), status=Status.DENIED),
                ),
            ),
            (
                "📟 Slack has not taken the message to security yet. "
                "They were told by pager, 2026-01-15 12:03:00 UTC."
            ),
        ),
        (replace(after_no(), is_test=True), "🧪 This is a test, so security is not called."),
    ],
    ids=["waiting", "backup", "test"],
)
def test_that_security_was_told_is_said_only_when_it_was(about: Event, sentence: str) -> None:
    said = shown(to_person(about))

    assert f"\n{sentence}\n" in said
    assert "Security was told" not in said
    assert "told by early" not in said


def test_where_nobody_knows_whether_security_was_told_nothing_is_said_of_it() -> None:
    assert "Security" not in shown(event_card(after_no(), view(), NOW))


def test_the_person_reads_who_has_it() -> None:
    assert "\n🙋 @U0CAROL has this, since 2026-01-15 12:05:00 UTC.\n" in shown(
        to_person(after_no(owner=OWNER))
    )


def test_what_the_person_said_stands_on_both_cards_and_approves_nothing() -> None:
    claimed = after_no(claim=CLAIM, items=ITEMS)

    assert "It stays denied until a reviewer who has not denied it agrees." in shown(to_person(claimed))
    assert labels(to_person(claimed)) == []
    alert = in_channel(claimed)
    assert shown(alert).startswith(
        "# ↩️ Alice says it was them after all: it stays denied unless somebody else agrees\n"
    )
    assert (
        "\n↩️ @U0ALICE said that it was them after all, 2026-01-15 12:09:00 UTC: “My *own* <!here>” It stays"
        in shown(alert)
    )
    assert "<!here>" not in alert.text
    assert labels(alert)[-2:] == ["Approve…", "Waive the rest and close…"]
    assert objections(alert) == []


def test_reviewers_read_who_has_it_what_is_done_and_what_was_noted() -> None:
    card = in_channel(after_no(owner=OWNER, items=ITEMS, notes=tuple(map(note, range(1, 6)))))

    assert (
        "\n🙋 @U0CAROL has this, since 2026-01-15 12:05:00 UTC."
        "\nTo do: 1 of 2 done"
        "\n☐ 1. Reach her."
        "\n☑️ 2. End the session. · @U0CAROL, 2026-01-15 12:07:00 UTC"
        "\n📝 2 earlier notes: /powertrip show k3f9x2m8pq"
        "\n📝 @U0CAROL, 2026-01-15 12:03:00 UTC: “Found 3”"
    ) in shown(card)
    assert labels(card) == [
        *("Take over…", "Give back", "Note…", "Tick 1", "Untick 2", "Waive the rest and close…"),
    ]
    assert [(button["action_id"], button["value"]) for button in buttons(card)] == [
        ("own", "k3f9x2m8pq.1 U0CAROL"),
        ("give_back", "k3f9x2m8pq.1"),
        ("note", "k3f9x2m8pq.1"),
        ("tick_1", "k3f9x2m8pq.1 on"),
        ("tick_2", "k3f9x2m8pq.1 off"),
        ("close", "k3f9x2m8pq.1"),
    ]
    assert objections(card) == []


def test_the_headline_names_who_has_it() -> None:
    about = after_no(owner=OWNER)
    assert shown(in_channel(about)).startswith("# 🚨 Denied by Alice: Carol has this\n")
    assert shown(in_channel(about, NoticeKind.REMINDER, reminder=2)).startswith(
        "# Reminder 2: denied 9 min ago, Carol has this\n"
    )


def test_what_nobody_has_is_offered_and_what_is_done_is_closed() -> None:
    done = tuple(replace(item, done_by=CAROL, done_at=NOW) for item in ITEMS)
    assert labels(in_channel(after_no(items=done))) == [
        "I have it",
        "Note…",
        "Untick 1",
        "Untick 2",
        "Close…",
    ]


def test_other_channels_and_first_notices_show_who_has_it_and_no_more() -> None:
    about = after_no(owner=OWNER, items=ITEMS, notes=(note(1),))
    for card in (
        in_channel(about, NoticeKind.COPY, for_reviewers=False),
        in_channel(about, NoticeKind.FIRST),
    ):
        assert "has this, since" in shown(card)
        assert "Reach her" not in shown(card)
        assert "Found 1" not in shown(card)
        assert "Note…" not in labels(card)


def test_the_person_never_reads_what_reviewers_noted() -> None:
    about = after_no(notes=(note(1),), items=ITEMS)
    for message in (to_person(about), show_card(about, (), (), NOW)):
        assert "Found 1" not in shown(message)
    assert "Found 1" in shown(show_card(about, (), (), NOW, for_reviewer=True))


@pytest.mark.parametrize("status", [Status.APPROVED, Status.CLOSED])
def test_what_is_over_says_how_far_it_came_and_asks_nothing(status: Status) -> None:
    last = decision(
        Verdict.APPROVE if status is Status.APPROVED else Verdict.CLOSE, actor_id=CAROL, reason="Called."
    )
    about = after_no(items=ITEMS, claim=CLAIM, owner=OWNER)
    about = replace(about, status=status, decisions=(*about.decisions, last))
    for card in (to_person(about), denied_alert(about, channel(), NOW)):
        assert "\n☑️ 1 of 2 things to do was done.\n" in shown(card)
        assert "said that it was them after all" in shown(card)
        assert "stays denied" not in shown(card)
        assert labels(card) == []


def test_windows_show_again_what_they_are_about() -> None:
    claimed = after_no(claim=CLAIM, items=ITEMS)
    closing = str(reason_modal(claimed, Verdict.CLOSE, "{}"))
    assert "Not done: 1 of 2" in closing
    assert "Reach her." in closing
    assert "said that it was them after all" in closing
    asked = typing_modal(claimed, "claim", "{}")
    assert asked["callback_id"] == "follow_up"
    assert "It stays denied until" in str(asked)
    assert "bastion-1" in str(asked)


@given(about=events())
def test_slack_takes_the_fullest_card_whatever_the_log_said(about: Event) -> None:
    denial = decision(Verdict.DENY)
    for seen in (view(guidance=FULL), channel(guidance=FULL)):
        full = replace(about, status=Status.DENIED, decisions=(denial,), follow_up=FULLEST)
        assert objections(event_card(full, seen, NOW)) == []
