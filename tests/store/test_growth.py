"""What a long life costs: nothing grows with what is not asked about, and nothing holds others up."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.event import Status
from powertrip.domain.habits import EVENTS_READ
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.retention import Retention
from powertrip.store import Store, pruning
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.habits import past_of_row
from powertrip.store.joining import lock_pending
from powertrip.store.migrating import migrate
from powertrip.store.rows import event_columns
from powertrip.store.tables import AuditRow, DecisionRow, DeliveryRow, EventRow, InboxRow
from tests.samples import ALICE, NOW, event, later
from tests.store.plans import steps

DAY = timedelta(days=1)


def fill(count: int, *, days: int = 0, **changes: Any) -> None:
    """Approved events of one person, the oldest `days` ago, each decided a minute after it came."""
    events, decisions = [], []
    for number in range(count):
        at = NOW - days * DAY + timedelta(milliseconds=number)
        about = event(
            id=f"old{days}-{number}-{changes.get('user_name', '')}",
            fold_key=f"{number}",
            status=Status.APPROVED,
            received_at=at,
            occurred_at=at,
            next_reminder_at=None,
        )
        events.append(event_columns(replace(about, **changes)) | {"decided_at": at})
        decisions.append(
            {
                "event_id": about.id,
                "verdict": "approve",
                "actor_id": ALICE,
                "actor_name": "Alice",
                "at": at + timedelta(minutes=1),
                "via": "button",
                "revision": 1,
            }
        )
    insert_all(EventRow, events)
    insert_all(DecisionRow, decisions)


@pytest.fixture
async def sqlite(tmp_path: Any) -> Any:
    opened = open_database(f"sqlite:///{tmp_path}/powertrip.db")
    migrate(opened)
    thread = DatabaseThread(opened)
    yield thread
    await thread.close()


async def test_what_earlier_events_say_of_a_busy_bots_next_costs_no_more_for_those_beyond_the_newest(
    sqlite: DatabaseThread,
) -> None:
    def past() -> None:
        row = EventRow.get_by_id("new")
        past_of_row(row)

    new = event(id="new", user_name="oswaldo", source_ip="192.0.2.77", fold_key="new")
    await sqlite.run(fill, EVENTS_READ, days=1, user_name="oswaldo")
    await sqlite.run(insert_all, EventRow, [event_columns(new)])
    before = await steps(sqlite, past)
    await sqlite.run(fill, 5 * EVENTS_READ, days=20, user_name="oswaldo")
    assert await steps(sqlite, past) <= 1.2 * before


async def test_a_record_finds_the_open_event_that_it_joins_at_one_cost_however_many_others_wait(
    sqlite: DatabaseThread,
) -> None:
    def wait(*numbers: int) -> None:
        waiting = [event(id=f"event{number}", fold_key=f"key{number}") for number in numbers]
        insert_all(EventRow, [event_columns(each) for each in waiting])

    def find() -> None:
        assert lock_pending({"key7", "of none"})["key7"].id == "event7"

    await sqlite.run(wait, *range(10))
    before = await steps(sqlite, find)
    await sqlite.run(wait, *range(10, 2000))
    assert await steps(sqlite, find) <= before + 1


async def test_of_a_bot_with_more_events_than_are_read_the_number_is_told_as_the_least_it_can_be(
    database_thread: DatabaseThread,
) -> None:
    def times() -> tuple[int, bool]:
        past = past_of_row(EventRow(**event_columns(event(id="new"))))
        assert past.first_of_person is False
        return past.times_from_address, past.or_more_times

    await database_thread.run(fill, EVENTS_READ - 1, days=2)
    assert await database_thread.run(times) == (EVENTS_READ, False)
    await database_thread.run(fill, 5, days=3)
    assert await database_thread.run(times) == (EVENTS_READ + 1, True)


async def test_old_records_and_deliveries_go_a_part_at_a_time_and_the_history_says_how_many(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 4)
    records = [
        {
            "source": "syslog",
            "record_id": f"{number}",
            "received_at": NOW,
            "message": "m",
            "raw": "m",
            "cut": 0,
            "judged_at": NOW if number else None,
        }
        for number in range(11)
    ]
    told: list[dict[str, Any]] = [
        {
            "uid": f"{number}",
            "kind": "note",
            "lane": "C1",
            "priority": 1,
            "channel": "C1",
            "event_ids": [],
            "due_at": NOW,
            "state": "done" if number else "waiting",
            "created_at": NOW,
            "done_at": NOW if number else None,
        }
        for number in range(3)
    ]
    await database_thread.run(insert_all, InboxRow, records[1:])
    await database_thread.run(insert_all, InboxRow, records[:1])
    await database_thread.run(insert_all, DeliveryRow, told)
    begun: list[int] = []
    run = database_thread.run

    async def counted(step: Any, *args: Any) -> Any:
        done = await run(step, *args)
        begun.append(done)
        return done

    monkeypatch.setattr(database_thread, "run", counted)
    deleted = await store.prune(Retention(deliveries=timedelta(days=60)), QuarantineSection(), later(days=31))
    assert (deleted["records"], deleted["deliveries"]) == (10, 0)
    assert begun[:3] == [4, 4, 2]
    deleted = await store.prune(Retention(), QuarantineSection(), later(days=31))
    assert (deleted["records"], deleted["deliveries"]) == (0, 2)
    monkeypatch.undo()

    def lines() -> list[Any]:
        return [
            line.detail for line in AuditRow.select().where(AuditRow.action == "pruned").order_by(AuditRow.id)
        ]

    assert await database_thread.run(lines) == [
        {"table": "inbox", "count": 4},
        {"table": "inbox", "count": 4},
        {"table": "inbox", "count": 2},
        {"table": "delivery", "count": 2},
    ]
    assert await database_thread.run(lambda: (InboxRow.select().count(), DeliveryRow.select().count())) == (
        1,
        1,
    )
