from dataclasses import replace

from powertrip.cards import CardView, Mention, reminder_list
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, NoticeKind, Status
from tests.cards.reading import buttons, labels, mentioned, objections, read, shown
from tests.samples import CAROL, NOW, decision, event, later

VIEW = CardView(
    command="/powertrip", kind=NoticeKind.REMINDER, audience="channel", reminder=2, mention=(Mention(CAROL),)
)


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
        "⏳ SSH login as alice on bastion-1 from 192.0.2.10 · 2 h ago · pending · aaaaaaaaaa",
        "[Approve] [Deny]",
        "⛔ SSH login as alice on bastion-1 from 192.0.2.10 · 2 h ago · denied · bbbbbbbbbb",
        "[Close…]",
        "✅ SSH login as alice on bastion-1 from 192.0.2.10 · 2 h ago · approved · cccccccccc · by @U0ALICE",
    ]
    assert [button["value"] for button in buttons(message)] == [
        "aaaaaaaaaa.1",
        "aaaaaaaaaa.1",
        "bbbbbbbbbb.1",
    ]


def test_how_often_an_event_was_seen_is_said() -> None:
    (seen,) = [replace(item, revision=4, occurrences=4) for item in waiting(1)]

    assert "2 h ago, 4 times · pending · k000000000.4" in shown(reminder_list([seen], VIEW, later(hours=2)))


def test_twenty_have_buttons_and_the_others_say_what_to_type() -> None:
    message = reminder_list(waiting(30), VIEW, later(hours=2))

    assert labels(message).count("Approve") == 20
    assert "pending · k000000029" in shown(message)
    assert "more:" not in shown(message)
    assert objections(message) == []


def test_what_does_not_fit_is_counted() -> None:
    message = reminder_list(waiting(500), VIEW, later(hours=2))

    named = shown(message).count("SSH login as")
    assert shown(message).endswith(f"… and {500 - named} more: /powertrip pending all")
    assert named > 20
    assert objections(message) == []


def test_when_all_are_decided_it_says_so_and_calls_nobody() -> None:
    message = reminder_list([approved("aaaaaaaaaa"), approved("bbbbbbbbbb")], VIEW, NOW)

    assert shown(message).startswith("# ✅ All done: 2 events decided\n✅ SSH login as alice")
    assert buttons(message) == []
    assert CAROL not in mentioned(message.blocks)


def test_the_plain_text_names_the_events_and_what_to_type() -> None:
    text = reminder_list(waiting(2), VIEW, later(hours=2)).text

    assert text.startswith(
        "<@U0CAROL> please look.\nReminder: 2 events to decide\n"
        "Each is decided on its own: /powertrip approve, deny or close, and its id.\n"
    )
    assert "SSH login as alice on bastion-1 from 192.0.2.10 · 2 h ago · pending · k000000001" in text
