"""What a delivery says at the last moment, and when it is of no use any more."""

import re
from dataclasses import replace
from typing import Any

import pytest

from powertrip.cards import CardSettings, Message
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind, Note, Payload, ReminderNumbers
from powertrip.domain.event import Event, Notice, NoticeKind, Snapshot, Status
from powertrip.domain.follow_up import DenialNote, FollowUp, NoteKind, Owner
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.reminders import Reminders as Schedule
from powertrip.domain.routing import Reviewers
from powertrip.pipeline.context import Settings
from powertrip.pipeline.render import render
from tests.samples import ALICE, CAROL, NOW, SECURITY, decision, doubt, event, later

UNUSED: Any = None
SETTINGS = Settings(
    rules=UNUSED,
    people=UNUSED,
    policy=(),
    reminders=Schedule(mention_after=2),
    reviewers=Reviewers(users=(CAROL,)),
    cards=CardSettings(),
    severity=UNUSED,
    also_tell=UNUSED,
    quarantine=UNUSED,
    heartbeat=UNUSED,
    proofs=UNUSED,
    security_channel=SECURITY,
    command="/powertrip",
    backup_after=UNUSED,
)
CALL = f"<@{CAROL}>"
DANA = "U0DANA"


def delivery(
    kind: DeliveryKind, *snapshots: Snapshot, payload: Payload | None = None, **changes: Any
) -> Delivery:
    """A claimed delivery to the security channel."""
    fields: dict[str, Any] = {
        "id": 1,
        "uid": "uid",
        "lane": SECURITY,
        "channel": SECURITY,
        "ts": None,
        "event_ids": tuple(item.event.id for item in snapshots),
        "attempts": 0,
        "attempted_at": None,
        "created_at": NOW,
        "leased_until": later(seconds=30),
    }
    return Delivery(kind=kind, snapshots=snapshots, payload=payload, **(fields | changes))


def snapshot(about: Event, *first_in: str, was_asked: bool = True) -> Snapshot:
    """An event whose first notices are in these channels."""
    firsts = [notice(NoticeKind.FIRST, channel=channel) for channel in first_in]
    return Snapshot(event=about, version=7, was_asked=was_asked, first_notices=tuple(firsts))


def notice(kind: NoticeKind, channel: str = SECURITY, reminder: int = 0) -> Notice:
    return Notice(
        event_id="", kind=kind, channel=channel, ts="1.1", revision=1, posted_at=NOW, reminder=reminder
    )


def reminder(*snapshots: Snapshot, number: int | None = None) -> Delivery:
    """A reminder, by default the newest of each event."""
    numbers = {item.event.id: item.event.reminders if number is None else number for item in snapshots}
    return delivery(DeliveryKind.REMINDER, *snapshots, payload=ReminderNumbers(numbers=numbers))


def shown(about: Delivery) -> Message | None:
    return render(
        about, SETTINGS, link=lambda channel, ts: f"https://link.test/{channel}/{ts}", now=later(hours=1)
    )


def text(about: Delivery) -> str:
    """All that the message says, in one string."""
    message = shown(about)
    assert message is not None
    return str(message.arguments())


def test_a_message_says_which_version_of_its_event_it_shows() -> None:
    message = shown(delivery(DeliveryKind.FIRST, snapshot(event(id="event00001", revision=3))))
    assert message is not None
    (shows,) = message.shows
    assert (shows.event_id, shows.revision, shows.version, shows.reminder) == ("event00001", 3, 7, 0)


def test_a_list_shows_the_number_of_each_reminder() -> None:
    message = shown(reminder(snapshot(event(reminders=1)), snapshot(event(reminders=4))))
    assert message is not None
    assert [item.reminder for item in message.shows] == [1, 4]


def test_a_note_is_about_no_event() -> None:
    message = shown(delivery(DeliveryKind.NOTE, payload=Note(title="A poll fails", lines=("why",))))
    assert message is not None
    assert message.shows == ()


@pytest.mark.parametrize("kind", [DeliveryKind.FIRST, DeliveryKind.UPDATE, DeliveryKind.REMINDER])
def test_without_an_event_there_is_nothing_to_say(kind: DeliveryKind) -> None:
    assert shown(delivery(kind)) is None


@pytest.mark.parametrize(
    ("about", "is_sent"),
    [
        (reminder(snapshot(event(reminders=1))), True),
        (reminder(snapshot(event(status=Status.DENIED, decisions=(decision(),), reminders=1))), True),
        (reminder(snapshot(event(status=Status.APPROVED, decisions=(decision(),), reminders=1))), False),
        (reminder(snapshot(event(status=Status.CLOSED, decisions=(decision(),), reminders=1))), False),
        (reminder(snapshot(event(reminders=2)), number=1), False),  # a newer one waits
        (reminder(snapshot(event(reminders=1), was_asked=False)), False),  # the first comes first
        (reminder(snapshot(event(reminders=2), was_asked=False)), True),  # Slack does not take the first
        (
            reminder(
                snapshot(event(reminders=2, subject=Subject(kind=SubjectKind.UNMAPPED)), was_asked=False)
            ),
            False,  # its first notice waits for the same channel
        ),
    ],
)
def test_a_reminder_is_sent_only_where_it_is_of_use(about: Delivery, is_sent: bool) -> None:
    assert (shown(about) is not None) is is_sent


def test_reminders_that_are_of_no_use_are_left_out_of_a_list() -> None:
    live, gone = event(reminders=1), event(status=Status.APPROVED, decisions=(decision(),), reminders=1)
    message = shown(reminder(snapshot(live), snapshot(gone)))
    assert message is not None
    assert [item.event_id for item in message.shows] == [live.id]


@pytest.mark.parametrize(("number", "calls"), [(1, False), (2, True)])
def test_reviewers_are_called_from_the_second_reminder_on(number: int, calls: bool) -> None:
    assert (CALL in text(reminder(snapshot(event(reminders=number))))) is calls
    several = reminder(snapshot(event(reminders=1)), snapshot(event(reminders=number)))
    assert (CALL in text(several)) is calls


def test_reviewers_are_called_by_a_denial_and_by_no_first_notice() -> None:
    denied = event(status=Status.DENIED, decisions=(decision(),))
    assert CALL in text(delivery(DeliveryKind.OUTCOME, snapshot(denied)))
    assert CALL not in text(delivery(DeliveryKind.FIRST, snapshot(event())))


def test_an_update_stays_the_kind_of_message_that_was_sent() -> None:
    about = snapshot(event(reminders=5))
    first = delivery(DeliveryKind.UPDATE, about, notices=(notice(NoticeKind.FIRST),))
    later_one = delivery(DeliveryKind.UPDATE, about, notices=(notice(NoticeKind.REMINDER, reminder=2),))
    assert (CALL in text(first), CALL in text(later_one)) == (False, True)
    message = shown(later_one)
    assert message is not None
    assert message.shows[0].reminder == 2


@pytest.mark.parametrize(
    ("status", "is_sent"),
    [(Status.PENDING, False), (Status.HALF_APPROVED, True), (Status.APPROVED, False), (Status.DENIED, False)],
)
def test_a_second_person_is_asked_for_only_while_one_is_missing(status: Status, is_sent: bool) -> None:
    half = event(status=status, decisions=(decision(),), requires_second_person=True)
    assert (shown(delivery(DeliveryKind.SECOND, snapshot(half))) is not None) is is_sent


def test_the_second_person_is_called_and_not_the_one_who_approved() -> None:
    half = event(status=Status.HALF_APPROVED, decisions=(decision(),), requires_second_person=True)
    asked = text(delivery(DeliveryKind.SECOND, snapshot(half)))
    assert CALL in asked
    assert "Approved by Alice, one more person is needed" in asked
    assert "Reminder" not in asked
    by_carol = replace(half, decisions=(decision(actor_id=CAROL, actor_name="Carol"),))
    assert f"{CALL} please" not in text(delivery(DeliveryKind.SECOND, snapshot(by_carol)))


@pytest.mark.parametrize(
    ("about", "is_sent"),
    [
        (snapshot(event(), "D0ALICE"), True),
        (snapshot(event(status=Status.HALF_APPROVED, decisions=(decision(),)), "D0ALICE"), False),
        (snapshot(event(status=Status.DENIED, decisions=(decision(),)), "D0ALICE"), False),
        (snapshot(event(doubts=(doubt(),)), "D0ALICE"), False),  # they are not sure
        (snapshot(event(doubts=(doubt(is_subject=False),)), "D0ALICE"), True),
        (snapshot(event()), False),  # its first card has yet to come, and asks all by itself
        (snapshot(event(), SECURITY), False),  # it was moved to the channel
    ],
)
def test_a_person_is_nudged_only_where_their_answer_is_missing(about: Snapshot, is_sent: bool) -> None:
    assert (shown(delivery(DeliveryKind.NUDGE, about, channel=ALICE)) is not None) is is_sent


def test_a_person_whom_the_first_card_reached_after_the_nudge_was_due_is_not_said_to_keep_silent() -> None:
    about = snapshot(event(), "D0ALICE")
    late = replace(about, first_notices=(replace(about.first_notices[0], posted_at=later(minutes=1)),))
    assert shown(delivery(DeliveryKind.NUDGE, late, channel=ALICE)) is None


def test_a_nudge_links_to_the_card_and_calls_nobody() -> None:
    nudge = text(delivery(DeliveryKind.NUDGE, snapshot(event(), "D0ALICE"), channel=ALICE))
    assert "https://link.test/D0ALICE/1.1" in nudge
    assert CALL not in nudge


def test_a_nudge_stays_one_when_it_is_updated() -> None:
    about = snapshot(event(status=Status.APPROVED, decisions=(decision(),)), "D0ALICE")
    sent = notice(NoticeKind.NUDGE, channel="D0ALICE")
    assert "No answer is needed any more." in text(delivery(DeliveryKind.UPDATE, about, notices=(sent,)))
    assert "No answer is needed any more." in text(
        delivery(DeliveryKind.UPDATE, about, about, notices=(sent, sent))
    )


def test_only_the_readers_of_the_first_notice_get_a_link_to_it() -> None:
    assert f"https://link.test/{SECURITY}/1.1" in text(reminder(snapshot(event(reminders=1), SECURITY)))
    assert "https://link.test" not in text(reminder(snapshot(event(reminders=1), "D0ALICE")))
    assert "https://link.test" not in text(delivery(DeliveryKind.FIRST, snapshot(event(), SECURITY)))


def test_a_card_in_the_channel_says_why_it_is_there() -> None:
    about = snapshot(event(subject=Subject(kind=SubjectKind.DEACTIVATED, slack_id=ALICE)))
    in_channel, direct = [
        text(delivery(DeliveryKind.FIRST, about, channel=channel)) for channel in (SECURITY, ALICE)
    ]
    assert ("deactivated" in in_channel, "deactivated" in direct) == (True, False)


def test_first_cards_in_one_list_ask_for_the_first_time_and_are_no_reminder() -> None:
    several = [snapshot(event(), SECURITY), snapshot(event(), SECURITY)]
    words = text(delivery(DeliveryKind.FIRST, *several))
    assert "2 events at once: are these expected?" in words
    assert "Reminder" not in words
    assert CALL not in words


def test_a_list_of_first_cards_says_what_was_decided_meanwhile() -> None:
    decided_one = snapshot(event(status=Status.APPROVED, decisions=(decision(),)), SECURITY)
    updated = [notice(NoticeKind.FIRST), notice(NoticeKind.FIRST)]
    some = delivery(DeliveryKind.UPDATE, snapshot(event(), SECURITY), decided_one, notices=updated)
    assert "1 of 2 events still to decide" in text(some)
    all_of_them = delivery(DeliveryKind.UPDATE, decided_one, decided_one, notices=updated)
    assert "All done: 2 events decided" in text(all_of_them)


def test_a_list_of_first_cards_counts_no_reminders() -> None:
    reminded = [snapshot(event(reminders=4)), snapshot(event(reminders=4))]
    message = shown(delivery(DeliveryKind.FIRST, *reminded))
    assert message is not None
    assert [item.reminder for item in message.shows] == [0, 0]


def test_a_card_that_came_to_the_channel_because_its_person_got_too_many_says_so() -> None:
    about = event(diverted="12 questions in 5 minutes")
    assert "12 questions in 5 minutes for Alice, too many" in text(
        delivery(DeliveryKind.FIRST, snapshot(about))
    )


def test_a_list_of_first_cards_has_asked_only_about_what_it_names() -> None:
    many = [snapshot(event(user_name=f"stranger{number}")) for number in range(100)]
    message = shown(delivery(DeliveryKind.FIRST, *many))
    assert message is not None
    named = {item.event_id for item in message.shows}
    assert named == {item.event.id for item in many if item.event.id in str(message.blocks)}
    assert 20 < len(named) < 100


def denied(**follow_up: Any) -> Event:
    """Alice's login, which Dana denied; Carol, Dana and Alice are reviewers."""
    denial = decision(Verdict.DENY, actor_id=DANA, actor_name="Dana")
    return event(status=Status.DENIED, decisions=(denial,), reminders=2, follow_up=FollowUp(**follow_up))


def called(*events: Event, kind: DeliveryKind = DeliveryKind.REMINDER) -> list[str]:
    """Whom a message about these events asks to look."""
    snapshots = [snapshot(about) for about in events]
    about = reminder(*snapshots) if kind is DeliveryKind.REMINDER else delivery(kind, *snapshots)
    reviewers = Reviewers(users=(CAROL, DANA, ALICE))
    message = render(about, replace(SETTINGS, reviewers=reviewers), link=lambda *_: None, now=later(hours=1))
    assert message is not None
    return re.findall(r"<@(\w+)> (?=.*please look)", message.text)


def test_a_reminder_of_what_somebody_has_mentions_them_alone_until_they_did_nothing_for_long() -> None:
    owner = Owner(slack_id=CAROL, name="Carol", since=NOW, until=later(hours=2))
    assert called(denied(owner=owner)) == [CAROL]
    assert called(denied(owner=owner), denied(owner=owner)) == [CAROL]
    assert called(denied(owner=owner), denied()) == [CAROL, DANA, ALICE]
    assert called(denied(owner=owner), event(reminders=2)) == [CAROL, DANA, ALICE]
    assert called(denied(owner=replace(owner, until=later(hours=1)))) == [CAROL, DANA, ALICE]
    assert called(denied(owner=owner), kind=DeliveryKind.OUTCOME) == []


def test_what_the_person_claims_calls_those_who_may_agree() -> None:
    claim = DenialNote(kind=NoteKind.CLAIM, actor_id=ALICE, actor_name="Alice", at=NOW, text="Mine.")
    owner = Owner(slack_id=DANA, name="Dana", since=NOW, until=later(hours=2))
    for kind in (DeliveryKind.OUTCOME, DeliveryKind.REMINDER):
        assert called(denied(claim=claim, owner=owner), kind=kind) == [CAROL]
