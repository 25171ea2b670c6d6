"""Failed sign-ins: of strangers from one address one event, of whom the configuration knows their own."""

from dataclasses import replace
from itertools import count
from typing import Any

from powertrip.cards import CardView, event_card
from powertrip.domain.event import EventQuery, NoticeKind
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.people import Person
from powertrip.domain.reminders import Reminders
from powertrip.domain.routing import People
from powertrip.domain.severity import SeverityLists
from powertrip.domain.storms import StormSection
from powertrip.pipeline.judge import judge_waiting
from powertrip.rules import load_rules
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.cards.reading import shown
from tests.conftest import Clock
from tests.pipeline.contexts import context
from tests.rules.test_folding import guessed
from tests.samples import ALICE, SECURITY, later

VIEW = CardView(kind=NoticeKind.FIRST, audience="channel", command="/powertrip")


async def judged(thread: DatabaseThread, store: Store, clock: Clock, *names: str, **changes: Any) -> None:
    """Judge a sign-in at Okta with each of the names."""
    await thread.run(inbox.append, [[guessed(name, **changes) for name in names]])
    numbers = count()
    step = context(
        store,
        clock,
        rules=load_rules([{"use": "okta"}], lambda _: "a rule pack"),
        people=People([Person(name="alice", slack=ALICE)]),
        policy=(),
        reminders=Reminders(),
        severity=SeverityLists(),
        storms=StormSection(),
        also_tell=(),
        heartbeat=HeartbeatSection(),
        security_channel=SECURITY,
        watches=(),
        watch_of=lambda _: None,
        expected={},
        same_logs={},
        numbers_wanted=False,
    )
    step = replace(step, new_id=lambda: f"event{changes}{next(numbers):05}")
    # A slow machine's processor time may be used up before the last of a batch; those come with the next.
    while await judge_waiting(step):
        pass


async def test_names_that_somebody_guessed_from_one_address_are_one_event_that_counts_them(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await judged(database_thread, store, clock, *(f"name{number}" for number in range(150)))
    (about,), _ = await store.events.find(EventQuery())
    assert (about.occurrences, about.users, about.user_name) == (150, 150, "name0")
    card = shown(event_card(about, VIEW, later(minutes=1)))
    assert "as name0 and 149 others" in card
    assert "name9" in card
    assert "and 140 others" in card


async def test_whoever_is_known_is_asked_as_ever(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await judged(database_thread, store, clock, "admin", "alice", "root")
    found, _ = await store.events.find(EventQuery())
    assert sorted((about.user_name, about.users) for about in found) == [("admin", 2), ("alice", 1)]


async def test_a_sign_in_that_succeeds_after_many_that_failed_is_an_event_of_its_own(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await judged(database_thread, store, clock, "admin", "root")
    await judged(database_thread, store, clock, "admin", "root", result="SUCCESS")
    found, _ = await store.events.find(EventQuery())
    assert sorted(about.rule for about in found) == ["okta_login"] * 2 + ["okta_login_failed"]
