"""Two workers and one delivery: who waited for the database has a whole lease, and knows when it is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.domain.record import Gap
from powertrip.store import Store, deliveries, gaps, inbox, lanes
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.tables import DeliveryRow
from tests.claiming import take_one
from tests.conftest import Clock
from tests.samples import ALICE, SECURITY, ask, record

LEASE = timedelta(seconds=30)
PAUSE = timedelta(seconds=1)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Store]:
    """The store of a second worker."""
    thread = DatabaseThread(open_database(database_url))
    yield Store(thread)
    await thread.close()


async def queue(thread: DatabaseThread, clock: Clock, *channels: str) -> None:
    rows = [deliveries.new(DeliveryKind.NUDGE, channel, clock()) for channel in channels]
    await thread.run(deliveries.enqueue, rows)


async def take(store: Store, clock: Clock) -> Delivery:
    taken = await take_one(store, clock, LEASE)
    assert taken is not None
    return taken


async def test_a_claim_that_waited_for_the_database_has_its_whole_lease(
    database_thread: DatabaseThread, store: Store, other: Store, clock: Clock
) -> None:
    await queue(database_thread, clock, ALICE)

    busy = database_thread.run(lambda: clock.forward(seconds=8))
    _, delivery = await asyncio.gather(busy, take(store, clock))

    assert delivery.leased_until == clock() + LEASE
    # As long as the first may be at it, nobody else is.
    clock.forward(seconds=29.9)
    assert await take_one(other, clock, LEASE) is None


CLAIMS: dict[str, Callable[[Store, Clock], Awaitable[object]]] = {
    "records": lambda store, clock: store.inbox.claim(9, clock, LEASE),
    "lookups": lambda store, clock: store.enriching.claim(9, clock, LEASE),
    "gaps": lambda store, clock: store.gaps.claim(["logs"], clock, LEASE),
    "polls": lambda store, clock: store.polling.claim(
        "wazuh", "one", clock, look_back=timedelta(), lease=LEASE
    ),
}


@pytest.mark.parametrize("what", CLAIMS)
async def test_so_has_every_other_claim(
    database_thread: DatabaseThread, store: Store, other: Store, clock: Clock, what: str
) -> None:
    await database_thread.run(inbox.append, [[record(), record()]])
    (item,) = await store.inbox.claim(1, clock, timedelta())
    await store.judging.apply([ask(item)], clock())
    left_out = Gap(source="logs", after_id="1", until_id="2", query="", noticed_at=clock())
    await database_thread.run(gaps.append, [left_out])

    busy = database_thread.run(lambda: clock.forward(seconds=8))
    _, taken = await asyncio.gather(busy, CLAIMS[what](store, clock))

    assert taken
    clock.forward(seconds=29.9)
    assert not await CLAIMS[what](other, clock)


async def test_who_has_lost_a_delivery_is_told_and_spoils_nothing_of_the_new_owner(
    database_thread: DatabaseThread, store: Store, other: Store, clock: Clock
) -> None:
    await queue(database_thread, clock, ALICE)
    slow = await take(store, clock)
    clock.forward(seconds=31)
    new = await take(other, clock)

    assert not await store.deliveries.renew(slow, clock, LEASE)
    await store.deliveries.postpone(slow, clock(), "too slow", may_have_arrived=True)
    await store.deliveries.leave([(slow, timedelta())], clock)

    assert await take_one(store, clock, LEASE) is None
    assert await other.deliveries.renew(new, clock, LEASE)


async def test_a_lease_that_is_renewed_lasts_longer_and_its_lane_too(
    database_thread: DatabaseThread, store: Store, other: Store, clock: Clock
) -> None:
    await queue(database_thread, clock, ALICE, ALICE)
    delivery = await take(store, clock)
    clock.forward(seconds=20)
    assert await store.deliveries.renew(delivery, clock, LEASE)
    clock.forward(seconds=20)
    assert await take_one(other, clock, LEASE) is None


async def test_who_has_lost_a_lease_that_is_hardly_used_is_told_too(
    database_thread: DatabaseThread, store: Store, other: Store, clock: Clock
) -> None:
    await queue(database_thread, clock, ALICE)
    held = await take(store, clock)
    clock.forward(seconds=1)
    assert await store.deliveries.renew(held, clock, LEASE)

    def free_all() -> None:
        DeliveryRow.update(leased_until=None).execute()
        lanes.free_all()

    await database_thread.run(free_all)
    assert not await store.deliveries.renew(held, clock, LEASE)
    await take(other, clock)
    assert not await store.deliveries.renew(held, clock, LEASE)


async def test_a_lane_rests_for_all_workers_and_goes_on_in_its_order(
    database_thread: DatabaseThread, store: Store, other: Store, clock: Clock
) -> None:
    await queue(database_thread, clock, SECURITY, SECURITY, ALICE)
    first = await take(store, clock)
    elsewhere = await take(other, clock)
    assert (first.id, first.channel, elsewhere.channel) == (1, SECURITY, ALICE)
    assert await take_one(other, clock, LEASE) is None

    await store.deliveries.finish(first, clock())
    await store.deliveries.leave([(first, PAUSE)], clock)
    clock.forward(seconds=0.9)
    assert await take_one(other, clock, LEASE) is None
    clock.forward(seconds=0.1)
    assert (await take(other, clock)).id == 2


async def test_what_slack_demands_is_not_shortened_by_the_ordinary_pause_of_another(
    database_thread: DatabaseThread, store: Store, other: Store, clock: Clock
) -> None:
    await queue(database_thread, clock, SECURITY, SECURITY)
    first = await take(store, clock)
    clock.forward(seconds=31)
    second = await take(other, clock)
    await store.deliveries.leave([(first, timedelta(seconds=60))], clock)
    await other.deliveries.finish(second, clock())
    await other.deliveries.leave([(second, PAUSE)], clock)

    clock.forward(seconds=59)
    assert await take_one(store, clock, LEASE) is None
    clock.forward(seconds=1)
    assert await take_one(store, clock, LEASE) is not None
