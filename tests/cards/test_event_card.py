"""What the card of an open event says, and to whom."""

import pytest

from powertrip.cards import event_card
from powertrip.domain.event import Event, Severity
from powertrip.domain.habits import Past
from powertrip.domain.people import Subject, SubjectKind
from tests.cards.logins import LINE, NEXT, approved, closed, denied, login, view
from tests.cards.reading import buttons, mentioned, read, shown
from tests.samples import ALICE, NOW, known, later


def test_a_person_is_asked_whether_it_was_them() -> None:
    assert read(event_card(login(), view(), NOW)) == [
        "# Was this you, Alice?",
        "SSH login as alice on bastion-1",
        "From: 192.0.2.10",
        "When: 2026-01-15 12:00:00 UTC",
        "Severity: medium",
        "[Approve] [Deny]",
        "| How: publickey · ED25519 · SHA256:abc",
        "| From port: 50000",
        "| Source: syslog",
        f"| {LINE}",
        f"| Event k3f9x2m8pq · rule ssh_login / Next reminder: {NEXT}",
    ]


def test_a_grave_event_is_laid_out_otherwise_and_denied_with_the_first_button() -> None:
    grave = login(severity=Severity.HIGH, past=Past(unusual_hour=True, times_from_address=3))

    assert read(event_card(grave, view(), NOW))[:12] == [
        "# ❗ High severity. Was this you, Alice?",
        "🌙 alice is not usually at work at this hour.",
        "———",
        "SSH login as alice on bastion-1",
        "From: 192.0.2.10",
        "When: 2026-01-15 12:00:00 UTC",
        "Severity: high",
        "———",
        "🔁 The 3rd time from this address in 30 days.",
        "In doubt, do not approve: deny it, or say that you are not sure, and a reviewer looks into it.",
        "[Deny] [Approve]",
        "| How: publickey · ED25519 · SHA256:abc",
    ]


def test_nothing_invites_to_approve_a_grave_event() -> None:
    deny, approve = buttons(event_card(login(severity=Severity.CRITICAL), view(), NOW))

    assert (deny["action_id"], deny["style"]) == ("deny", "danger")
    assert approve["action_id"] == "approve"
    assert "style" not in approve
    assert "critical severity" in approve["confirm"]["text"]["text"]


def test_a_grave_event_that_is_decided_looks_like_all_others() -> None:
    assert "———" not in read(event_card(approved(severity=Severity.HIGH), view(), NOW))


def test_the_plain_text_says_it_all() -> None:
    assert event_card(login(), view(), NOW).text.split("\n") == [
        "Was this you, Alice?",
        "SSH login as alice on bastion-1 from 192.0.2.10 · medium severity",
        "Event k3f9x2m8pq: /powertrip approve or /powertrip deny k3f9x2m8pq",
        "From: 192.0.2.10",
        "When: 2026-01-15 12:00:00 UTC",
        "Severity: medium",
        "Next reminder: 2026-01-15 12:10:00 UTC",
        "How: publickey · ED25519 · SHA256:abc",
        "From port: 50000",
        "Source: syslog",
        f"Log line: {LINE}",
    ]


def test_the_security_channel_is_told_why_it_is_asked() -> None:
    oswaldo = login(
        user_name="oswaldo", host_name="bastion.test", subject=Subject(kind=SubjectKind.BOT, team="Platform")
    )

    said = shown(event_card(oswaldo, view(audience="channel"), NOW))

    assert said.startswith("# Is this expected?\nSSH login as oswaldo on bastion.test\n")
    assert "\nAsked here: oswaldo is a bot of team Platform.\n[Approve] [Deny]\n" in said


@pytest.mark.parametrize("kind", [kind for kind in SubjectKind if kind is not SubjectKind.PERSON])
def test_every_reason_for_the_channel_is_also_in_the_plain_text(kind: SubjectKind) -> None:
    card = event_card(login(subject=Subject(kind=kind, slack_id=ALICE)), view(audience="channel"), NOW)

    assert "\nAsked here: " in card.text
    assert mentioned(card.blocks) == set()


def test_the_buttons_name_the_event_and_the_revision_shown() -> None:
    card = event_card(login(revision=3, occurrences=3), view(), NOW)

    assert [(button["action_id"], button["value"]) for button in buttons(card)] == [
        ("approve", "k3f9x2m8pq.3"),
        ("deny", "k3f9x2m8pq.3"),
    ]
    assert "Event k3f9x2m8pq.3" in card.text


def test_approving_is_asked_twice_and_denying_once() -> None:
    approve, deny = buttons(event_card(login(), view(), NOW))

    assert approve["style"] == "primary"
    assert approve["confirm"]["text"]["text"] == (
        "SSH login as alice on bastion-1 from 192.0.2.10 (medium severity). "
        "Approve only what you know to be right."
    )
    assert deny["style"] == "danger"
    assert "confirm" not in deny


def test_the_second_question_warns_however_long_the_names_are() -> None:
    long = login(title="t" * 500, user_name="u" * 500, host_name="h" * 500, source_ip="i" * 500)

    body = buttons(event_card(long, view(), NOW))[0]["confirm"]["text"]["text"]

    assert len(body) <= 300
    assert body.endswith("more characters (medium severity). Approve only what you know to be right.")


def test_screen_readers_hear_what_a_button_is_about() -> None:
    spoken = [button["accessibility_label"] for button in buttons(event_card(login(), view(), NOW))]

    assert spoken == [
        "Approve: SSH login as alice on bastion-1 from 192.0.2.10",
        "Deny: SSH login as alice on bastion-1 from 192.0.2.10",
    ]


def test_a_reason_is_asked_in_a_window_and_not_twice() -> None:
    card = event_card(login(requires_reason=True), view(), NOW)

    approve = buttons(card)[0]
    assert approve["text"]["text"] == "Approve…"
    assert "confirm" not in approve
    assert "\n✍️ Approving this takes a reason.\n" in shown(card)


def test_the_need_for_two_people_is_said_before_anyone_approves() -> None:
    assert "\n👥 Approving this takes two people.\n" in shown(
        event_card(login(requires_second_person=True), view(), NOW)
    )


def test_a_late_record_is_called_late() -> None:
    late = login(occurred_at=later(hours=-3, minutes=-5))

    card = event_card(late, view(), NOW)

    assert "\n⏰ This is late news: the record arrived 3 h 5 min after it happened.\n" in card.text
    assert "late news" in shown(card)


def test_a_record_from_the_future_is_called_so() -> None:
    early = login(occurred_at=later(minutes=12))

    assert "\n⏰ The record is dated 12 min after its own arrival: a clock is wrong.\n" in (
        event_card(early, view(), NOW).text
    )


@pytest.mark.parametrize("minutes", [-10, 0, 5])
def test_a_record_within_the_configured_bounds_is_neither_late_nor_early(minutes: int) -> None:
    assert "⏰" not in event_card(login(occurred_at=later(minutes=minutes)), view(), NOW).text


def test_what_was_cut_off_the_line_is_said() -> None:
    assert "| ✂️ 1,234 more characters of the line came and were cut off.\n" in (
        shown(event_card(login(cut=1234), view(), NOW))
    )


def test_a_long_line_is_cut_with_a_count() -> None:
    assert "more characters\n" in shown(event_card(login(message="A" * 5000), view(), NOW))


def test_further_fields_of_the_rule_are_shown_and_counted() -> None:
    many = {f"field_{number}": f"value {number}" for number in range(12)} | {"cert_id": "alice@example"}

    said = shown(event_card(login(fields={"cert_id": "alice@example"} | many), view(), NOW))

    assert "| Certificate: alice@example\n| Field 0: value 0\n" in said
    assert "| … and 3 more fields\n" in said


def test_a_log_that_names_nobody_and_nothing_is_still_asked_about() -> None:
    bare = login(
        user_name=None, host_name=None, source_ip=None, message="", subject=Subject(kind=SubjectKind.UNMAPPED)
    )

    said = shown(event_card(bare, view(audience="channel"), NOW))

    assert "\nSSH login\nWhen: 2026-01-15 12:00:00 UTC\nSeverity: medium\n" in said
    assert "[Approve] [Deny]" in said


@pytest.mark.parametrize(
    ("about", "colour"),
    [
        (login(), "#8d8d8d"),
        (login(facts=known(34)), "#2eb67d"),
        (login(facts=known(35)), "#ecb22e"),
        (login(facts=known(68)), "#e01e5a"),
        (approved(facts=known(90)), "#2eb67d"),
        (denied(facts=known(1)), "#e01e5a"),
        (closed(), "#8d8d8d"),
    ],
)
def test_the_bar_has_the_colour_of_the_outcome_or_the_risk(about: Event, colour: str) -> None:
    assert event_card(about, view(), NOW).attachments[0]["color"] == colour


def test_the_configured_command_is_the_one_that_is_named() -> None:
    assert "/pt approve or /pt deny k3f9x2m8pq" in event_card(login(), view(command="/pt"), NOW).text


def test_attachments_are_always_among_the_arguments() -> None:
    assert set(event_card(login(), view(), NOW).arguments()) == {"text", "blocks", "attachments"}


def test_what_records_that_joined_differ_in_is_shown_with_the_first() -> None:
    many = tuple(str(port) for port in range(1, 12))
    about = login(occurrences=3, varied={"source_port": ("50001", "50002"), "tty": ("pts/1",)})
    lines = read(event_card(about, view(), NOW))

    assert "From port of each: 50000 · 50001 · 50002" in "\n".join(lines)
    assert "Terminal of each: pts/1" in "\n".join(lines)
    crowded = read(event_card(login(occurrences=12, varied={"source_port": many}), view(), NOW))
    assert "8 · 9 and others" in "\n".join(crowded)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ({"user_name": "al\u0456ce"}, "The user's name mixes Latin and Cyrillic letters"),
        ({"host_name": "b\u03b1stion-1"}, "The host's name mixes Latin and Greek letters"),
        ({"user_name": "\uff41l\u0456ce"}, "The user's name mixes Latin and Cyrillic letters"),
    ],
)
def test_a_name_that_only_looks_like_another_is_said_to(names: dict[str, str], says: str) -> None:
    message = event_card(login(**names), view(), NOW)
    line = f"⚠️ {says}: it may only look like a name you know."
    assert line in read(message)
    assert line in message.text.split("\n")


@pytest.mark.parametrize(
    "name", ["alice", "d\u00e9sir\u00e9e", "\u0430\u043b\u0438\u0441", "\u7530\u4e2dken"]
)
def test_a_name_in_one_alphabet_is_not_remarked_on(name: str) -> None:
    assert "mixes" not in event_card(login(user_name=name), view(), NOW).text
