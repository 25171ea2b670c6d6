"""Two processes on one PostgreSQL database: what both do at once is done once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.delivery import DeliveryKind, Posted, Shown
from powertrip.domain.due import DueReminder
from powertrip.domain.event import NoticeKind
from powertrip.domain.judgement import Judgement, ToAsk, ToSight
from powertrip.domain.record import Record
from powertrip.store import Store, audit, deliveries, events, inbox, judging, lanes
from powertrip.store.database import DatabaseThread
from powertrip.store.database_in_use import database
from powertrip.store.hids import pairing
from powertrip.store.postgres import Postgres
from powertrip.store.sources import judged
from powertrip.store.tables import AuditRow, DeliveryRow, EventRow, OccurrenceRow
from tests.claiming import take_next
from tests.samples import ALICE, NOW, SECURITY, approval, ask, event, later, record
from tests.store.busy import faults
from tests.store.test_logins import logged, signed
from tests.store.test_origins import WAZUH

LEASE = timedelta(seconds=30)
Result = TypeVar("Result")
PATIENCE = 30
"""Seconds a thread waits for the other before the test fails."""


async def test_two_judges_keep_each_record_once_and_open_each_event_once(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    stores = [Store(thread) for thread in threads]
    for round_number in range(8):
        await threads[0].run(inbox.append, [[record() for _ in range(60)]])
        claimed = await stores[0].inbox.claim(60, lambda: NOW, LEASE)

        def batch(label: str, claimed: Any = claimed, round_number: int = round_number) -> Any:
            return [
                ask(item, event(id=f"{label}{round_number}.{n}", fold_key=f"{round_number}.{n % 20}"))
                for n, item in enumerate(claimed)
            ]

        # Each has its own forty, and twenty that both were given because a lease had ended.
        applied = await asyncio.gather(
            stores[0].judging.apply(batch("a")[:40], NOW),
            stores[1].judging.apply(list(reversed(batch("b")[20:])), NOW),
        )
        assert sum(len(each.opened) for each in applied) == 20
        assert sum(len(each.folded) for each in applied) == 40

    def whole() -> tuple[int, int, list[Any]]:
        wrong = EventRow.select(EventRow.id).where(
            (EventRow.revision != EventRow.occurrences) | (EventRow.occurrences != 3)
        )
        return EventRow.select().count(), OccurrenceRow.select().count(), list(wrong.tuples())

    assert await threads[0].run(whole) == (8 * 20, 8 * 60, [])
    assert await faults(threads[0]) == {}


def hold_until_waited_for(change: Callable[[], None], begun: threading.Event, ended: threading.Event) -> None:
    """A step that changes something and commits once another transaction waits for it, or has ended."""
    change()
    begun.set()
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(PATIENCE * 100):
        if ended.wait(0.01) or database.execute_sql(waits).fetchone()[0]:
            return
    raise AssertionError("the other transaction neither waits nor ends")


async def while_held(
    holder: DatabaseThread, change: Callable[[], None], meanwhile: Callable[[], Awaitable[Result]]
) -> Result:
    """Run `meanwhile` while another transaction has made a change and not committed it."""
    begun, ended = threading.Event(), threading.Event()
    held = asyncio.create_task(holder.run(hold_until_waited_for, change, begun, ended))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    found = await meanwhile()
    ended.set()
    await held
    return found


async def test_a_judge_that_thinks_holds_up_no_other(
    threads: tuple[DatabaseThread, DatabaseThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = threads
    await quick.run(inbox.append, [[record(), record()]])
    one, two = await Store(quick).inbox.claim(2, lambda: NOW, LEASE)
    begun, ended = threading.Event(), threading.Event()
    count = judged.count
    waited: list[bool] = []

    def think_and_count(*args: Any, **kwargs: Any) -> None:
        # Its events, occurrences and cards are written; the counts, which all share, and the history are not.
        if not begun.is_set():
            begun.set()
            waited.append(ended.wait(PATIENCE / 3))
        count(*args, **kwargs)

    monkeypatch.setattr(judged, "count", think_and_count)
    first = [ask(one, event(id="one", fold_key="one"))]
    thinks = asyncio.create_task(Store(slow).judging.apply(first, NOW))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    async with asyncio.timeout(PATIENCE):
        await Store(quick).judging.apply([ask(two, event(id="two", fold_key="two"))], NOW)
    ended.set()

    await thinks
    assert waited == [True]
    assert await faults(quick) == {}


async def test_who_is_second_to_open_an_event_joins_it(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    opening, second = threads
    store = Store(second)
    await second.run(inbox.append, [[record(), record(), record()]])
    one, two, three = await store.inbox.claim(3, lambda: NOW, LEASE)

    first = ask(one, event(id="first", fold_key="same"))
    batch = [ask(two, event(id="second", fold_key="same")), ask(three, event(id="other", fold_key="other"))]
    applied = await while_held(opening, lambda: keep([first]), lambda: store.judging.apply(batch, NOW))

    assert (applied.opened, applied.folded) == (("other",), ("first",))
    assert (await store.events.get("first")).occurrences == 2
    assert await faults(second) == {}


async def test_a_card_posted_while_its_event_changes_is_rendered_anew(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    changing, sending = threads
    store = Store(sending)
    await sending.run(inbox.append, [[record()]])
    (claimed,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    await store.judging.apply([ask(claimed, event(id="one"))], NOW)
    delivery = await take_next(store, NOW)
    assert delivery is not None
    shown = [Shown(event_id="one", revision=1, version=1)]

    where = Posted(channel="D1", ts="1.1")
    await while_held(
        changing,
        lambda: deliveries.touch(["one"], NOW),
        lambda: store.notices.posted(delivery, NoticeKind.FIRST, where, shown, NOW),
    )

    updates = DeliveryRow.kind == "update"
    assert await sending.run(lambda: DeliveryRow.select().where(updates).count()) == 1


async def test_a_reminder_is_reserved_by_one_of_two(threads: tuple[DatabaseThread, DatabaseThread]) -> None:
    stores = [Store(thread) for thread in threads]
    await threads[0].run(inbox.append, [[record() for _ in range(30)]])
    claimed = await stores[0].inbox.claim(30, lambda: NOW, LEASE)
    await stores[0].judging.apply(
        [ask(item, event(id=f"e{n:02}", fold_key=str(n))) for n, item in enumerate(claimed)], NOW
    )
    due = await stores[0].events.due_reminders(later(minutes=10), 100)

    def reserve(store: Store, items: list[DueReminder]) -> Any:
        following = [(item, later(minutes=20)) for item in items]
        return store.events.reserve_reminders(following, SECURITY, 3, later(minutes=10))

    ours = await asyncio.gather(reserve(stores[0], due), reserve(stores[1], due[::-1]))

    assert sorted(ours) == [0, 30]


async def claimed(store: Store, thread: DatabaseThread, source: str) -> Record:
    await thread.run(inbox.append, [[record(source=source, occurred_at=NOW)]])
    (item,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    return item


async def asked(store: Store, thread: DatabaseThread, event_id: str) -> ToAsk:
    about = event(id=event_id, fold_key=event_id)
    item = await claimed(store, thread, "syslog")
    return ToAsk(record=item, event=about, conversation=ALICE, watches=(WAZUH,))


async def sighted(store: Store, thread: DatabaseThread) -> ToSight:
    item = await claimed(store, thread, "alerts")
    return ToSight(record=item, event=event(source="alerts", fold_key="alerts"), watch=WAZUH)


async def test_two_decisions_are_seen_in_the_order_of_their_ids(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    store = Store(threads[1])
    await store.judging.apply([await asked(store, threads[1], event_id) for event_id in ("one", "two")], NOW)

    async def decide_and_read() -> list[str]:
        await store.events.decide(approval(event(id="two")))
        return [found.event_id for found in await store.decisions.after(0, None, 10)]

    found = await while_held(threads[0], lambda: take(approval(event(id="one"))), decide_and_read)

    assert found == ["one", "two"]


async def test_a_record_finds_the_counterpart_that_another_process_is_keeping(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    store = Store(threads[1])
    pipeline, hids = await asked(store, threads[1], "one"), await sighted(store, threads[1])

    applied = await while_held(threads[0], lambda: keep([pipeline]), lambda: store.judging.apply([hids], NOW))

    assert applied.paired == ("wazuh",)


async def test_records_of_one_person_wait_for_no_pair_of_another(
    threads: tuple[DatabaseThread, DatabaseThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = threads
    store = Store(quick)
    of_alice, of_bob = await sighted(store, quick), await sighted(store, quick)
    of_bob = replace(of_bob, event=event(source="alerts", fold_key="bob", user_name="bob"))
    begun, ended = threading.Event(), threading.Event()
    sight = pairing.sight
    waited: list[bool] = []

    def think_and_sight(*args: Any) -> tuple[str, ...]:
        if not begun.is_set():
            begun.set()
            waited.append(ended.wait(PATIENCE / 3))
        return sight(*args)

    monkeypatch.setattr(pairing, "sight", think_and_sight)
    thinks = asyncio.create_task(Store(slow).judging.apply([of_alice], NOW))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    async with asyncio.timeout(PATIENCE):
        await store.judging.apply([of_bob], NOW)
    ended.set()

    await thinks
    assert waited == [True]


async def test_whoever_pairs_at_all_waits_for_a_release_that_knows_one_turn_for_everybody(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    store = Store(threads[1])
    pipeline, hids = await asked(store, threads[1], "one"), await sighted(store, threads[1])

    def as_the_release_before() -> None:
        pairing.begin()
        judging.keep_occurrences([pipeline], NOW)

    applied = await while_held(threads[0], as_the_release_before, lambda: store.judging.apply([hids], NOW))

    assert applied.paired == ("wazuh",)


async def test_forty_logins_and_their_alerts_kept_by_two_at_once_all_make_pairs(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    store = Store(threads[0])
    people = [f"user{number}" for number in range(40)]
    logins: list[Judgement] = []
    alerts: list[Judgement] = []
    for name in people:
        login, alert = await asked(store, threads[0], name), await sighted(store, threads[0])
        logins.append(replace(login, event=replace(login.event, user_name=name)))
        alerts.append(replace(alert, event=replace(alert.event, user_name=name, fold_key=f"alert {name}")))

    def mixed(number: int) -> list[list[Judgement]]:
        # Each has one side of every pair, in batches that begin at opposite ends.
        mine = [(logins, alerts)[(place + number) % 2][place] for place in range(40)]
        return [mine[start : start + 8] for start in range(0, 40, 8)][:: 1 if number else -1]

    async def judge(number: int) -> int:
        judging_store = Store(threads[number])
        return sum([len((await judging_store.judging.apply(batch, NOW)).paired) for batch in mixed(number)])

    assert sum(await asyncio.gather(judge(0), judge(1))) == 40
    assert await faults(threads[0]) == {}


async def test_forty_logins_that_two_learn_of_at_once_by_server_and_log_are_one_event_each(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    store = Store(threads[0])
    told: list[tuple[ToAsk, ToAsk]] = []
    for number in range(40):
        await threads[0].run(inbox.append, [[record(), record()]])
        claimed = await store.inbox.claim(2, lambda: NOW, LEASE)
        about: dict[str, Any] = {
            "user_name": f"user{number % 8}",
            "fields": {"source_port": str(50000 + number)},
        }
        both = signed(f"n{number}", **about), logged(**about, fold_key=f"ssh {number}")
        first, second = (ask(one, each) for one, each in zip(claimed, both, strict=True))
        told.append((replace(first, is_login=True), replace(second, is_login=True)))

    async def judge(number: int) -> None:
        # Each has one side of every pair, in batches that begin at opposite ends.
        mine = [told[place][(place + number) % 2] for place in range(40)]
        for batch in [mine[start : start + 8] for start in range(0, 40, 8)][:: 1 if number else -1]:
            await Store(threads[number]).judging.apply(batch, NOW)

    await asyncio.gather(judge(0), judge(1))

    query: Any = EventRow.select(EventRow.session_number, EventRow.occurrences)
    found = await threads[0].run(lambda: sorted(query.tuples()))
    assert found == sorted((f"servers n{number} mac", 2) for number in range(40))
    assert await faults(threads[0]) == {}


async def test_an_origin_is_told_of_a_decision_that_is_taken_while_its_record_is_paired(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    store = Store(threads[1])
    pipeline, hids = await asked(store, threads[1], "one"), await sighted(store, threads[1])
    await store.judging.apply([pipeline], NOW)

    await while_held(
        threads[0], lambda: take(approval(event(id="one"))), lambda: store.judging.apply([hids], NOW)
    )

    told = DeliveryRow.kind == "origin"
    assert await threads[0].run(lambda: DeliveryRow.select().where(told).count()) == 1


async def test_pairs_of_a_batch_and_a_change_of_their_events_never_wait_for_each_other_in_a_circle(
    threads: tuple[DatabaseThread, DatabaseThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(threads[1])
    logins = [await asked(store, threads[1], name) for name in ("one", "two")]
    alerts = [await sighted(store, threads[1]) for _ in logins]
    of_bob = event(source="alerts", fold_key="bob", user_name="bob")
    logins[1] = replace(logins[1], event=replace(logins[1].event, user_name="bob"))
    await store.judging.apply(logins, NOW)
    # The event with the greater id first; all others lock them in the order of their ids.
    batch = [replace(alerts[1], event=of_bob), alerts[0]]
    begun, ended = threading.Event(), threading.Event()
    sight, sights = pairing.sight, []

    def sight_and_wait(alert: ToSight, now: Any) -> tuple[str, ...]:
        sights.append(alert)
        found = sight(alert, now)
        if len(sights) == 1:
            hold_until_waited_for(lambda: None, begun, ended)
        return found

    monkeypatch.setattr(pairing, "sight", sight_and_wait)
    judged_batch = asyncio.create_task(Store(threads[0]).judging.apply(batch, NOW))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    changes = []

    def change() -> None:
        changes.append(NOW)
        deliveries.touch(["one", "two"], NOW)

    await threads[1].run(change)
    ended.set()

    assert (await judged_batch).paired == ("wazuh", "wazuh")
    # A deadlock would have ended one of them, and it would have been run again.
    assert (len(sights), len(changes)) == (2, 1)


async def test_two_who_take_lanes_in_opposite_orders_never_wait_for_each_other(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    both_have_one = threading.Barrier(2, timeout=PATIENCE)
    begun = []

    def step(first: str, second: str) -> tuple[bool, bool]:
        begun.append(first)
        mine = lanes.take(first, NOW)
        if len(begun) <= 2:
            both_have_one.wait()
        others = lanes.take(second, NOW)
        both_have_tried.wait()
        return mine, others

    both_have_tried = threading.Barrier(2, timeout=PATIENCE)
    taken = await asyncio.gather(threads[0].run(step, "C1", "C2"), threads[1].run(step, "C2", "C1"))

    assert list(taken) == [(True, False), (True, False)]
    assert len(begun) == 2


@pytest.mark.parametrize("addresses", [["192.0.2.1"], [f"192.0.2.{number}" for number in range(40)]])
async def test_pairing_a_batch_of_one_person_asks_no_more_for_each_record_than_for_half_as_many(
    threads: tuple[DatabaseThread, DatabaseThread], monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    """Nobody else pairs records of that person meanwhile, and waits no longer than LOCK_LIMIT."""
    store = Store(threads[0])

    async def alerts(count: int, user: str) -> list[Judgement]:
        about = event(source="alerts", user_name=user)
        each = [replace(await sighted(store, threads[0]), event=about) for _ in range(count)]
        return [
            replace(item, event=replace(about, source_ip=addresses[place % len(addresses)]))
            for place, item in enumerate(each)
        ]

    statements: list[str] = []
    execute: Any = Postgres.execute_sql

    def count_and_execute(self: Postgres, sql: str, *args: Any, **options: Any) -> Any:
        statements.append(sql)
        return execute(self, sql, *args, **options)

    async def needed(count: int, user: str) -> int:
        batch = await alerts(count, user)
        statements.clear()
        await store.judging.apply(batch, NOW)
        return len(statements)

    monkeypatch.setattr(Postgres, "execute_sql", count_and_execute)
    assert await needed(40, "bob") < 2.2 * await needed(20, "alice")


def take(plan: DecisionPlan) -> None:
    assert events.decide(plan)


def keep(judgements: list[Judgement]) -> None:
    judging.apply(judgements, NOW)


async def test_a_step_that_is_in_a_deadlock_is_repeated(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    both_hold_one = threading.Barrier(2, timeout=PATIENCE)
    begun = []

    def step(first: int, second: int) -> None:
        begun.append(first)
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (first,))
        if len(begun) <= 2:
            both_hold_one.wait()
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (second,))
        deliveries.enqueue([deliveries.new(DeliveryKind.REMOVE, f"C{first}", NOW, ts="1.1")])

    await asyncio.gather(threads[0].run(step, 1, 2), threads[1].run(step, 2, 1))

    assert len(begun) == 3
    assert await threads[0].run(lambda: DeliveryRow.select().count()) == 2


async def test_the_end_of_the_history_read_while_another_process_writes_is_one_that_was(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    store, written, ends = Store(threads[0]), threading.Event(), []

    async def write() -> None:
        for number in range(300):
            await store.audit.in_force(f"{number}", "1.0", "worker", NOW)
        written.set()

    async def read() -> None:
        while not written.is_set():
            ends.append(await threads[1].run(audit.end))

    await asyncio.gather(write(), read())
    lines = await threads[1].run(lambda: [row.hash for row in AuditRow.select().order_by(AuditRow.id)])
    assert len(lines) == 300
    assert len(set(ends)) > 10
    assert [end for end in ends if end != ([audit.FIRST_HASH, *lines][end[1]], end[1])] == []
