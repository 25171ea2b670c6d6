"""Gaps in the store, on both databases: kept with the records, filled once, and told of once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.delivery import Note
from powertrip.domain.due import DueGap
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.record import Gap, Record
from powertrip.domain.retention import Retention
from powertrip.errors import Overloaded, StoreUnavailable
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import GroupCommitInbox
from tests.claiming import take_next
from tests.samples import NOW, SECURITY, later, record

LEASE = timedelta(minutes=2)
BIG = 1000
ROOM = Backlog(BIG)
GAP = Gap(source="logs", after_id="10", until_id="20", query="sshd \0 \ud800", noticed_at=NOW)


@pytest.fixture
def writer(database_thread: DatabaseThread) -> GroupCommitInbox:
    return GroupCommitInbox(
        database_thread, backlog=lambda: ROOM, retry_after=lambda: 30, on_new=lambda: None
    )


async def claimed(store: Store, minutes: float = 0) -> DueGap:
    """The gap that is due so many minutes from now."""
    gap = await store.gaps.claim(["logs"], lambda: later(minutes=minutes), LEASE)
    assert gap is not None
    return gap


async def titles(store: Store) -> list[str]:
    """The titles of the notes that wait."""
    found = []
    while (delivery := await take_next(store, later(days=9))) is not None:
        assert isinstance(delivery.payload, Note)
        found.append(delivery.payload.title)
        await store.deliveries.finish(delivery, NOW)
    return found


async def test_a_gap_without_any_record_is_kept_once_however_often_it_is_sent(
    writer: GroupCommitInbox, store: Store
) -> None:
    assert await writer.put([], [GAP]) == 0
    assert await writer.put([record()], [GAP, replace(GAP, query=None)]) == 1
    assert await store.gaps.waiting_count() == 1
    gap = await claimed(store)
    assert (gap.source, gap.cursor, gap.until_id, gap.failures) == ("logs", {"min_id": "10"}, "20", 0)


async def test_a_gap_whose_records_cannot_be_kept_is_not_kept_either(
    writer: GroupCommitInbox, store: Store
) -> None:
    unkeepable: Record = replace(record(), source=None)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        await writer.put([unkeepable], [GAP])
    assert await store.gaps.waiting_count() == 0


async def test_one_process_at_a_time_fills_a_gap_until_the_lease_of_a_dead_one_ends(
    writer: GroupCommitInbox, store: Store
) -> None:
    await writer.put([], [GAP])
    assert await store.gaps.claim(["other"], lambda: NOW, LEASE) is None
    await claimed(store)
    assert await store.gaps.claim(["logs"], lambda: later(minutes=1), LEASE) is None
    await claimed(store, minutes=3)


async def test_pages_and_cursor_are_kept_together_and_what_is_known_is_dropped(
    writer: GroupCommitInbox, store: Store
) -> None:
    own, missing = record(source="logs", record_id="11"), record(source="logs", record_id="12")
    await writer.put([own], [GAP])
    gap = await claimed(store)
    with pytest.raises(Overloaded):
        await store.gaps.keep(gap, [own, missing], {"min_id": "12"}, True, Backlog(1), SECURITY, NOW)
    assert await store.gaps.keep(gap, [own, missing], {"min_id": "12"}, True, ROOM, SECURITY, NOW) == 1
    gap = await claimed(store)
    assert gap.cursor == {"min_id": "12"}
    assert await store.gaps.keep(gap, [], {"min_id": "20"}, False, ROOM, SECURITY, NOW) == 0
    assert await store.gaps.claim(["logs"], lambda: later(days=1), LEASE) is None
    assert (await store.inbox.backlog(BIG), await store.gaps.waiting_count(), await titles(store)) == (
        2,
        0,
        [],
    )


async def test_a_failure_that_is_told_is_told_once_a_source_and_so_is_its_end(
    writer: GroupCommitInbox, store: Store
) -> None:
    await writer.put([], [GAP, replace(GAP, after_id="30", until_id="40")])
    first, second = await claimed(store), await claimed(store)
    await store.gaps.failed(first, "answered 500", later(minutes=1), False, SECURITY, NOW)
    assert await titles(store) == []
    for gap in (first, second, first):
        await store.gaps.failed(gap, "answered 401", later(minutes=1), True, SECURITY, NOW)
    assert await titles(store) == ["What was left out of the source logs cannot be fetched"]
    again = await claimed(store, minutes=1)
    assert (again.id, again.failures) == (first.id, 3)
    await store.gaps.keep(again, [], {"min_id": "20"}, False, ROOM, SECURITY, later(minutes=1))
    assert await titles(store) == ["What was left out of the source logs is fetched again"]


async def test_a_gap_that_is_put_off_has_not_failed(writer: GroupCommitInbox, store: Store) -> None:
    await writer.put([], [GAP])
    await store.gaps.put_off(await claimed(store), later(minutes=5))
    assert await store.gaps.claim(["logs"], lambda: later(minutes=4), LEASE) is None
    assert (await claimed(store, minutes=5)).failures == 0


async def test_only_filled_gaps_are_let_go(writer: GroupCommitInbox, store: Store) -> None:
    await writer.put([], [GAP, replace(GAP, after_id="30", until_id="40")])
    await store.gaps.keep(await claimed(store), [], {"min_id": "20"}, False, ROOM, SECURITY, NOW)
    assert (await store.prune(Retention(), QuarantineSection(), later(days=31)))["gaps"] == 1
    assert await store.gaps.waiting_count() == 1
