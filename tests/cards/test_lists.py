from dataclasses import replace

from powertrip.cards import CardView, Mention, nudge, reminder_list
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, NoticeKind, Severity, Status
from tests.cards.reading import buttons, labels, mentioned, objections, read, shown
from tests.samples import CAROL, NOW, decision, event, known, later

VIEW = CardView(
    command="/powertrip", kind=NoticeKind.REMINDER, audience="channel", reminder=2, mention=(Mention(CAROL),)
)

LOGIN = "SSH login as alice on bastion-1 from 192.0.2.10 · medium severity"


def waiting(count: int) -> list[Event]:
    return [event(id=f"k{number:09d}") for number in range(count)]


def approved(event_id: str) -> Event:
    return event(id=event_id, status=Status.APPROVED, decisions=(decision(),))


def denied(event_id: str) -> Event:
    return event(id=event_id, status=Status.DENIED, decisions=(decision(Verdict.DENY),))


def test_each_event_is_decided_on_its_own() -> None:
    events = [event(id="aaaaaaaaaa"), denied("bbbbbbbbbb"), approved("cccccccccc")]

    message = reminder_list(events, VIEW, later(hours=2))

    assert read(message) == [
        "@U0CAROL please look.",
        "# Reminder: 1 event to decide and 1 denied event to close",
        f"⏳ {LOGIN} · 2 h ago · aaaaaaaaaa",
        "[Approve] [Deny]",
        f"⛔ {LOGIN} · 2 h ago · denied · bbbbbbbbbb",
        "[Close…]",
        f"✅ {LOGIN} · 2 h ago · approved · cccccccccc · by @U0ALICE",
    ]
    assert [button["value"] for button in buttons(message)] == [
        "aaaaaaaaaa.1",
        "aaaaaaaaaa.1",
        "bbbbbbbbbb.1",
    ]


def test_how_often_an_event_was_seen_is_said() -> None:
    (seen,) = [replace(item, revision=4, occurrences=4) for item in waiting(1)]

    assert "2 h ago, 4 times · k000000000.4" in shown(reminder_list([seen], VIEW, later(hours=2)))


def test_ten_have_buttons_and_the_others_say_what_to_type() -> None:
    message = reminder_list(waiting(13), VIEW, later(hours=2))

    assert labels(message).count("Approve") == 10
    assert "2 h ago · k000000012" in shown(message)
    assert "These by their ids, at the end of each line: /powertrip approve ID" in shown(message)
    assert "more:" not in shown(message)
    assert objections(message) == []


def test_what_does_not_fit_is_counted() -> None:
    message = reminder_list(waiting(500), VIEW, later(hours=2))

    named = shown(message).count("SSH login as")
    assert shown(message).endswith(f"… and {500 - named} more: /powertrip pending all")
    assert named > 10
    assert objections(message) == []


def test_the_worst_comes_first() -> None:
    events = [
        event(id="aaaaaaaaaa", received_at=later(minutes=-9)),
        event(id="bbbbbbbbbb", severity=Severity.CRITICAL),
        event(id="cccccccccc", facts=known(90)),
        event(id="dddddddddd", severity=Severity.HIGH, facts=known(5)),
        event(id="eeeeeeeeee", severity=Severity.HIGH, facts=known(70)),
        event(id="ffffffffff", received_at=later(minutes=-8)),
    ]

    message = reminder_list(events, VIEW, later(hours=2))

    assert "".join(button["value"][0] for button in buttons(message)[::2]) == "bedcaf"
    assert message.text.startswith("🚨 Critical. Reminder: 6 events to decide\n⏳ SSH login")


def test_a_line_says_what_its_approval_covers() -> None:
    stopped = event(
        id="aaaaaaaaaa",
        title="sudo to root",
        severity=Severity.HIGH,
        headline=("command",),
        fields={"command": "systemctl stop auditd"},
        facts=known(84),
        revision=4,
        occurrences=4,
    )

    message = reminder_list([stopped], VIEW, later(hours=2))

    line = (
        "sudo to root: “systemctl stop auditd” as alice on bastion-1 from 192.0.2.10 "
        "· 🔴 high risk, high severity · 2 h ago, 4 times"
    )
    assert line in shown(message)
    assert line in message.text
    deny, approve = buttons(message)[:2]
    assert deny["action_id"] == "deny"
    assert approve["value"] == "aaaaaaaaaa.4"
    assert approve["confirm"]["text"]["text"] == (
        "sudo to root: “systemctl stop auditd” as alice on bastion-1 from 192.0.2.10, 4 times "
        "(🔴 high risk, high severity). Approve only what you know to be right."
    )


NUDGE = CardView(command="/powertrip", kind=NoticeKind.NUDGE, audience="person")


def test_a_nudge_is_short_and_can_be_answered() -> None:
    link = "https://workspace.example/archives/D0/p1"

    message = nudge([event(id="aaaaaaaaaa")], replace(NUDGE, first_link=link), later(minutes=10))

    assert read(message) == [
        "⏰ Still no answer from you. Was this you?",
        "The card tells more.",
        "⏳ SSH login as alice on bastion-1 from 192.0.2.10 · medium severity · 10 min ago · aaaaaaaaaa",
        "[Approve] [Deny]",
    ]
    assert message.text.startswith("⏰ Still no answer from you. Was this you?\n⏳ SSH login as")


def test_a_nudge_about_several_counts_them() -> None:
    message = nudge(waiting(3), NUDGE, later(minutes=10))

    assert shown(message).startswith("⏰ 3 questions still wait for your answer. Was this you?\n⏳ SSH login")
    assert labels(message).count("Deny") == 3


def test_a_nudge_without_room_for_all_says_how_the_person_sees_the_rest() -> None:
    assert shown(nudge(waiting(500), NUDGE, later(minutes=10))).endswith("more: /powertrip pending me")


def test_a_nudge_whose_question_is_answered_asks_no_more() -> None:
    message = nudge([approved("aaaaaaaaaa"), denied("bbbbbbbbbb")], NUDGE, later(minutes=10))

    assert shown(message).startswith("✅ No answer is needed any more.\n✅ SSH login as alice")
    assert buttons(message) == []


def test_when_all_are_decided_it_says_so_and_calls_nobody() -> None:
    message = reminder_list([approved("aaaaaaaaaa"), approved("bbbbbbbbbb")], VIEW, NOW)

    assert shown(message).startswith("# ✅ All done: 2 events decided\n✅ SSH login as alice")
    assert buttons(message) == []
    assert CAROL not in mentioned(message.blocks)


def test_the_plain_text_names_the_events_and_what_to_type() -> None:
    text = reminder_list(waiting(2), VIEW, later(hours=2)).text

    assert text.startswith(
        f"Reminder: 2 events to decide\n⏳ {LOGIN} · 2 h ago · k000000000\n<@U0CAROL> please look.\n"
        "Each is decided on its own: /powertrip approve, deny or close, and its id.\n"
    )
    assert "SSH login as alice on bastion-1 from 192.0.2.10 · medium severity · 2 h ago · k000000001" in text
