"""Checkpoints are made each hour and after each denial, and each anchor is told, once."""

from collections import Counter
from datetime import datetime

from powertrip.domain.checkpoint import Checkpoint, Checkpoints
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted
from powertrip.domain.event import Status
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.history.checkpoints import WAITING_MOST
from powertrip.store.tables import DeliveryRow, DeliveryState
from tests.claiming import take_next
from tests.samples import SECURITY, later
from tests.store.busy import Busy, faults

WANTED = Checkpoints(version="1.0", anchors=("siem", "vault"))


async def take(store: Store, at: datetime) -> Checkpoint | None:
    return await store.checkpoints.take(WANTED, SECURITY, at)


async def waiting(thread: DatabaseThread) -> Counter[tuple[str, str]]:
    """What waits to be told outside, by kind and where to."""

    def step() -> Counter[tuple[str, str]]:
        rows = DeliveryRow.select().where(DeliveryRow.state == DeliveryState.WAITING)
        return Counter((row.kind, row.channel) for row in rows if row.kind in ("anchor", "note"))

    return await thread.run(step)


async def next_of(store: Store, kind: DeliveryKind) -> Delivery:
    """The next delivery of a kind; others are skipped."""
    while delivery := await take_next(store, later(days=90)):
        if delivery.kind is kind:
            return delivery
        await store.deliveries.skip(delivery, later(days=90))
    raise AssertionError(f"no {kind} waits")


async def test_one_is_made_each_hour_once_there_is_something_to_lose(
    database_thread: DatabaseThread, database_url: str, store: Store
) -> None:
    assert await take(store, later(hours=5)) is None
    await Busy(database_thread).opened("login")
    assert await take(store, later(minutes=59)) is None
    made = await take(store, later(hours=1))
    assert made is not None
    assert (made.lines, made.version) == (1, "1.0")
    assert await waiting(database_thread) == {
        ("anchor", "siem"): 1,
        ("anchor", "vault"): 1,
        ("note", SECURITY): 1,
    }
    # Another worker at the same moment has nothing to do.
    other = DatabaseThread(open_database(database_url))
    assert await take(Store(other), later(hours=1)) is None
    await other.close()
    assert await take(store, later(hours=2)) is not None
    assert await faults(database_thread) == {}


async def test_one_is_made_after_a_denial_and_the_channel_is_not_told_for_it_has_the_denial(
    database_thread: DatabaseThread, store: Store
) -> None:
    busy = Busy(database_thread)
    for name, status in (("approved", Status.APPROVED), ("denied", Status.DENIED)):
        await busy.opened(name)
        await busy.decide(name, status)
        made = await take(store, later(minutes=6))
        assert (made is not None) == (status is Status.DENIED)
    assert await take(store, later(minutes=7)) is None
    assert ("note", SECURITY) not in await waiting(database_thread)


async def test_a_clock_that_was_set_back_silences_nothing(
    database_thread: DatabaseThread, store: Store
) -> None:
    await Busy(database_thread).opened("login")
    assert await take(store, later(days=9))
    assert await take(store, later(hours=1))
    assert await take(store, later(hours=1, minutes=59)) is None
    assert await take(store, later(hours=2))


async def test_the_channel_has_one_message_a_month_that_is_edited(
    database_thread: DatabaseThread, store: Store
) -> None:
    await Busy(database_thread).opened("login")
    await take(store, later(hours=1))
    note = await next_of(store, DeliveryKind.NOTE)
    await store.notes.posted(note, Posted(channel=SECURITY, ts="1.1"), later(hours=1))
    second = await take(store, later(hours=2))
    assert second is not None
    edit = await next_of(store, DeliveryKind.NOTE)
    assert (edit.ts, second.text in str(edit.payload)) == ("1.1", True)
    await store.deliveries.finish(edit, later(hours=2))
    # February, in which a new one begins; the old one stays as evidence.
    await take(store, later(days=20))
    assert (await next_of(store, DeliveryKind.NOTE)).ts is None


async def test_an_anchor_that_takes_nothing_for_long_keeps_the_newest_waiting_only(
    database_thread: DatabaseThread, store: Store
) -> None:
    await Busy(database_thread).opened("login")
    for hour in range(1, WAITING_MOST + 6):
        await take(store, later(hours=hour))
    assert (await waiting(database_thread))["anchor", "siem"] == WAITING_MOST
