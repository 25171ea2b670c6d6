"""What a killed worker held, once another starts on the same SQLite file."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.store import Store, deliveries, inbox
from powertrip.store.database import DatabaseThread, open_database
from tests.claiming import take_next
from tests.databases import provide_database
from tests.samples import NOW, SECURITY, later, record

LEASE = timedelta(minutes=5)


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[list[Store]]:
    """Two workers on one file: the first is at work, the second has yet to start."""
    url = f"sqlite:///{tmp_path}/powertrip.db"
    provide_database(url)
    threads = [DatabaseThread(open_database(url)) for _ in range(2)]
    await threads[0].run(inbox.append, [[record()]])
    await threads[0].run(_enqueue_post_and_removal)
    stores = [Store(thread) for thread in threads]
    await stores[0].begin_work(NOW)
    assert len(await stores[0].inbox.claim(1, lambda: NOW, LEASE)) == 1
    assert {delivery.kind for delivery in await claimed(stores[0])} == {
        DeliveryKind.NOTE,
        DeliveryKind.REMOVE,
    }
    yield stores
    for store in stores:
        store.end_work()
    for thread in threads:
        await thread.close()


def _enqueue_post_and_removal() -> None:
    deliveries.enqueue(
        [
            {**deliveries.new(DeliveryKind.NOTE, SECURITY, NOW), "payload": {"title": "t", "lines": []}},
            deliveries.new(DeliveryKind.REMOVE, SECURITY, NOW, ts="1.1"),
        ]
    )


async def claimed(store: Store, seconds: float = 0) -> list[Delivery]:
    """Every delivery that is free at that moment."""
    found: list[Delivery] = []
    while delivery := await take_next(store, later(seconds=seconds)):
        found.append(delivery)
    return found


async def test_what_a_living_worker_holds_stays_its_own(workers: list[Store]) -> None:
    await workers[1].begin_work(NOW)
    assert await workers[1].inbox.claim(1, lambda: later(seconds=10), LEASE) == []
    assert await claimed(workers[1], seconds=10) == []


async def test_what_a_dead_worker_held_is_free_and_a_post_once_slack_has_settled_it(
    workers: list[Store],
) -> None:
    workers[0].end_work()
    await workers[1].begin_work(NOW)
    assert len(await workers[1].inbox.claim(1, lambda: NOW, LEASE)) == 1
    assert [delivery.kind for delivery in await claimed(workers[1])] == [DeliveryKind.REMOVE]
    (post,) = await claimed(workers[1], seconds=10)
    assert post.kind is DeliveryKind.NOTE
    assert post.attempted_at == NOW, "it may have arrived, and is looked for"
