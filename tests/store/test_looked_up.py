"""Events of which all is known when they are judged become what a lookup would have made of them."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from powertrip.domain import storms
from powertrip.domain.address import AddressFacts, AddressKind, Network, Place
from powertrip.domain.due import Enriched
from powertrip.domain.event import Event, Status
from powertrip.domain.judgement import ToAsk
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.storms import Stormy
from powertrip.store import Store, inbox
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread
from powertrip.store.rows import event_columns, facts_columns
from powertrip.store.tables import DeliveryRow, DeliveryState, EventRow
from tests.samples import NOW, SECURITY, event, later, record
from tests.store.storms import LEASE, SECTION

WAYS = ("at once", "by a lookup")
STRANGER = Subject(kind=SubjectKind.UNMAPPED)
FACTS = {
    "192.0.2.7": AddressFacts(kind=AddressKind.PUBLIC, network=Network(as_number=64496)),
    "2001:db8::7": AddressFacts(kind=AddressKind.PUBLIC, place=Place(country_code="IE")),
    "198.51.100.7": AddressFacts(kind=AddressKind.PUBLIC),
    None: None,
}
LEFT_OUT = {"id", "fold_key", "event_action", "rule", "version", "facts_tries", "storm_id", "storm_seq"}
"""Columns in which the two ways differ, or their events must."""


def scene(seed: int) -> tuple[list[dict[str, Any]], list[Event]]:
    """What was before, and what comes in together, of few people, hosts and addresses."""
    dice = Random(seed)  # noqa: S311 (the same cases for the same seed)

    def about(number: int, moment: Any) -> Event:
        user = dice.choice(("alice", "bob", "oswaldo", None))
        address = dice.choice(list(FACTS))
        return event(
            id=f"{number:05d}",
            user_name=user,
            host_name=dice.choice(("web-1", "web-2", "vault", None)),
            source_ip=address,
            facts=FACTS[address],
            subject=STRANGER,
            occurred_at=moment,
            received_at=moment,
            last_occurred_at=moment,
            is_test=dice.random() < 0.1,
        )

    before = []
    for number in range(dice.choice((0, 3, 40))):
        earlier = about(number, later(hours=-dice.randrange(1, 24 * 100)))
        status = dice.choice((Status.APPROVED, Status.APPROVED, Status.DENIED, Status.CLOSED, Status.PENDING))
        decided_at = None if status is Status.PENDING else earlier.received_at
        before.append({"event": earlier, "status": status, "decided_at": decided_at})
    new = [about(1000 + number, later(seconds=dice.randrange(3))) for number in range(120)]
    return before, new


def of_world(about: Event, way: str) -> Event:
    """The same in one of two worlds that know nothing of each other."""
    world = f"login {way}"
    return replace(
        about, id=f"{way[0]}{about.id}", event_action=world, rule=world, fold_key=f"{way}{about.id}"
    )


async def judge(thread: DatabaseThread, store: Store, events: Sequence[Event], way: str) -> None:
    await thread.run(inbox.append, [[record() for _ in events]])
    now = later(seconds=5)
    records = await store.inbox.claim(len(events), lambda: now, LEASE)
    looks_up = way != WAYS[0]
    asks = [
        ToAsk(
            record=taken,
            event=replace(about, facts=None) if looks_up else about,
            conversation=SECURITY,
            hold=later(seconds=2) - NOW if looks_up else NOW - NOW,
            is_looked_up=not looks_up,
            storm=Stormy(keys=storms.keys_of(about), settings=SECTION, channel=SECURITY),
        )
        for taken, about in zip(records, events, strict=True)
    ]
    await store.judging.apply(asks, now)
    found = await store.enriching.claim(200, lambda: now, LEASE)
    assert len(found) == (len(events) if looks_up else 0)
    enriched = [
        Enriched(
            event=replace(item.event, facts=FACTS[item.event.source_ip]),
            copies=(),
            conversation=SECURITY,
            again_at=None,
            remind_at=later(minutes=10),
        )
        for item in found
    ]
    await store.enriching.keep(enriched, now)


def kept(way: str) -> list[dict[str, Any]]:
    """What the events of a way are, and what waits to be said of them."""
    rows = EventRow.select().where(EventRow.event_action == f"login {way}").order_by(EventRow.id)
    found = []
    for row in rows:
        waiting: Any = DeliveryRow.select(DeliveryRow.kind, DeliveryRow.due_at).where(
            (DeliveryRow.event_id == row.id) & (DeliveryRow.state == DeliveryState.WAITING)
        )
        columns = {name: value for name, value in row.__data__.items() if name not in LEFT_OUT}
        is_member = row.storm_id is not None and row.storm_apart is None
        if is_member:
            # The storm's own reminders come before, and are of the moment when it began.
            columns.pop("next_reminder_at")
        found.append(columns | {"member": is_member, "waiting": sorted(waiting.tuples())})
    return found


@pytest.mark.parametrize("seed", range(12))
async def test_it_is_the_same_with_facts_at_once_and_by_a_lookup(
    database_thread: DatabaseThread, store: Store, seed: int
) -> None:
    before, new = scene(seed)
    for way in WAYS:
        rows = [
            event_columns(of_world(item["event"], way))
            | facts_columns(item["event"].facts)
            | {"status": item["status"], "decided_at": item["decided_at"]}
            for item in before
        ]
        await database_thread.run(insert_all, EventRow, rows)
        await judge(database_thread, store, [of_world(about, way) for about in new], way)

    at_once, by_lookup = [await database_thread.run(kept, way) for way in WAYS]

    assert len(at_once) == len(before) + len(new)
    for one, other in zip(at_once, by_lookup, strict=True):
        differing = {name: (one[name], other.get(name)) for name in one if one[name] != other.get(name)}
        assert not differing, one
    assert all(item["past"] for item in at_once if item["received_at"] >= NOW)


async def test_the_scenes_hold_storms_and_events_apart_from_them(
    database_thread: DatabaseThread, store: Store
) -> None:
    seen = set()
    for seed in range(12):
        before, new = scene(seed)
        pasts = {item["status"] for item in before}
        seen |= pasts
        world = [replace(about, id=f"{seed}{about.id}", fold_key=f"{seed}{about.id}") for about in new]
        rows = [
            event_columns(replace(item["event"], id=f"{seed}{item['event'].id}", fold_key=f"{seed}b{number}"))
            | {"status": item["status"], "decided_at": item["decided_at"]}
            for number, item in enumerate(before)
        ]
        await database_thread.run(insert_all, EventRow, rows)
        await judge(database_thread, store, world, WAYS[0])
    told = EventRow.select(EventRow.storm_apart).where(EventRow.storm_id.is_null(False)).distinct()
    reasons = await database_thread.run(lambda: {row.storm_apart for row in told})
    assert {None, "from an address that was denied before"} <= reasons
    assert seen == {Status.APPROVED, Status.DENIED, Status.CLOSED, Status.PENDING}
