"""Signs of life, and what the database tells of the whole."""

from dataclasses import replace
from datetime import timedelta

from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.processes import KEPT, ProcessRole
from tests.samples import NOW, WORKER, ask, event, later, record

WEB = replace(WORKER, name="web-1", role=ProcessRole.WEB)
LIMIT = 100


async def test_a_later_sign_replaces_the_one_before(store: Store) -> None:
    seen = replace(WORKER, seen_at=later(seconds=5), connected_at=later(seconds=5))
    await store.processes.show(WORKER)
    await store.processes.show(seen)

    assert (await store.processes.whole(LIMIT)).processes == [seen]


async def test_those_that_work_come_first_and_alone_count_as_workers(store: Store) -> None:
    late = replace(WORKER, name="worker-2", seen_at=later(seconds=1))
    assert await store.processes.worker_seen_at() is None
    for process in (replace(WEB, seen_at=later(seconds=9)), WORKER, late):
        await store.processes.show(process)

    assert [item.name for item in (await store.processes.whole(LIMIT)).processes] == [
        "worker-2",
        "worker-1",
        "web-1",
    ]
    assert await store.processes.worker_seen_at() == later(seconds=1)


async def test_whoever_gives_no_sign_for_long_is_forgotten(store: Store) -> None:
    await store.processes.show(WORKER)
    await store.processes.show(replace(WEB, seen_at=NOW + KEPT))
    assert len((await store.processes.whole(LIMIT)).processes) == 2
    await store.processes.show(replace(WEB, seen_at=NOW + KEPT + timedelta(seconds=1)))

    assert [item.name for item in (await store.processes.whole(LIMIT)).processes] == ["web-1"]


async def test_what_waits_is_as_old_as_the_oldest_of_it(
    store: Store, database_thread: DatabaseThread
) -> None:
    for minutes in (1, 2, 3):
        at = later(minutes=minutes)
        await database_thread.run(inbox.append, [[record(received_at=at)]])
    (claimed,) = await store.inbox.claim(1, lambda: NOW, timedelta(seconds=30))
    await store.judging.apply([ask(claimed, event())], later(minutes=4))

    seen = await store.processes.whole(LIMIT)

    assert (seen.backlog, seen.unjudged_since) == (2, later(minutes=2))
    assert (seen.open_events, seen.first_card_since) == (1, later(minutes=4))


async def test_after_the_clock_was_set_back_only_those_that_live_are_shown(store: Store) -> None:
    await store.processes.show(replace(WORKER, seen_at=later(hours=1)))
    await store.processes.show(WEB)

    assert [item.name for item in (await store.processes.whole(LIMIT)).processes] == ["web-1"]
