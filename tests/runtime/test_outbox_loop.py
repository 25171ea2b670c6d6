"""The loop that hands out deliveries: whatever becomes of one, its lane is given back and no other waits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from powertrip.domain.bursts import Bursts
from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.domain.people import Subject
from powertrip.domain.routing import UNRESOLVED
from powertrip.runtime.loop import OutboxLoop
from powertrip.store import Clock, Known, Store, deliveries
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import LaneRow
from tests.claiming import ANY_PACE
from tests.samples import ALICE, BOB, SECURITY

REST = 3600.0


def nobody(_name: str) -> Subject | None:
    """Everybody has to be looked up."""
    return None


class Sender:
    """Ends each delivery, but for those to one channel, which break."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.sent = asyncio.Queue[str]()
        self.breaks_in = ""

    async def send(self, delivery: Delivery) -> float:
        if delivery.channel == self.breaks_in:
            await self.sent.put("broken")
            raise ValueError("as a fault of ours would be")
        await self._store.deliveries.finish(delivery, datetime.now(UTC))
        await self.sent.put(delivery.channel)
        return 0.0


@pytest.fixture
def sender(store: Store) -> Sender:
    """What the loop hands deliveries to."""
    return Sender(store)


@pytest.fixture
async def clock(database_thread: DatabaseThread) -> Clock:
    """The program's clock."""
    clock = Clock(database_thread, wall=lambda: datetime.now(UTC))
    await clock.begin()
    return clock


@pytest.fixture
async def loop(store: Store, sender: Sender, clock: Clock) -> AsyncIterator[OutboxLoop]:
    """A loop whose lanes rest for an hour."""
    made = OutboxLoop(
        store,
        sender.send,
        clock=clock,
        pause=lambda lane: 0.0 if lane.startswith(UNRESOLVED) else REST,
        posts_per_minute=lambda: ANY_PACE,
        known=lambda: Known(nobody, SECURITY, Bursts()),
        lease=timedelta(seconds=30),
        every=lambda _: timedelta(seconds=2),
        on=asyncio.Event(),
        lanes_at_once=2,
    )
    yield made
    await made.stop()


async def queue(thread: DatabaseThread, *channels: str) -> None:
    rows = [deliveries.new(DeliveryKind.FIRST, channel, datetime.now(UTC)) for channel in channels]
    await thread.run(deliveries.enqueue, rows)


async def next_sent(sender: Sender, count: int) -> list[str]:
    async with asyncio.timeout(20):
        return sorted([await sender.sent.get() for _ in range(count)])


async def test_what_ends_makes_room_for_what_waits_though_nobody_wakes_the_loop(
    database_thread: DatabaseThread, sender: Sender, loop: OutboxLoop
) -> None:
    channels = [f"C0{number}" for number in range(7)]
    await queue(database_thread, *channels)
    loop.start()
    assert await next_sent(sender, 7) == channels


async def test_one_that_breaks_holds_up_no_other(
    database_thread: DatabaseThread, sender: Sender, loop: OutboxLoop
) -> None:
    sender.breaks_in = ALICE
    await queue(database_thread, ALICE, BOB, SECURITY)
    loop.start()
    assert await next_sent(sender, 3) == [SECURITY, BOB, "broken"]


async def test_a_lane_without_a_rest_goes_on_at_once(
    database_thread: DatabaseThread, sender: Sender, loop: OutboxLoop
) -> None:
    await queue(database_thread, *[f"{UNRESOLVED}alice"] * 3)
    loop.start()
    assert await next_sent(sender, 3) == [f"{UNRESOLVED}alice"] * 3


async def test_what_is_known_of_people_holds_nothing_up_where_it_breaks(
    store: Store, database_thread: DatabaseThread, sender: Sender, clock: Clock
) -> None:
    def breaks(_name: str) -> Subject | None:
        raise ValueError("as a fault of ours would be")

    broken = OutboxLoop(
        store,
        sender.send,
        clock=clock,
        pause=lambda _: 0.0,
        posts_per_minute=lambda: ANY_PACE,
        known=lambda: Known(breaks, SECURITY, Bursts()),
        lease=timedelta(seconds=30),
        every=lambda _: timedelta(seconds=2),
        on=asyncio.Event(),
    )
    await queue(database_thread, f"{UNRESOLVED}alice", BOB)
    broken.start()
    assert await next_sent(sender, 2) == sorted([f"{UNRESOLVED}alice", BOB])
    await broken.stop()


async def test_the_end_gives_back_the_lanes_of_what_was_under_way_with_their_rest(
    database_thread: DatabaseThread, sender: Sender, loop: OutboxLoop, clock: Clock
) -> None:
    await queue(database_thread, BOB, BOB)
    loop.start()
    assert await next_sent(sender, 1) == [BOB]
    await loop.stop()

    def lane() -> tuple[datetime | None, str | None]:
        row = LaneRow.get(LaneRow.name == BOB)
        return row.free_at, row.holder

    free_at, holder = await database_thread.run(lane)
    assert holder is None
    assert free_at is not None
    assert free_at > clock() + timedelta(seconds=REST / 2)
