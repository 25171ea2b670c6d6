"""The counts a day, which are those of the events and decisions themselves."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.event import DECIDED, Status
from powertrip.domain.statistics import Numbers, RuleCount, rounded
from powertrip.store import Store, audit, counting
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from powertrip.store.rows import event_columns
from powertrip.store.statistics import numbers
from powertrip.store.tables import DecisionRow, EventRow
from tests.samples import ALICE, BOB, CAROL, NOW, event, later
from tests.store.busy import Busy, faults
from tests.store.plans import steps
from tests.store.rewriting import KEY, Kept

LONG_AGO = NOW - timedelta(days=3650)


@dataclass(frozen=True)
class Counted:
    """What the counts should be."""

    events: Counter[tuple[str, str]]
    opened: Counter[str]
    waits: Counter[tuple[str, int]]
    deciders: Counter[str]


def recount() -> Counted:
    """The counts by looking at each event and decision, of all but tests."""
    found = Counted(Counter(), Counter(), Counter(), Counter())
    for row in EventRow.select().where(~EventRow.is_test):
        day = f"{row.received_at:%Y-%m-%d}"
        # Whom nobody was asked about nobody has answered.
        by_people = (DecisionRow.event_id == row.id) & DecisionRow.expectation_id.is_null()
        decisions = list(DecisionRow.select().where(by_people))
        found.events[row.rule, row.status] += 1
        found.opened[day] += 1
        # Who decided keeps the id of then, also where the decision got the one that Slack has now.
        found.deciders.update({"U0BOBNEW": BOB}.get(each.actor_id, each.actor_id) for each in decisions)
        if row.status in DECIDED and decisions:
            first = min(each.at for each in decisions)
            found.waits[day, rounded((first - row.received_at).total_seconds())] += 1
    return found


def as_counted(told: Numbers) -> Counted:
    waits = {(day, seconds): n for day, of_day in told.waits_per_day.items() for seconds, n in of_day.items()}
    return Counted(
        Counter({(each.rule, each.status): each.count for each in told.events}),
        Counter(told.opened_per_day),
        Counter(waits),
        Counter(told.deciders),
    )


@pytest.mark.parametrize("page", [1, 7, 2_000])
async def test_of_a_busy_history_they_are_those_of_its_events_and_decisions(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(counting, "PAGE", page)
    thread = DatabaseThread(open_database(kept.url, KEY))
    found, expected = await Store(thread).statistics.numbers(LONG_AGO), await thread.run(recount)
    await thread.close()
    assert as_counted(found) == expected
    assert {status for _, status in expected.events} == {*Status} - {Status.CLOSED}
    assert expected.waits


async def test_each_counts_once_and_by_the_status_it_has_now(
    database_thread: DatabaseThread, store: Store
) -> None:
    busy = Busy(database_thread)
    for name in ("closed", "approved", "half", "waits"):
        await busy.opened(name)
    await busy.opened("tested", is_test=True)
    await busy.decide("tested", Status.APPROVED)
    await busy.decide("approved", Status.HALF_APPROVED, BOB)
    await busy.decide("half", Status.HALF_APPROVED, BOB)
    await busy.decide("closed", Status.DENIED)
    first = await store.statistics.numbers(NOW)
    await busy.decide("approved", Status.APPROVED, CAROL, minutes=50)
    await busy.decide("closed", Status.CLOSED, CAROL, minutes=500)
    second = await store.statistics.numbers(NOW)

    assert first.events == counts(denied=1, half_approved=2, pending=1)
    assert second.events == counts(approved=1, closed=1, half_approved=1, pending=1)
    assert first.waits_per_day == {"2026-01-15": {300: 1}}
    # The denied event waits no longer for being closed, and the other since its first approval.
    assert second.waits_per_day == {"2026-01-15": {300: 2}}
    assert (first.deciders, second.deciders) == ({ALICE: 1, BOB: 2}, {ALICE: 1, BOB: 2, CAROL: 2})
    assert first.opened_per_day == second.opened_per_day == {"2026-01-15": 4}


def counts(**by_status: int) -> tuple[RuleCount, ...]:
    return tuple(RuleCount(rule="ssh_login", status=name, count=count) for name, count in by_status.items())


async def test_they_begin_with_the_day_that_is_asked_for(
    database_thread: DatabaseThread, store: Store
) -> None:
    busy = Busy(database_thread)
    await busy.opened("before", received_at=later(days=-1))
    await busy.opened("since", received_at=NOW)
    for name in ("before", "since"):
        await busy.decide(name, Status.APPROVED)
    told = await store.statistics.numbers(later(hours=6))
    assert told.since == NOW.replace(hour=0)
    assert told.opened_per_day == {"2026-01-15": 1}
    assert sum(each.count for each in told.events) == 1
    # Both decisions were taken on that day.
    assert told.deciders == {ALICE: 2}
    assert (await store.statistics.numbers(later(hours=12))).opened_per_day == {}


async def test_two_workers_that_count_at_once_count_each_line_once(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PAGE", 2)
    threads = [DatabaseThread(open_database(kept.url, KEY)) for _ in range(3)]
    told = await asyncio.gather(*(Store(thread).statistics.numbers(LONG_AGO) for thread in threads))
    expected = await threads[0].run(recount)
    for thread in threads:
        await thread.close()
    assert [as_counted(each) for each in told] == [expected] * 3


async def test_what_is_counted_changes_nothing_of_the_history(kept: Kept) -> None:
    thread = DatabaseThread(open_database(kept.url, KEY))
    await Store(thread).statistics.numbers(LONG_AGO)
    newest = kept.run("SELECT max(id) FROM audit").fetchone()
    assert kept.run("SELECT line FROM counted").fetchone() == newest
    assert await faults(thread) == {}
    await thread.close()


def fill(day: int, count: int, label: str = "") -> None:
    """Events of one day, opened and decided in the history."""
    at = NOW - timedelta(days=day)
    names = [f"old{label}{day}-{number}" for number in range(count)]
    abouts = [event(id=name, fold_key=name, received_at=at, status=Status.APPROVED) for name in names]
    insert_all(EventRow, [event_columns(about) for about in abouts])
    for name in names:
        audit.append("event_opened", at, event_id=name)
        audit.append("decided", at, event_id=name, actor_id=ALICE, status=Status.APPROVED)


async def test_numbers_cost_nothing_for_more_events_on_their_days_or_before(tmp_path: Any) -> None:
    opened = open_database(f"sqlite:///{tmp_path}/powertrip.db")
    migrate(opened)
    thread = DatabaseThread(opened)
    store = Store(thread)

    async def cost() -> int:
        await store.statistics.numbers(NOW)
        return await steps(thread, lambda: numbers(later(days=-1)))

    for day in (0, 1):
        await thread.run(fill, day, 5)
    few = await cost()
    for day in (0, 1):
        await thread.run(fill, day, 500, "more")
    for day in range(100, 200):
        await thread.run(fill, day, 5)
    assert await cost() <= few + 1
    told = await store.statistics.numbers(later(days=-1))
    assert told.opened_per_day == {"2026-01-14": 505, "2026-01-15": 505}
    await thread.close()
