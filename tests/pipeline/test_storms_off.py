"""Whoever switches storms off is asked about each event that stood in one alone, on both databases."""

from typing import Any

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Status
from powertrip.domain.people import Person
from powertrip.domain.reminders import Reminders
from powertrip.domain.routing import UNRESOLVED, People
from powertrip.domain.storms import StormSection
from powertrip.pipeline.storms import look_after_storms
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.storms.tables import StormRow
from powertrip.store.tables import EventRow
from tests.conftest import Clock
from tests.pipeline.contexts import context
from tests.samples import ALICE, NOW, SECURITY, event, later
from tests.store.busy import faults
from tests.store.storms import deliver, judge, login


async def a_storm(thread: DatabaseThread, store: Store, **changes: Any) -> None:
    await judge(thread, store, [login(number, **changes) for number in range(30)])
    await thread.run(lambda: EventRow.update(facts_due_at=None).execute())
    await told(store, later(seconds=9))


async def told(store: Store, now: Any) -> list[tuple[DeliveryKind, str, tuple[str, ...]]]:
    """What goes out, where to, and of which events."""
    found = []
    while (sent := await deliver(store, now)) is not None:
        found.append((sent.kind, sent.channel, sent.event_ids))
    return found


async def look(store: Store, clock: Clock, *, enabled: bool, rounds: int = 3) -> list[bool]:
    step = context(
        store,
        clock,
        people=People([Person(name="alice", slack=ALICE)]),
        reminders=Reminders(),
        security_channel=SECURITY,
        storms=StormSection(enabled=enabled),
    )
    return [await look_after_storms(step) for _ in range(rounds)]


async def test_each_of_its_events_gets_a_card_and_nothing_is_left_to_decide_together(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await a_storm(database_thread, store)
    clock.forward(minutes=1)
    assert await look(store, clock, enabled=False) == [True, False, False]

    firsts = [item for item in await told(store, later(minutes=1)) if item[0] is DeliveryKind.FIRST]
    assert sorted(firsts) == [(DeliveryKind.FIRST, SECURITY, (f"login{number:05}",)) for number in range(30)]
    (storm,) = await database_thread.run(lambda: list(StormRow.select()))
    view = await store.storms.get(storm.id)
    assert (view.events, view.unasked, view.is_offered, view.storm.ended_at) == (0, 0, False, clock())
    assert await faults(database_thread) == {}


async def test_each_is_reminded_of_on_its_own_from_then_on(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await a_storm(database_thread, store)
    clock.forward(minutes=1)
    await look(store, clock, enabled=False)
    assert len(await store.events.due_reminders(later(minutes=11), 99)) == 30


async def test_a_person_is_asked_whose_storm_it_was(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await a_storm(database_thread, store, user_name="alice", subject=event().subject)
    await look(store, clock, enabled=False)
    firsts = [item for item in await told(store, NOW) if item[0] is DeliveryKind.FIRST]
    assert {channel for _, channel, _ in firsts} == {f"{UNRESOLVED}alice"}


async def test_what_was_denied_there_and_waits_to_be_closed_gets_a_card_and_what_was_approved_none(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await a_storm(database_thread, store)

    def decided() -> None:
        for number in range(30):
            status = Status.DENIED if number == 7 else Status.APPROVED
            EventRow.update(status=status).where(EventRow.id == f"login{number:05}").execute()

    await database_thread.run(decided)
    await look(store, clock, enabled=False)
    firsts = [item for item in await told(store, NOW) if item[0] is DeliveryKind.FIRST]
    assert [item[2] for item in firsts] == [("login00007",)]


async def test_what_comes_after_they_are_switched_on_again_joins_no_storm_of_before(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await a_storm(database_thread, store)
    await look(store, clock, enabled=False)
    await judge(database_thread, store, [login(99)], now=later(minutes=5))
    (about,) = await database_thread.run(lambda: list(EventRow.select().where(EventRow.id == "login00099")))
    assert about.storm_id is None


async def test_while_they_are_on_none_is_taken_apart(
    database_thread: DatabaseThread, store: Store, clock: Clock
) -> None:
    await a_storm(database_thread, store)
    assert await look(store, clock, enabled=True) == [False, False, False]
    assert await told(store, later(minutes=1)) == []
