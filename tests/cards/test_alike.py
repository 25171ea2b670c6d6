"""Events of one list that would read alike are told apart by what differs."""

from powertrip.cards import CardView, nudge, reminder_list
from powertrip.cards.pages import event_list, history
from powertrip.domain.event import Event, NoticeKind
from tests.cards.reading import shown
from tests.samples import NOW, event

VIEW = CardView(command="/powertrip", kind=NoticeKind.REMINDER, audience="channel", reminder=1)
KEY = {"method": "publickey", "key_type": "ED25519", "key_fingerprint": f"SHA256:{'A' * 43}"}
OTHER_KEY = KEY | {"key_fingerprint": f"SHA256:{'B' * 43}"}


def logins(*fields: dict[str, str]) -> list[Event]:
    return [event(id=f"k{number:09d}", fields=each) for number, each in enumerate(fields)]


def test_another_key_and_a_password_are_told_apart_in_every_list() -> None:
    events = logins(KEY, OTHER_KEY, {"method": "password"})
    lists = [
        reminder_list(events, VIEW, NOW),
        nudge(events, VIEW, NOW),
        event_list(events, 1, 1, "Events", NOW),
        history(events, 1, 1, "History", NOW),
    ]

    for said in map(shown, lists):
        assert f" · How: publickey · ED25519 · SHA256:{'A' * 43} · " in said
        assert f" · How: publickey · ED25519 · SHA256:{'B' * 43} · " in said
        assert " · How: password · " in said


def test_what_only_one_has_is_said_of_both() -> None:
    said = shown(reminder_list(logins({}, {"environment": "LD_PRELOAD=/tmp/x.so"}), VIEW, NOW))

    assert "Environment variables: none · " in said
    assert "Environment variables: LD_PRELOAD=/tmp/x.so · " in said


def test_what_reads_otherwise_or_differs_in_nothing_needs_no_more_words() -> None:
    mine, again = logins(KEY | {"source_port": "1"}, KEY | {"source_port": "2"})
    elsewhere = event(id="kelsewhere", host_name="db-1", fields={"method": "password"})

    said = shown(reminder_list([mine, again, elsewhere], VIEW, NOW))
    assert "How:" not in said
    assert "From port" not in said
