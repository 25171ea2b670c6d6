"""What a batch of judged records changes, all at once, on both databases."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.delivery import Delivery, Posted, Shown
from powertrip.domain.event import NoticeKind
from powertrip.domain.judgement import Judgement, ToCount, ToQuarantine
from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import (
    AuditRow,
    DeliveryRow,
    EventRow,
    InboxRow,
    OccurrenceRow,
    QuarantineRow,
    TallyRow,
)
from tests.claiming import take_next
from tests.samples import NOW, approval, ask, event, later, record
from tests.store.busy import faults

LEASE = timedelta(seconds=30)


async def claimed(thread: DatabaseThread, store: Store, count: int, **changes: Any) -> list[Record]:
    await thread.run(inbox.append, [[record(**changes) for _ in range(count)]])
    return await store.inbox.claim(count, lambda: NOW, LEASE)


async def posted(store: Store, channel: str, ts: str) -> Delivery:
    delivery = await take_next(store, later(minutes=1))
    assert delivery is not None
    (found,) = delivery.snapshots
    shown = [Shown(event_id=found.event.id, revision=found.event.revision, version=found.version)]
    await store.notices.posted(delivery, NoticeKind.FIRST, Posted(channel=channel, ts=ts), shown, NOW)
    return delivery


async def rows(thread: DatabaseThread, table: Any, *names: str) -> list[tuple[Any, ...]]:
    columns = [getattr(table, name) for name in names]
    return await thread.run(lambda: list(table.select(*columns).order_by(table.id).tuples()))


async def test_a_batch_opens_joins_counts_and_quarantines(
    database_thread: DatabaseThread, store: Store
) -> None:
    before = await claimed(database_thread, store, 2)
    known = [
        ask(before[0], event(id="known", fold_key="known")),
        ask(before[1], event(id="final", fold_key="final")),
    ]
    await store.judging.apply(known, NOW)
    for ts in ("1.1", "1.2"):
        await posted(store, "D1", ts)
    await store.events.decide(approval(event(id="final")))
    items = await claimed(database_thread, store, 9)
    batch: list[Judgement] = [
        ask(items[0], event(id="new", fold_key="new", occurred_at=later(minutes=2), last_occurred_at=NOW)),
        ask(items[1], event(id="unused1", fold_key="known", occurred_at=later(minutes=5))),
        ask(items[2], event(id="unused2", fold_key="new", occurred_at=later(minutes=1))),
        ToCount(record=items[3], verdict=RecordVerdict.IGNORED, name="noise"),
        ask(items[4], event(id="again", fold_key="final")),
        ToQuarantine(record=items[5], rule="ssh_login", reason="not readable"),
        ask(items[6], event(id="unused3", fold_key="known", occurred_at=later(minutes=3))),
        ToCount(record=items[7], verdict=RecordVerdict.IGNORED, name="noise"),
        ToCount(record=items[8], verdict=RecordVerdict.UNMATCHED, name="syslog"),
    ]

    applied = await store.judging.apply(batch, later(seconds=1))

    assert applied.opened == ("new", "again")
    assert applied.folded == ("known", "new", "known")
    assert applied.quarantined == 1
    found = await rows(
        database_thread, EventRow, "id", "status", "revision", "occurrences", "version", "last_occurred_at"
    )
    assert found == [
        ("again", "pending", 1, 1, 1, NOW),
        ("final", "approved", 1, 1, 2, NOW),
        ("known", "pending", 3, 3, 3, later(minutes=5)),
        ("new", "pending", 2, 2, 2, later(minutes=2)),
    ]
    ids = [item.record_id for item in items]
    occurrences = await rows(database_thread, OccurrenceRow, "event_id", "record_id", "revision")
    assert occurrences[2:] == [
        ("new", ids[0], 1),
        ("known", ids[1], 2),
        ("new", ids[2], 2),
        ("again", ids[4], 1),
        ("known", ids[6], 3),
    ]
    assert await rows(database_thread, TallyRow, "verdict", "name", "count") == [
        ("ignored", "noise", 2),
        ("unmatched", "syslog", 1),
    ]
    assert await rows(database_thread, QuarantineRow, "rule", "reason") == [("ssh_login", "not readable")]
    history = await rows(database_thread, AuditRow, "action", "event_id")
    assert history[-5:] == [
        ("event_opened", "new"),
        ("occurrence_joined", "known"),
        ("occurrence_joined", "new"),
        ("event_opened", "again"),
        ("occurrence_joined", "known"),
    ]
    waiting = [
        (kind, event_ids, ts)
        for kind, event_ids, ts, state in await rows(
            database_thread, DeliveryRow, "kind", "event_ids", "ts", "state"
        )
        if state == "waiting"
    ]
    # The second message's update comes of the decision. The first has one, though two records joined.
    assert sorted(waiting, key=str) == [
        ("first", ["again"], None),
        ("first", ["new"], None),
        ("update", [], "1.1"),
        ("update", [], "1.2"),
    ]
    assert await faults(database_thread) == {}


async def test_a_message_whose_update_has_not_begun_gets_no_second_one(
    database_thread: DatabaseThread, store: Store
) -> None:
    first, second, third = await claimed(database_thread, store, 3)
    await store.judging.apply([ask(first, event(id="one"))], NOW)
    await posted(store, "D1", "1.1")

    await store.judging.apply([ask(second)], NOW)
    await store.judging.apply([ask(third)], NOW)

    kinds = await rows(database_thread, DeliveryRow, "kind", "ts")
    assert kinds == [("first", None), ("update", "1.1")]


async def test_a_batch_that_cannot_be_kept_changes_nothing(
    database_thread: DatabaseThread, store: Store
) -> None:
    one, two = await claimed(database_thread, store, 2)
    batch = [ask(one, event(id="twice")), ask(two, event(id="twice", fold_key="other"))]

    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.judging.apply(batch, NOW)

    assert await rows(database_thread, EventRow, "id") == []
    assert await rows(database_thread, AuditRow, "id") == []
    assert await rows(database_thread, InboxRow, "judged_at") == [(None,), (None,)]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_all_at_once_comes_to_the_same_as_one_by_one(
    database_thread: DatabaseThread, store: Store, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 (the same batch at every run)
    keys = [chance.choice("abcdef") for _ in range(60)]
    moments = [later(minutes=chance.randint(0, 60)) for _ in keys]

    async def batch(label: str) -> Sequence[Judgement]:
        items = await claimed(database_thread, store, len(keys), source=label)
        return [
            ask(
                item,
                event(
                    id=f"{label}{number}", fold_key=label + key, occurred_at=moment, last_occurred_at=moment
                ),
            )
            for number, (item, key, moment) in enumerate(zip(items, keys, moments, strict=True))
        ]

    for judgement in await batch("single"):
        await store.judging.apply([judgement], NOW)
    await store.judging.apply(await batch("whole"), NOW)

    async def result(label: str) -> list[Any]:
        events = await rows(
            database_thread,
            EventRow,
            "id",
            "fold_key",
            "revision",
            "occurrences",
            "version",
            "last_occurred_at",
        )
        occurrences = await rows(database_thread, OccurrenceRow, "event_id", "revision", "occurred_at")
        firsts = await rows(database_thread, DeliveryRow, "kind", "event_ids", "due_at", "priority")
        history = await rows(database_thread, AuditRow, "action", "event_id")
        tables = [events, occurrences, firsts, history]
        return [[str(row).replace(label, "") for row in table if label in str(row)] for table in tables]

    assert await result("single") == await result("whole")
    assert await faults(database_thread) == {}
