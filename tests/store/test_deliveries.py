"""What a claimed delivery brings with it, and payloads as the releases before wrote them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from powertrip.domain.delivery import (
    Delivery,
    DeliveryKind,
    Note,
    Overdue,
    Posted,
    ReminderNumbers,
    Shown,
    Telling,
)
from powertrip.domain.event import NoticeKind
from powertrip.domain.quarantine import QuarantineReport
from powertrip.store import Store, deliveries, inbox, outbox
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import DeliveryRow
from tests.claiming import take_next
from tests.samples import ALICE, NOW, SECURITY, ask, event, later, record
from tests.store.test_flow import LEASE


async def write(thread: DatabaseThread, kind: DeliveryKind, payload: str | None) -> None:
    """A row as another release left it."""

    def step() -> None:
        row = deliveries.new(kind, SECURITY, NOW)
        deliveries.enqueue([{**row, "payload": json.loads(payload) if payload else None}])

    await thread.run(step)


@pytest.mark.parametrize(
    ("kind", "payload", "parsed"),
    [
        (
            DeliveryKind.NOTE,
            '{"lines": ["Since noon nothing was fetched."], "title": "The poll wazuh fails"}',
            Note(title="The poll wazuh fails", lines=("Since noon nothing was fetched.",)),
        ),
        (
            DeliveryKind.QUARANTINE,
            (
                '{"count": 2, "reasons": {"broken": 2}, "samples": ["a", "b"], '
                '"since": "2026-01-15T12:00:00+00:00", "sources": {"syslog": 2}}'
            ),
            QuarantineReport(
                count=2, reasons={"broken": 2}, samples=("a", "b"), since=NOW, sources={"syslog": 2}
            ),
        ),
        (
            DeliveryKind.REMINDER,
            '{"numbers": {"e1": 2, "e2": 1}}',
            ReminderNumbers(numbers={"e1": 2, "e2": 1}),
        ),
        (DeliveryKind.BACKUP, '{"deliveries": [4, 7]}', Overdue(deliveries=(4, 7))),
        (DeliveryKind.BACKUP, None, Overdue()),
        (DeliveryKind.ORIGIN, '{"telling": 3}', Telling(telling=3)),
        (DeliveryKind.FIRST, None, None),
    ],
)
async def test_a_payload_of_the_last_release_is_read(
    database_thread: DatabaseThread, store: Store, kind: DeliveryKind, payload: str | None, parsed: Any
) -> None:
    await write(database_thread, kind, payload)

    claimed = await take_next(store, NOW)

    assert claimed is not None
    assert claimed.payload == parsed


async def test_a_delivery_that_cannot_be_read_holds_up_no_other(
    database_thread: DatabaseThread, store: Store
) -> None:
    await write(database_thread, DeliveryKind.NOTE, '{"title": "without lines"}')
    await write(database_thread, DeliveryKind.NOTE, '{"title": "next", "lines": []}')

    claimed = await take_next(store, NOW)

    assert claimed is not None
    assert claimed.payload == Note(title="next", lines=())
    given_up = await database_thread.run(lambda: DeliveryRow.get(DeliveryRow.state == "failed"))
    assert "lines" in str(given_up.error)


async def test_a_delivery_of_a_later_release_holds_up_no_other(
    database_thread: DatabaseThread, store: Store
) -> None:
    await write(database_thread, DeliveryKind.FIRST, None)
    await database_thread.run(lambda: DeliveryRow.update(kind="telegram").execute())
    await write(database_thread, DeliveryKind.FIRST, None)

    claimed = await take_next(store, NOW)

    assert claimed is not None
    assert claimed.kind is DeliveryKind.FIRST


async def test_very_many_deliveries_that_cannot_be_read_hold_up_no_other(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox.log, "exception", lambda *_, **__: None)  # a thousand tracebacks
    row = {"payload": {}, "kind": DeliveryKind.NOTE}
    unreadable = [deliveries.new(DeliveryKind.NOTE, SECURITY, NOW) | row for _ in range(1_200)]
    await database_thread.run(deliveries.enqueue, unreadable)
    await write(database_thread, DeliveryKind.NOTE, '{"title": "next", "lines": []}')

    claimed = await take_next(store, NOW)

    assert claimed is not None
    assert claimed.payload == Note(title="next", lines=())


async def test_a_delivery_is_claimed_with_its_events_and_their_first_notices(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [[record()]])
    (item,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    await store.judging.apply([ask(item, event(id="one"))], NOW)
    first = await take_next(store, NOW)
    assert first is not None
    assert [(found.event.id, found.was_asked, found.first_notices) for found in first.snapshots] == [
        ("one", False, ())
    ]
    shown = [Shown(event_id="one", revision=1, version=0)]
    await store.notices.posted(
        first, NoticeKind.FIRST, Posted(channel="D1", ts="1.1"), shown, later(seconds=1)
    )

    update = await take_next(store, later(seconds=2))

    assert update is not None
    assert update.kind is DeliveryKind.UPDATE
    assert [notice.ts for notice in update.notices] == ["1.1"]
    (found,) = update.snapshots
    assert (found.event.id, found.was_asked, [n.ts for n in found.first_notices]) == ("one", True, ["1.1"])


async def test_only_a_first_notice_that_is_still_there_is_linked_to(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [[record()]])
    (item,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    await store.judging.apply([ask(item, event(id="one"))], NOW)

    async def next_delivery(hours: float) -> Delivery:
        delivery = await take_next(store, later(hours=hours), busy=() if hours == 0 else (ALICE,))
        assert delivery is not None
        return delivery

    async def posted(delivery: Delivery, kind: NoticeKind, ts: str) -> None:
        shown = [Shown(event_id="one", revision=1, version=delivery.snapshots[0].version)]
        await store.notices.posted(delivery, kind, Posted(channel=SECURITY, ts=ts), shown, NOW)

    first = await next_delivery(0)
    await posted(first, NoticeKind.FIRST, "1.1")
    await store.notices.gone(replace(first, channel=SECURITY, ts="1.1"), NOW)
    for hours in (1, 2):
        due = await store.events.due_reminders(later(hours=hours), 10)
        plan = [(reminder, later(hours=hours + 1)) for reminder in due]
        await store.events.reserve_reminders(plan, SECURITY, 3, later(hours=hours))
        reminder = await next_delivery(hours)
        assert reminder.kind is DeliveryKind.REMINDER
        assert reminder.snapshots[0].first_notices == ()
        await posted(reminder, NoticeKind.REMINDER, f"2.{hours}")


async def test_a_message_is_updated_once_however_much_changes_before(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [[record()]])
    (item,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    await store.judging.apply([ask(item, event(id="one"))], NOW)
    first = await take_next(store, NOW)
    assert first is not None
    shown = [Shown(event_id="one", revision=1, version=first.snapshots[0].version)]
    await store.notices.posted(first, NoticeKind.FIRST, Posted(channel="D1", ts="1.1"), shown, NOW)
    for _ in range(3):
        await database_thread.run(deliveries.touch, ["one"], NOW)

    update = await take_next(store, NOW)

    assert update is not None
    assert update.kind is DeliveryKind.UPDATE
    assert await take_next(store, NOW) is None


async def join(thread: DatabaseThread, store: Store, seconds: int, event_id: str = "another") -> None:
    """One more record of the one event, so many seconds after NOW; the first opens it."""
    await thread.run(inbox.append, [[record()]])
    (item,) = await store.inbox.claim(1, lambda: later(seconds=seconds), LEASE)
    await store.judging.apply([ask(item, event(id=event_id))], later(seconds=seconds))


async def redraw(store: Store, seconds: int) -> Delivery | None:
    """The update that is due so many seconds after NOW, carried out, if there is one."""
    update = await take_next(store, later(seconds=seconds))
    if update is not None:
        assert update.kind is DeliveryKind.UPDATE
        seen = update.snapshots[0]
        shown = [Shown(event_id="one", revision=seen.event.revision, version=seen.version)]
        await store.notices.updated(update, shown, later(seconds=seconds))
    return update


@pytest.fixture
async def open_card(database_thread: DatabaseThread, store: Store) -> None:
    """A card that was posted and redrawn at NOW, for a second record has joined."""
    await join(database_thread, store, 0, event_id="one")
    first = await take_next(store, NOW)
    assert first is not None
    shown = [Shown(event_id="one", revision=1, version=first.snapshots[0].version)]
    await store.notices.posted(first, NoticeKind.FIRST, Posted(channel="D1", ts="1.1"), shown, NOW)
    await join(database_thread, store, 0)
    assert await redraw(store, 0) is not None


@pytest.mark.usefixtures("open_card")
async def test_a_card_that_records_keep_joining_is_redrawn_every_five_seconds(
    database_thread: DatabaseThread, store: Store
) -> None:
    redrawn = []
    for second in range(1, 16):
        await join(database_thread, store, second)
        if await redraw(store, second) is not None:
            redrawn.append(second)
    assert redrawn == [5, 10, 15]


@pytest.mark.usefixtures("open_card")
async def test_a_card_that_records_keep_joining_shows_what_else_changes_at_once(
    database_thread: DatabaseThread, store: Store
) -> None:
    await join(database_thread, store, 1)
    assert await redraw(store, 1) is None
    await database_thread.run(deliveries.touch, ["one"], later(seconds=2))
    assert await redraw(store, 2) is not None
    assert await redraw(store, 10) is None


@pytest.mark.usefixtures("open_card")
async def test_a_record_that_joins_while_the_card_is_redrawn_is_shown_in_its_turn(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(deliveries.touch, ["one"], later(seconds=1))
    update = await take_next(store, later(seconds=1))
    assert update is not None
    await join(database_thread, store, 1)
    seen = update.snapshots[0]
    shown = [Shown(event_id="one", revision=seen.event.revision, version=seen.version)]
    await store.notices.updated(update, shown, later(seconds=1))
    last = await redraw(store, 6)
    assert last is not None
    assert last.snapshots[0].event.revision == 3
