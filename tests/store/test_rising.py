"""An event that turns out grave after it stood in a list, or in a storm, gets a card of its own, first."""

from dataclasses import replace
from typing import Any

from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.due import Enriched
from powertrip.domain.event import GRAVE, Event, NoticeKind, Severity, Status
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.storms.tables import StormRow
from powertrip.store.tables import EventRow
from tests.claiming import take_next
from tests.samples import NOW, SECURITY, ask, event, later, record
from tests.store.busy import faults
from tests.store.storms import LEASE, deliver, judge, login

LOW, MEDIUM, HIGH, CRITICAL = Severity
LISTS_FROM = 3
SOON = later(seconds=9)


async def told(store: Store, now: Any = SOON) -> list[tuple[str, ...]]:
    """What goes out as first cards, and of which events each is."""
    found = []
    while (delivery := await take_next(store, now)) is not None:
        delivery = await store.gathering.gather(delivery, LISTS_FROM, now)
        if delivery.kind is DeliveryKind.FIRST:
            found.append(delivery.event_ids)
            await _post(store, delivery, now)
        else:
            await store.deliveries.finish(delivery, now)
    return found


async def _post(store: Store, delivery: Delivery, now: Any) -> None:
    shown = [
        Shown(event_id=item.event.id, revision=item.event.revision, version=item.version)
        for item in delivery.snapshots
    ]
    where = Posted(channel=delivery.channel, ts=f"1.{delivery.id}")
    await store.notices.posted(delivery, NoticeKind.FIRST, where, shown, now)


async def strangers(thread: DatabaseThread, store: Store, count: int, **changes: Any) -> list[Event]:
    """Events of medium severity, each on its own, that are asked about in the channel."""
    numbers = range(count)
    numbers = range(count)
    found = [event(fold_key=f"stranger{number}", id=f"stranger{number:03}", **changes) for number in numbers]
    await come(thread, store, *found)
    return found


async def come(thread: DatabaseThread, store: Store, *abouts: Event, now: Any = NOW) -> None:
    await thread.run(inbox.append, [[record() for _ in abouts]])
    records = await store.inbox.claim(len(abouts), lambda: now, LEASE)
    asks = [ask(taken, about, SECURITY) for taken, about in zip(records, abouts, strict=True)]
    await store.judging.apply(asks, now)


async def enriched(store: Store, about: Event, severity: Severity, now: Any = SOON) -> None:
    found = Enriched(
        event=replace(about, severity=severity, risk_steps=2),
        copies=(),
        conversation=SECURITY,
        again_at=None,
        apart=f"{severity} severity" if severity in GRAVE else None,
        remind_at=later(minutes=10),
    )
    await store.enriching.keep([found], now)


async def test_an_event_of_a_list_that_its_address_makes_grave_gets_a_card_of_its_own_first(
    database_thread: DatabaseThread, store: Store
) -> None:
    listed = await strangers(database_thread, store, 8)
    assert [len(events) for events in await told(store)] == [8]
    late = [event(fold_key=f"late{number}", id=f"late{number}") for number in range(5)]
    await come(database_thread, store, *late, now=SOON)

    await enriched(store, listed[5], HIGH)

    cards = await told(store, later(seconds=10))
    assert cards[0] == (listed[5].id,)
    assert sorted(len(events) for events in cards) == [1, 5]
    assert await faults(database_thread) == {}


async def test_it_gets_no_second_card_where_it_has_one(database_thread: DatabaseThread, store: Store) -> None:
    (alone,) = await strangers(database_thread, store, 1)
    assert await told(store) == [(alone.id,)]
    await enriched(store, alone, HIGH)
    await enriched(store, replace(alone, severity=HIGH), CRITICAL)
    assert await told(store, later(seconds=10)) == []


async def test_a_card_that_still_waits_moves_up_and_is_not_doubled(
    database_thread: DatabaseThread, store: Store
) -> None:
    listed = await strangers(database_thread, store, 8)
    await enriched(store, listed[5], HIGH)
    assert [len(events) for events in await told(store)] == [1, 7]


async def test_who_was_decided_in_the_list_is_not_asked_about_again(
    database_thread: DatabaseThread, store: Store
) -> None:
    listed = await strangers(database_thread, store, 8)
    await told(store)
    await database_thread.run(
        lambda: EventRow.update(status=Status.APPROVED).where(EventRow.id == listed[5].id).execute()
    )
    await enriched(store, listed[5], CRITICAL)
    assert await told(store, later(seconds=10)) == []
    assert (await store.events.get(listed[5].id)).severity is MEDIUM


async def test_a_record_that_joins_makes_its_event_as_grave_as_it_is(
    database_thread: DatabaseThread, store: Store
) -> None:
    listed = await strangers(database_thread, store, 8)
    await told(store)

    graver = replace(listed[5], id="again", severity=CRITICAL, requires_second_person=True)
    await come(database_thread, store, graver, replace(listed[6], id="same"), now=SOON)

    about = await store.events.get(listed[5].id)
    assert (about.severity, about.requires_second_person, about.occurrences) == (CRITICAL, True, 2)
    assert about.severity_reason == "raised from medium: a later record of it is of critical severity"
    assert await told(store, later(seconds=10)) == [(listed[5].id,)]
    assert await faults(database_thread) == {}


async def test_a_milder_record_eases_nothing(database_thread: DatabaseThread, store: Store) -> None:
    (alone,) = await strangers(database_thread, store, 1, severity=HIGH)
    await come(database_thread, store, replace(alone, id="again", severity=LOW))
    assert (await store.events.get(alone.id)).severity is HIGH


async def test_events_that_open_and_rise_in_one_batch_have_one_card(
    database_thread: DatabaseThread, store: Store
) -> None:
    opens = event(id="opens", fold_key="one", severity=LOW)
    await come(database_thread, store, opens, replace(opens, id="rises", severity=CRITICAL))
    assert await told(store) == [("opens",)]
    assert (await store.events.get("opens")).severity is CRITICAL


async def test_what_a_look_up_knew_before_does_not_ease_what_a_record_said_since(
    database_thread: DatabaseThread, store: Store
) -> None:
    (alone,) = await strangers(database_thread, store, 1)
    (claimed,) = await store.enriching.claim(9, lambda: SOON, LEASE)
    await come(database_thread, store, replace(alone, id="again", severity=CRITICAL), now=SOON)
    await enriched(store, claimed.event, MEDIUM)
    assert (await store.events.get(alone.id)).severity is CRITICAL


async def test_a_member_of_a_storm_that_a_record_makes_grave_leaves_it_and_is_asked_about_first(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    while await deliver(store, SOON):
        pass
    graver = login(500, fold_key="login7", severity=HIGH)
    await judge(database_thread, store, [graver, login(600)], now=SOON)

    (storm_id,) = await database_thread.run(lambda: [row.id for row in StormRow.select()])
    view = await store.storms.get(storm_id)
    assert [(item.event.id, item.why) for item in view.outliers] == [("login00007", "high severity")]
    assert (view.unasked, view.is_offered) == (1, False)
    assert await told(store, later(seconds=10)) == [("login00007",)]
    due = await store.events.due_reminders(later(minutes=10), 99)
    assert [item.event_id for item in due] == ["login00007"]
    assert await faults(database_thread) == {}


async def test_the_history_says_what_it_came_to_weigh(database_thread: DatabaseThread, store: Store) -> None:
    (alone,) = await strangers(database_thread, store, 1)
    await come(database_thread, store, replace(alone, id="again", severity=HIGH, requires_reason=True))
    assert await faults(database_thread) == {}
    assert (await store.events.get(alone.id)).requires_reason
