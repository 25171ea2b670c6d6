"""The card of a storm says how many records its events are, what does not fit, and what its button covers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from powertrip.cards import storm_answer, storm_card, storm_modal, storm_reminder
from powertrip.cards.message import CardView
from powertrip.domain.decision import Verdict
from powertrip.domain.event import NoticeKind, Severity, Status
from powertrip.domain.storm_view import Coverage, Outlier, StormView, Top
from powertrip.domain.storms import BulkSettings, Storm, StormKind
from tests.cards.reading import objections, shown, view_read
from tests.samples import NOW, event

STORM = Storm(
    id="98401fe149b143c9",
    kind=StormKind.PERSON,
    key="oswaldo",
    rule="ssh_login",
    title="SSH login",
    severity=Severity.MEDIUM,
    user_name="oswaldo",
    source_ip=None,
    network="192.0.2.0/24",
    failed=False,
    groups=("web-*",),
    opened_at=NOW,
    last_at=NOW + timedelta(seconds=5),
    ended_at=None,
    seq=300,
    version=1,
    reminders=0,
    next_reminder_at=None,
)
SHOWN = CardView(audience="channel", kind=NoticeKind.FIRST, command="/powertrip")
BULK = BulkSettings()


def view(number: int = 60, **changes: Any) -> StormView:
    """A storm of so many events, five records each, all of which wait."""
    found: dict[str, Any] = {
        "storm": STORM,
        "events": number,
        "records": number * 5,
        "statuses": {Status.PENDING: number},
        "hosts": Top(most=(("web-1", 5),), different=number),
        "users": Top(),
        "outliers": (),
        "outlier_count": 0,
        "unasked": 0,
        "watermark": 300,
        "open_covered": number,
        "denied_covered": 0,
        "batches": (),
        "newest": None,
        "card": None,
    }
    return StormView(**(found | changes))


def coverage(number: int, later: int = 0) -> Coverage:
    """What one decision on so many events covers."""
    return Coverage(
        watermark=300,
        count=number,
        records=number * 5,
        first_at=NOW,
        last_at=NOW + timedelta(seconds=5),
        later=later,
        beyond=0,
        hosts=Top(most=(("web-1", 5),), different=1),
        users=Top(),
    )


def card(about: StormView) -> str:
    """What a reader sees of the card."""
    message = storm_card(about, SHOWN, links={}, bulk=BULK, now=NOW)
    assert objections(message) == []
    return shown(message)


def test_the_card_counts_the_records_that_joined_events() -> None:
    said = card(view())

    assert "SSH login as oswaldo, 60 events (300 records) on 60 hosts" in said
    # And how fast these came, not only the first of each event.
    assert "(60/s)" in said
    assert "Host   Records" in said


def test_the_card_does_not_say_that_it_goes_on_when_nobody_knows() -> None:
    assert "goes on" not in card(view())
    assert ", the newest " in card(view())
    assert "it is over" in card(view(storm=replace(STORM, ended_at=NOW)))


def test_what_does_not_fit_stands_above_what_is_most_of_it() -> None:
    hidden = Outlier(event=event(host_name="vault-1"), why="high severity", asked_in=None)

    said = card(view(outliers=(hidden,), outlier_count=1))

    assert said.index("high severity") < said.index("Records")


def test_one_of_something_is_told_as_one() -> None:
    hidden = Outlier(event=event(), why="high severity", asked_in=None)
    only = view(1, outliers=(hidden,), outlier_count=1, unasked=1)

    said = card(only)

    assert "1 event not like the others, with a card of its own:" in said
    assert "Now: 1 waits; severity medium" in said
    assert "once 1 event that does not fit has its own card." in said
    assert "1 event of a storm still waits." in shown(
        storm_reminder(only, replace(SHOWN, kind=NoticeKind.REMINDER))
    )
    one, two = (shown(storm_answer(Verdict.APPROVE, 1, n, (("No.", n),), n)) for n in (1, 2))
    assert "1 event left as it is: No." in one
    assert "meanwhile: left as it is. 1 event of this storm still waits." in one
    assert "meanwhile: left as they are. 2 events of this storm still wait." in two


def test_the_call_for_a_denied_storm_says_what_is_to_be_done() -> None:
    said = replace(SHOWN, kind=NoticeKind.OUTCOME, checklist=("Reach <!here> them.", "End the sessions."))
    denied = view(statuses={Status.DENIED: 60}, open_covered=0, denied_covered=60)

    message = storm_reminder(denied, said)

    assert "To do for them:" in message.text
    assert "2. End the sessions." in message.text
    assert "<!here>" not in message.text
    # What waits to be decided has nothing to be done about yet.
    assert "To do" not in storm_reminder(view(), said).text


@pytest.mark.parametrize(
    ("number", "stays"),
    [(1, "1 that came, or changed, after the card was drawn: it stays open"), (2, "they stay")],
)
def test_the_window_says_of_how_many_records_the_decision_is(number: int, stays: str) -> None:
    window = storm_modal(view(), coverage(60, later=number), Verdict.APPROVE, "x")

    said = "\n".join(view_read(window))

    assert "Covered: 60 events (300 records)" in said
    assert stays in said


def test_it_is_not_all_decided_while_what_does_not_fit_waits() -> None:
    decided: dict[str, Any] = {"statuses": {Status.APPROVED: 60}, "open_covered": 0}
    hidden = Outlier(event=event(), why="high severity", asked_in=None)

    assert "✅ All decided: 60 events by oswaldo" in card(view(**decided))
    waiting = card(view(**decided, outliers=(hidden,), outlier_count=1))
    assert "✅ The usual ones are decided: 60 events by oswaldo" in waiting
