from typing import Any

import pytest

from powertrip.cards import decision_answer, help_card, note, refusal, show_card, whoami_card
from powertrip.domain.address import Network
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.event import Notice, NoticeKind, Occurrence, Status
from powertrip.domain.habits import Past
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from tests.cards.reading import labels, mentioned, objections, read, shown
from tests.samples import ALICE, BOB, CAROL, NOW, decision, event, known, later


def occurrence(number: int, **changes: Any) -> Occurrence:
    fields: dict[str, Any] = {
        "source": "syslog",
        "record_id": f"r{number}",
        "message": f"Accepted publickey for alice, number {number}",
        "occurred_at": NOW,
        "received_at": NOW,
        "revision": number,
    }
    return Occurrence(**(fields | changes))


def test_an_approval_is_confirmed_to_whoever_gave_it() -> None:
    taken = event(id="k3f9x2m8pq", status=Status.APPROVED, decisions=(decision(),))

    assert shown(decision_answer(taken, decision(), None)) == (
        "✅ You approved: SSH login as alice on bastion-1 · k3f9x2m8pq"
    )


def test_the_first_of_two_is_told_that_it_is_not_settled() -> None:
    half = event(status=Status.HALF_APPROVED, decisions=(decision(),))

    assert "It is not settled yet: a second person has to approve it too." in (
        decision_answer(half, decision(), None).text
    )


def test_a_denial_is_confirmed_with_what_comes_next() -> None:
    refused = event(status=Status.DENIED)

    said = shown(decision_answer(refused, decision(Verdict.DENY), None))

    assert said.startswith("⛔ You denied: ")
    assert said.endswith("A reviewer has to look into it and close it with a note.")


def test_what_a_decision_did_not_cover_is_named() -> None:
    taken = event(status=Status.APPROVED, occurrences=3)

    one = decision_answer(taken, decision(), event(id="restrestre")).text
    two = decision_answer(taken, decision(), event(id="restrestre", occurrences=2, revision=2)).text

    assert "Not covered: 1 occurrence came after what you saw and stays open as restrestre." in one
    assert "Not covered: 2 occurrences came after what you saw and stay open as restrestre.2." in two


def test_who_named_an_older_revision_is_not_told_that_they_had_not_seen_the_newer() -> None:
    typed = decision(via=Via.COMMAND, revision=2)

    said = decision_answer(event(status=Status.APPROVED), typed, event(id="restrestre")).text

    assert "1 occurrence came after revision 2, which you named, and stays open as restrestre." in said


def test_a_refusal_mentions_only_whom_powertrip_names() -> None:
    message = refusal(f"<@{BOB}> already approved this. <!channel> <@evil> *x*")

    assert shown(message) == "🚫 @U0BOB already approved this. <!channel> <@evil> *x*"
    assert mentioned(message.blocks) == {BOB}
    assert message.text.startswith("🚫 <@U0BOB> already approved this. &lt;!channel&gt;")
    assert objections(message) == []


@pytest.mark.parametrize("sentence", ["", "\u202e" * 5000, "<@U0BOB>" * 500])
def test_a_note_of_any_length_is_taken_by_slack(sentence: str) -> None:
    assert objections(note(sentence)) == []


def test_help_names_every_word() -> None:
    said = shown(help_card("/pt"))

    for word in (
        "pending",
        "show",
        "approve",
        "deny",
        "close",
        "history",
        "stats",
        "rules",
        "whoami",
        "test",
        "help",
    ):
        assert f"\n/pt {word}" in said
    assert objections(help_card("/pt")) == []


def test_show_tells_all_that_is_known() -> None:
    half = event(
        id="k3f9x2m8pq",
        status=Status.HALF_APPROVED,
        decisions=(decision(reason="Ticket 4711"),),
        subject=Subject(kind=SubjectKind.BOT, team="Platform"),
    )
    notices = [
        Notice(event_id=half.id, kind=NoticeKind.FIRST, channel="D0ALICE", ts="1", revision=1, posted_at=NOW),
        Notice(
            event_id=half.id,
            kind=NoticeKind.REMINDER,
            channel="C0SECURITY",
            ts="2",
            revision=1,
            posted_at=later(hours=1),
        ),
    ]

    message = show_card(half, [occurrence(1, cut=7)], notices, NOW)

    assert read(message) == [
        "# ⏳ Half approved, event k3f9x2m8pq",
        "Approved by @U0ALICE with the button, 2026-01-15 12:01:00 UTC.",
        "Reason: “Ticket 4711”",
        "👥 A second person has to approve it too, or deny it.",
        "SSH login as alice on bastion-1",
        "From: 192.0.2.10",
        "When: 2026-01-15 12:00:00 UTC",
        "Severity: medium",
        "Source: syslog",
        "Asked in the security channel: alice is a bot of team Platform.",
        "First asked: a direct message, 2026-01-15 12:00:00 UTC",
        "Reminder: @C0SECURITY, 2026-01-15 13:00:00 UTC",
        "Next reminder: 2026-01-15 12:10:00 UTC",
        "[Approve] [Deny]",
        "1 record",
        "2026-01-15 12:00:00 UTC  syslog",
        "Accepted publickey for alice, number 1",
        "(7 more characters cut off)",
    ]
    assert objections(message) == []


def test_show_says_when_slack_has_no_message_yet() -> None:
    assert "No message about it has reached Slack yet." in show_card(event(), [], [], NOW).text


def test_show_lists_the_last_records_and_counts_all() -> None:
    message = show_card(event(), [occurrence(number) for number in range(1, 1001)], [], NOW)

    assert "The last 5 of 1,000 records" in shown(message)
    assert "number 1000" in shown(message)
    assert "number 995\n" not in shown(message)


def test_a_denied_event_can_be_closed_from_its_details() -> None:
    assert labels(show_card(event(status=Status.DENIED), [], [], NOW)) == ["Close…"]


def test_whoami_says_who_one_is_and_what_one_may_do() -> None:
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)

    assert read(whoami_card(carol, ["carol", "carol.s"])) == [
        "You are @U0CAROL (U0CAROL), a member of this workspace.",
        "You are asked about the user names carol and carol.s.",
        "You are a reviewer: you may decide every event.",
    ]


def test_an_id_that_slack_would_not_give_is_shown_as_text() -> None:
    odd = Actor(slack_id="U0\x00\u202eEVIL", name="x", standing=Standing.UNKNOWN)
    assert objections(whoami_card(odd, [])) == []


def test_whoami_says_what_one_is_not() -> None:
    alice = Actor(slack_id=ALICE, name="Alice", standing=Standing.GUEST)

    said = shown(whoami_card(alice, []))

    assert "a guest of this workspace" in said
    assert said.endswith("No user name is listed as yours.\nYou are not a reviewer.")


def test_an_event_is_shown_with_what_is_known_of_its_address_and_of_the_past() -> None:
    about = event(
        facts=known(72, awaited=("GreyNoise",), network=Network(as_number=64496)),
        past=Past(times_from_address=34),
        severity_reason="raised from low: sensitive host bastion-*",
    )

    said = shown(show_card(about, [], [], NOW))

    assert "Network: AS64496" in said
    assert "Still asking GreyNoise about the address." in said
    assert "The 34th time from this address in 30 days." in said
    assert "raised from low: sensitive host bastion-*" in said
