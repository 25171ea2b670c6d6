"""Over all channels together no more messages go out than Slack takes, whichever worker sends them."""

import asyncio
from datetime import datetime, timedelta

import pytest

from powertrip.domain.delivery import Anchoring, Delivery, DeliveryKind, Overdue, Settle, Telling
from powertrip.domain.event import Severity
from powertrip.domain.routing import UNRESOLVED
from powertrip.store import Store, deliveries
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.tables import DeliveryRow, LaneRow
from tests.samples import NOW, SECURITY, later
from tests.store.test_flow import LEASE

PER_MINUTE = 240
BURST = PER_MINUTE // 4


async def queue(
    thread: DatabaseThread, *channels: str, kind: DeliveryKind = DeliveryKind.FIRST, **about: object
) -> None:
    """One message for each of these channels, in this order."""
    rows = [deliveries.new(kind, channel, NOW, **about) for channel in channels]  # type: ignore[arg-type]
    await thread.run(deliveries.enqueue, rows)


async def taken(store: Store, at: datetime, limit: int = 1_000, *, pace: int = PER_MINUTE) -> list[Delivery]:
    return await store.deliveries.take_several(lambda: at, LEASE, limit, posts_per_minute=pace)


def people(count: int) -> list[str]:
    return [f"U0PERSON{number}" for number in range(count)]


async def test_after_a_burst_messages_go_out_at_an_even_pace(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *people(400))

    by_second = [len(await taken(store, later(seconds=second))) for second in range(61)]

    assert by_second[0] == BURST
    assert set(by_second[1:]) == {PER_MINUTE // 60}
    assert sum(by_second[:60]) <= PER_MINUTE + BURST


async def test_what_was_not_sent_in_a_quiet_hour_adds_no_more_than_a_burst(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *people(3 * BURST))
    assert len(await taken(store, NOW, 1)) == 1

    assert len(await taken(store, later(seconds=3600))) == BURST


async def test_the_next_message_is_the_gravest_that_waits(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *people(2 * BURST), severity=Severity.LOW)
    await taken(store, NOW)
    await queue(database_thread, SECURITY, severity=Severity.CRITICAL)

    assert await taken(store, NOW) == []
    assert [each.channel for each in await taken(store, later(seconds=0.25))] == [SECURITY]


@pytest.mark.parametrize(
    ("kind", "channel", "about"),
    [
        (DeliveryKind.UPDATE, SECURITY, {"ts": "1.0"}),
        (DeliveryKind.REMOVE, SECURITY, {"ts": "1.0"}),
        (DeliveryKind.SETTLE, SECURITY, {"payload": Settle(since=NOW)}),
        (DeliveryKind.ORIGIN, "wazuh", {"payload": Telling(telling=1)}),
        (DeliveryKind.BACKUP, "pager", {"payload": Overdue()}),
        (DeliveryKind.ANCHOR, "webhook", {"payload": Anchoring(checkpoint=1, text="-")}),
        (DeliveryKind.FIRST, f"{UNRESOLVED}alice", {}),
    ],
)
async def test_what_is_no_new_message_does_not_wait_for_messages_and_takes_none_of_their_room(
    database_thread: DatabaseThread, store: Store, kind: DeliveryKind, channel: str, about: dict[str, object]
) -> None:
    await queue(database_thread, *people(2 * BURST))
    await taken(store, NOW)
    await queue(database_thread, channel, kind=kind, **about)

    assert [each.kind for each in await taken(store, NOW)] == [kind]
    assert len(await taken(store, later(seconds=1))) == PER_MINUTE // 60


@pytest.mark.parametrize("channel", [SECURITY, "#other", "G0PRIVATE", "D0ALICE", "U0ALICE", "W0ALICE"])
async def test_every_conversation_counts(database_thread: DatabaseThread, store: Store, channel: str) -> None:
    await queue(database_thread, *people(2 * BURST))
    await taken(store, NOW)
    await queue(database_thread, channel, severity=Severity.CRITICAL)

    assert await taken(store, NOW) == []


async def test_two_workers_share_the_pace(
    database_url: str, database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *people(400))
    second = DatabaseThread(open_database(database_url))
    other = Store(second)

    both = await asyncio.gather(taken(store, NOW), taken(other, NOW))
    rest = [*await taken(other, NOW), *await taken(store, NOW)]
    await second.close()

    assert sum(map(len, both)) == BURST
    assert rest == []


async def test_a_pace_of_one_a_minute_is_kept(database_thread: DatabaseThread, store: Store) -> None:
    await queue(database_thread, *people(4))

    by_second = {
        second: len(await taken(store, later(seconds=second), pace=1)) for second in (0, 59, 60, 119)
    }

    assert by_second == {0: 1, 59: 0, 60: 1, 119: 0}


async def test_a_clock_that_is_set_back_holds_no_message_up(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *people(4 * BURST))
    await taken(store, NOW)
    back = NOW - timedelta(hours=1)
    await database_thread.run(lambda: DeliveryRow.update(due_at=back).execute())

    assert len(await taken(store, back)) == BURST
    assert len(await taken(store, back + timedelta(seconds=1))) == PER_MINUTE // 60


async def test_nothing_is_written_where_no_message_waits(
    database_thread: DatabaseThread, store: Store
) -> None:
    await taken(store, NOW)

    assert await database_thread.run(lambda: list(LaneRow.select())) == []
