"""What lists of reminders cost: bounded, in proportion to their events, and one line of history a message."""

import json
from datetime import datetime
from pathlib import Path

from powertrip.domain.delivery import LISTED, DeliveryKind, Shown
from powertrip.domain.event import Severity
from powertrip.store import Store, audit, deliveries, inbox
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from powertrip.store.tables import AuditRow, DeliveryRow, DeliveryState
from tests.claiming import take_next
from tests.samples import ALICE, NOW, SECURITY, ask, event, later, record
from tests.store.test_flow import LEASE, next_delivery, post


async def asked(thread: DatabaseThread, store: Store, count: int, **about: object) -> list[str]:
    """So many new events, with nothing left to send."""
    await thread.run(inbox.append, [[record() for _ in range(count)]])
    claimed = await store.inbox.claim(count, lambda: NOW, LEASE)
    events = [event(fold_key=f"{about}{number}", **about) for number in range(count)]
    applied = await store.judging.apply([ask(*pair) for pair in zip(claimed, events, strict=True)], NOW)
    await thread.run(lambda: DeliveryRow.update(state=DeliveryState.DONE).execute())
    return list(applied.opened)


async def remind(store: Store, at: datetime) -> int:
    due = await store.events.due_reminders(at, 1000)
    return await store.events.reserve_reminders(
        [(item, later(days=1)) for item in due], SECURITY, together=1, now=NOW
    )


async def test_a_list_of_reminders_has_a_bound_and_the_worst_are_in_the_first(
    database_thread: DatabaseThread, store: Store
) -> None:
    await asked(database_thread, store, LISTED + 3, severity=Severity.LOW)
    grave = await asked(database_thread, store, 2, severity=Severity.CRITICAL)
    assert await remind(store, later(minutes=10)) == LISTED + 5
    lists = [await take_next(store, later(minutes=1)) for _ in range(3)]
    reminders = [item for item in lists if item and item.kind is DeliveryKind.REMINDER]
    assert [len(item.event_ids) for item in reminders] == [LISTED, 5]
    assert set(grave) == set(reminders[0].event_ids[:2])


async def test_a_list_leaves_one_line_of_history_that_each_of_its_events_has(
    database_thread: DatabaseThread, store: Store
) -> None:
    ids = await asked(database_thread, store, 3)
    (other,) = await asked(database_thread, store, 1, user_name="bob")
    due = [item for item in await store.events.due_reminders(later(minutes=10), 9) if item.event_id != other]
    await store.events.reserve_reminders([(item, later(days=1)) for item in due], SECURITY, 1, NOW)
    await post(store, await next_delivery(store, but_not_to=ALICE), ts="2.1", channel=SECURITY)

    def lines(event_id: str) -> list[dict[str, object]]:
        found = [line for line in audit.lines(event_id) if line.action == "notice_posted"]
        return [line.detail for line in found]

    shown = {"channel": SECURITY, "ts": "2.1", "kind": "reminder", "events": dict.fromkeys(ids, 1)}
    for event_id in ids:
        assert json.loads(json.dumps(await database_thread.run(lines, event_id))) == [shown]
    assert await database_thread.run(lines, other) == []


async def cost_of_list(folder: Path, count: int) -> tuple[int, int]:
    """Statements, and lines of history, of a second list of reminders and of its update."""
    opened = open_database(f"sqlite:///{folder}/{count}.db")
    migrate(opened)
    thread = DatabaseThread(opened)
    store = Store(thread)
    statements: list[str] = []
    first, *_ = await asked(thread, store, count)
    await remind(store, later(minutes=10))
    await post(store, await next_delivery(store, but_not_to=ALICE), ts="2.1", channel=SECURITY)
    before = await thread.run(lambda: AuditRow.select().count())
    await thread.run(lambda: opened.connection().set_trace_callback(statements.append))
    await remind(store, later(days=1))
    await post(store, await next_delivery(store, but_not_to=ALICE), ts="2.2", channel=SECURITY)
    await thread.run(deliveries.touch, [first], NOW)
    update = await next_delivery(store, but_not_to=ALICE)
    shown = [Shown(event_id=item.event.id, revision=1, version=item.version) for item in update.snapshots]
    assert (update.kind, len(shown)) == (DeliveryKind.UPDATE, count)
    await store.notices.updated(update, shown, NOW)
    await thread.run(lambda: opened.connection().set_trace_callback(None))
    lines = await thread.run(lambda: AuditRow.select().count()) - before
    await thread.close()
    return len(statements), lines


async def test_twice_the_events_take_no_more_than_twice_the_statements_and_as_many_lines(
    tmp_path: Path,
) -> None:
    statements, lines = await cost_of_list(tmp_path, 20)
    of_twice, lines_of_twice = await cost_of_list(tmp_path, 40)
    assert of_twice <= 2 * statements
    assert lines_of_twice == lines == 2
