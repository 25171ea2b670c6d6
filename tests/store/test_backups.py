"""Which deliveries the backup channels are told of, and when it is over, on both databases."""

from datetime import timedelta

from powertrip.domain.delivery import Delivery, DeliveryKind, Posted
from powertrip.domain.event import NoticeKind
from powertrip.store import Store, inbox
from powertrip.store.backups import TOGETHER
from powertrip.store.database import DatabaseThread
from powertrip.store.snapshots import snapshots
from tests.claiming import take_next
from tests.samples import NOW, ask, event, later, record

LEASE = timedelta(seconds=30)
_FIRST = NoticeKind.FIRST
CHANNELS = ("mail", "pager")


async def opened(thread: DatabaseThread, store: Store, count: int = 1) -> tuple[str, ...]:
    """New events, whose first cards wait."""
    await thread.run(inbox.append, [[record() for _ in range(count)]])
    claimed = await store.inbox.claim(count, lambda: NOW, LEASE)
    several = [
        ask(item, event(id=f"event{number:05}", fold_key=f"key {number}"))
        for number, item in enumerate(claimed)
    ]
    applied = await store.judging.apply(several, NOW)
    return applied.opened


async def waiting(store: Store, kind: DeliveryKind) -> list[Delivery]:
    """Every waiting delivery of a kind, claimed."""
    found = []
    while (delivery := await take_next(store, later(days=1))) is not None:
        found.append(delivery)
    return [delivery for delivery in found if delivery.kind is kind]


async def test_what_slack_has_not_taken_in_time_is_told_by_every_channel_once(
    database_thread: DatabaseThread, store: Store
) -> None:
    (event_id,) = await opened(database_thread, store)
    assert await store.backups.enqueue_overdue(NOW - timedelta(seconds=1), CHANNELS, NOW) == 0
    assert await store.backups.enqueue_overdue(NOW, CHANNELS, later(minutes=5)) == 1
    assert await store.backups.enqueue_overdue(later(hours=1), CHANNELS, later(hours=1)) == 0
    told = await waiting(store, DeliveryKind.BACKUP)
    assert sorted(delivery.channel for delivery in told) == ["mail", "pager"]
    assert {delivery.lane for delivery in told} == {"backup mail", "backup pager"}
    assert [snapshot.event.id for snapshot in told[0].snapshots] == [event_id]


async def test_many_overdue_events_share_messages(database_thread: DatabaseThread, store: Store) -> None:
    ids = await opened(database_thread, store, TOGETHER + 1)
    assert await store.backups.enqueue_overdue(NOW, ["mail"], NOW) == TOGETHER
    assert await store.backups.enqueue_overdue(NOW, ["mail"], NOW) == 1
    told = [
        event_id
        for delivery in await waiting(store, DeliveryKind.BACKUP)
        for event_id in (snapshot.event.id for snapshot in delivery.snapshots)
    ]
    assert sorted(told) == sorted(ids)


async def test_what_slack_took_meanwhile_is_not_told_another_way(
    database_thread: DatabaseThread, store: Store
) -> None:
    await opened(database_thread, store)
    await store.backups.enqueue_overdue(NOW, ["mail"], NOW)
    first = await take_next(store, later(days=1))
    assert first is not None
    assert first.kind is DeliveryKind.FIRST
    await store.deliveries.finish(first, NOW)
    (backup,) = await waiting(store, DeliveryKind.BACKUP)
    assert backup.snapshots == ()


async def test_the_card_says_where_it_was_told_and_the_history_too(
    database_thread: DatabaseThread, store: Store
) -> None:
    (event_id,) = await opened(database_thread, store)
    await store.backups.enqueue_overdue(NOW, ["mail"], NOW)
    _, backup = await _first_and_backup(store)
    before = (await database_thread.run(snapshots, [event_id]))[0].version
    await store.backups.told(backup, [event_id], later(minutes=6))
    (snapshot,) = await database_thread.run(snapshots, [event_id])
    assert [(told.channel, told.at) for told in snapshot.event.backups] == [("mail", later(minutes=6))]
    assert snapshot.version == before + 1


async def test_the_digest_comes_once_and_only_when_nothing_waits_any_more(
    database_thread: DatabaseThread, store: Store
) -> None:
    (event_id,) = await opened(database_thread, store)
    assert await store.backups.enqueue_digests(NOW) == 0
    await store.backups.enqueue_overdue(NOW, ["mail"], NOW)
    first, backup = await _first_and_backup(store)
    await store.backups.told(backup, [event_id], NOW)
    assert await store.backups.enqueue_digests(NOW) == 0
    await store.notices.posted(first, _FIRST, Posted(channel="D1", ts="1.1"), [], later(hours=1))
    assert await store.backups.enqueue_digests(later(hours=1)) == 1
    assert await store.backups.enqueue_digests(later(hours=2)) == 0
    (digest,) = await waiting(store, DeliveryKind.BACKUP)
    assert (digest.channel, digest.event_ids) == ("mail", (event_id,))


async def test_what_was_put_off_because_slack_failed_is_tried_at_once(
    database_thread: DatabaseThread, store: Store
) -> None:
    await opened(database_thread, store)
    await store.backups.enqueue_overdue(NOW, ["mail"], NOW)
    for delivery in await _first_and_backup(store):
        await store.deliveries.postpone(delivery, later(minutes=5), "away", may_have_arrived=False)
    await store.deliveries.expedite(NOW)
    again = await take_next(store, NOW)
    assert again is not None
    assert again.kind is DeliveryKind.FIRST
    assert await take_next(store, NOW) is None


async def _first_and_backup(store: Store) -> tuple[Delivery, Delivery]:
    one, other = [await take_next(store, NOW) for _ in range(2)]
    assert one is not None
    assert other is not None
    return (one, other) if one.kind is DeliveryKind.FIRST else (other, one)
