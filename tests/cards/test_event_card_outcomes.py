"""What the card says once somebody has decided, and when it reminds."""

from dataclasses import replace
from typing import Any

import pytest

from powertrip.cards import Mention, denied_alert, event_card
from powertrip.domain.decision import Via
from powertrip.domain.event import Event, Severity, Status
from tests.cards.logins import (
    LINE,
    REVIEWERS,
    approved,
    closed,
    denied,
    half_approved,
    login,
    reminder,
    view,
)
from tests.cards.reading import buttons, labels, mentioned, objections, read, shown
from tests.samples import ALICE, BOB, CAROL, NOW, decision, known, later


def test_a_half_approved_event_still_asks() -> None:
    said = shown(event_card(half_approved(), view(), NOW))

    assert said.startswith("# 👥 Approved by Alice, one more person is needed\n")
    assert (
        "\nApproved by @U0ALICE with the button, 2026-01-15 12:01:00 UTC."
        "\nReason: “Planned maintenance”"
        "\n👥 A second person has to approve it too, or deny it."
        "\nSSH login as alice on bastion-1\n"
    ) in said
    assert "\n[Approve] [Deny]\n" in said


def test_an_approved_event_says_who_and_asks_no_more() -> None:
    card = event_card(approved(), view(), NOW)

    assert read(card) == [
        "# ✅ Approved by Alice",
        "Approved by @U0ALICE with the button, 2026-01-15 12:01:00 UTC.",
        "SSH login as alice on bastion-1",
        "From: 192.0.2.10",
        "When: 2026-01-15 12:00:00 UTC",
        "Severity: medium",
        "| How: publickey · ED25519 · SHA256:abc",
        "| From port: 50000",
        "| Source: syslog",
        f"| {LINE}",
        "| Event k3f9x2m8pq · rule ssh_login",
    ]
    assert "\nApproved by <@U0ALICE> with the button, 2026-01-15 12:01:00 UTC.\n" in card.text
    assert "approve or" not in card.text


def test_the_one_who_clicked_is_shown_and_not_the_one_it_is_about() -> None:
    by_carol = approved(decisions=(decision(actor_id=CAROL, actor_name="Alice", via=Via.COMMAND),))

    said = shown(event_card(by_carol, view(), NOW))

    assert "Approved by @U0CAROL by command, 2026-01-15 12:01:00 UTC." in said
    assert ALICE not in said


def test_a_decision_says_what_it_covers() -> None:
    three = approved(
        revision=3, occurrences=3, last_occurred_at=later(seconds=30), decisions=(decision(revision=3),)
    )

    said = shown(event_card(three, view(), NOW))

    assert "\nSeen: 3 times, last 2026-01-15 12:00:30 UTC\n" in said
    assert "\nCovers: 3 occurrences, the last of 2026-01-15 12:00:30 UTC\n" in said


def test_an_occurrence_of_days_ago_that_came_after_the_first_is_shown_before_and_after_a_decision() -> None:
    twice: dict[str, Any] = {"revision": 2, "occurrences": 2, "earlier_occurred_at": later(days=-5)}

    asked = shown(event_card(replace(approved(), status=Status.PENDING, decisions=(), **twice), view(), NOW))
    said = shown(event_card(approved(**twice, decisions=(decision(revision=2),)), view(), NOW))

    seen = "\nSeen: twice, the earliest of 2026-01-10 12:00:00 UTC, last 2026-01-15 12:00:00 UTC\n"
    assert seen in asked
    assert seen in said
    assert "\nCovers: 2 occurrences, the earliest of 2026-01-10 12:00:00 UTC, the last of " in said


@pytest.mark.parametrize("status", [Status.HALF_APPROVED, Status.APPROVED])
def test_a_decision_on_an_earlier_revision_does_not_claim_the_later_occurrences(status: Status) -> None:
    grown = login(status=status, revision=3, occurrences=3, decisions=(decision(revision=2),))

    said = shown(event_card(grown, view(), NOW))

    assert "12:01:00 UTC, having seen 2 of the 3 occurrences." in said
    assert "Covers" not in said


def test_a_denied_event_says_what_comes_next_and_offers_its_person_no_button() -> None:
    card = event_card(denied(), view(), NOW)

    assert shown(card).startswith("# ⛔ Denied by Alice\n")
    assert "Denied by @U0ALICE with the button" in shown(card)
    assert "A reviewer has to look into it and close it with a note." in card.text
    assert labels(card) == []


def test_a_denial_calls_the_reviewers_loudly() -> None:
    card = denied_alert(denied(), view(audience="channel", mention=REVIEWERS), later(minutes=1))

    assert shown(card).startswith(
        "@S0SECURITY please look.\n# 🚨 Denied by Alice: somebody has to look into this now\n"
        "Denied by @U0ALICE with the button"
    )
    assert card.text.startswith(
        "🚨 Denied by Alice: somebody has to look into this now\n"
        "SSH login as alice on bastion-1 from 192.0.2.10 · medium severity\n"
        "<!subteam^S0SECURITY> please look.\n"
    )
    assert [(button["action_id"], button["value"]) for button in buttons(card)] == [("close", "k3f9x2m8pq.1")]
    assert card.attachments[0]["color"] == "#e01e5a"


def test_reviewers_are_mentioned_where_mentions_notify() -> None:
    card = denied_alert(denied(), view(audience="channel", mention=(Mention(CAROL), *REVIEWERS)), NOW)

    assert {CAROL, "S0SECURITY"} <= mentioned(card.blocks)
    assert mentioned(card.attachments) == set()


def test_a_closed_event_shows_the_whole_trail_and_calls_nobody() -> None:
    card = denied_alert(closed(), view(audience="channel", mention=REVIEWERS), later(hours=2))

    assert shown(card).startswith("# 📁 Closed by Carol\n")
    assert (
        "\nDenied by @U0ALICE with the button, 2026-01-15 12:01:00 UTC."
        "\nClosed by @U0CAROL with the button, 2026-01-15 13:00:00 UTC."
        "\nNote: “Stolen laptop. Key revoked.”\n"
    ) in shown(card)
    assert labels(card) == []
    assert "S0SECURITY" not in card.text


@pytest.mark.parametrize(
    ("about", "headline"),
    [
        (login(), "Reminder 3: nobody has decided for 2 h 5 min"),
        (half_approved(), "Reminder 3: waiting 2 h 4 min for a second person"),
        (denied(), "Reminder 3: denied 2 h 4 min ago, not yet closed"),
        (approved(), "✅ Approved by Alice"),
        (closed(), "📁 Closed by Carol"),
    ],
    ids=["pending", "half approved", "denied", "approved", "closed"],
)
def test_a_reminder_says_what_is_waited_for_and_how_long(about: Event, headline: str) -> None:
    card = event_card(about, reminder(), later(hours=2, minutes=5))

    assert shown(card).startswith(f"# {headline}\n")
    assert card.text.startswith(headline)


def test_a_reminder_mentions_the_person_and_links_the_first_notice() -> None:
    address = "https://workspace.example/archives/C0SECURITY/p1"
    card = event_card(login(), reminder(first_link=address), later(hours=2))

    assert "\nAbout: @U0ALICE\nWhere it was asked first\n[Approve] [Deny]\n" in shown(card)
    assert f"\n<{address}|Where it was asked first>\n" in card.text


def test_a_reminder_of_a_denied_event_can_be_closed() -> None:
    assert labels(event_card(denied(), reminder(), NOW)) == ["Close…"]


def test_the_next_reminder_is_announced_only_while_it_lies_ahead() -> None:
    assert "Next reminder: 2026-01-15 12:10:00 UTC" in event_card(login(), view(), NOW).text
    assert "Next reminder" not in event_card(login(), view(), later(minutes=10)).text
    assert "Next reminder" not in event_card(approved(), view(), NOW).text
    assert "Next reminder" not in event_card(login(next_reminder_at=None), view(), NOW).text


@pytest.mark.parametrize("about", [login(), half_approved(), approved(), denied(), closed()])
def test_slack_takes_every_card(about: Event) -> None:
    risky = replace(about, severity=Severity.CRITICAL, facts=known(99, reason="listed"))

    for looked_at in (view(), view(audience="channel"), reminder(mention=(Mention(BOB),))):
        assert objections(event_card(risky, looked_at, later(hours=1))) == []
