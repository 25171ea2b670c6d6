"""What the backup channels say: who, where and when in plain text, and nothing that hides."""

from powertrip import cards
from powertrip.domain.event import Status
from tests.samples import NOW, event, later


def test_a_message_about_one_event_names_it_in_its_title() -> None:
    message = cards.backup_message([event(user_name="alice", host_name="bastion-1")], later(minutes=7))
    assert message.title == "Powertrip: SSH login as alice on bastion-1 from 192.0.2.10"
    assert "for 7 min" in message.body
    assert "How bad: medium severity" in message.body
    assert "Event: " in message.body


def test_a_message_about_several_events_counts_them_and_tells_each() -> None:
    message = cards.backup_message([event(id="event00001"), event(id="event00002")], NOW)
    assert message.title == "Powertrip: 2 events nobody could be asked about"
    assert "event00001" in message.body
    assert "event00002" in message.body


def test_hostile_names_stay_on_their_line() -> None:
    hostile = event(user_name="eve\r\nBcc: all@example.com\u202e", host_name="x" * 5000)
    message = cards.backup_message([hostile], NOW)
    assert "\n" not in message.title
    assert not any(line.startswith("Bcc:") for line in message.body.splitlines())
    assert "\u202e" not in message.body
    assert len(message.body) < 2000


def test_the_digest_says_where_each_event_stands() -> None:
    approved = event(id="event00001", status=Status.APPROVED)
    digest = cards.backup_digest([approved, event(id="event00002")])
    assert digest.title == "Powertrip: Slack is back, 2 events posted there"
    assert ": approved (event00001)" in digest.body
    assert ": pending (event00002)" in digest.body
