"""An hour forward and back: leases stand as long as they would have, and what waits does not wait longer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.domain.voices import ExpectedVoice, Voice
from powertrip.store import Clock, ClockStepped, Store, clock_steps, deliveries, inbox, judging
from powertrip.store import clock as clock_module
from powertrip.store.database import DatabaseThread
from powertrip.store.heartbeat_tables import HeartbeatCardRow
from powertrip.store.processes import Process, ProcessRole
from powertrip.store.report_tables import ReportDueRow
from powertrip.store.sources import voices
from powertrip.store.storms.tables import StormMessageRow, StormRow
from powertrip.store.tables import ClockRow, DeliveryRow, EventRow, LaneRow, NoticeRow, Table
from tests.claiming import ANY_PACE, take_one
from tests.samples import ALICE, BOB, NOW, SECURITY, ask, event, record

HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=30)


@dataclass
class Machine:
    """What tells the time: it passes, and somebody may set it."""

    now: datetime = NOW
    monotonic: float = 1_000.0

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.monotonic += seconds

    def is_set(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The machine whose time counts, with either database."""
    machine = Machine()
    monkeypatch.setattr(clock_module, "_database_time", machine)
    return machine


@pytest.fixture
def new_clock(machine: Machine, database_thread: DatabaseThread) -> Callable[[], Clock]:
    """Makes the clock of one more process."""
    return lambda: Clock(database_thread, wall=machine, monotonic=lambda: machine.monotonic)


@pytest.fixture
async def clock(new_clock: Callable[[], Clock]) -> Clock:
    """The clock of a process that has begun."""
    clock = new_clock()
    await clock.begin()
    return clock


async def queue(thread: DatabaseThread, channel: str, now: datetime, due_in: float = 0) -> None:
    due_at = now + timedelta(seconds=due_in)
    row = deliveries.new(DeliveryKind.NUDGE, channel, now, due_at=due_at)
    await thread.run(deliveries.enqueue, [row])


async def open_event(thread: DatabaseThread, now: datetime, *, reminded_in: timedelta) -> None:
    await thread.run(inbox.append, [[record()]])
    (item,) = await thread.run(inbox.claim, 1, lambda: now, LEASE)
    await thread.run(judging.apply, [ask(item, event(id="one", next_reminder_at=now + reminded_in))], now)


async def values(thread: DatabaseThread, column: Any) -> list[Any]:
    return await thread.run(lambda: [value for (value,) in column.model.select(column).tuples()])


async def taken(store: Store, clock: Clock) -> Delivery | None:
    """What a worker takes, however often it has to look at the clock before."""
    try:
        return await take_one(store, clock.read, LEASE)
    except ClockStepped:
        await clock.follow()
        return await take_one(store, clock.read, LEASE)


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forward", "back"])
async def test_no_step_lets_a_second_worker_take_what_a_first_is_at(
    step: timedelta,
    machine: Machine,
    new_clock: Callable[[], Clock],
    database_thread: DatabaseThread,
    store: Store,
) -> None:
    first, second = new_clock(), new_clock()
    for clock in (first, second):
        await clock.begin()
    await queue(database_thread, ALICE, first())
    delivery = await taken(store, first)
    assert delivery is not None

    machine.passes(5)
    machine.is_set(step)

    assert await taken(store, second) is None
    machine.passes(20)
    assert await taken(store, second) is None
    # And nothing of its own is taken from the first, which may not have looked at the clock yet.
    assert await store.deliveries.renew(delivery, first, LEASE)
    await first.follow()
    machine.passes(29)
    assert await taken(store, second) is None
    # A dead one's is taken over all the same.
    machine.passes(2)
    assert (await taken(store, second) or delivery).attempts == 1


async def test_what_was_taken_before_the_clock_was_set_stays_taken_when_several_are(
    machine: Machine, clock: Clock, database_thread: DatabaseThread, store: Store
) -> None:
    for channel in ("C0", "C1", "C2"):
        await queue(database_thread, channel, clock())
    looks = 0

    def sets_it() -> datetime:
        nonlocal looks
        looks += 1
        if looks == 3:
            machine.is_set(HOUR)
        return clock.read()

    first = await store.deliveries.take_several(sets_it, LEASE, 16, posts_per_minute=ANY_PACE)
    assert [delivery.lane for delivery in first] == ["C0", "C1"]
    # Before anything is taken by another time, the step is survived.
    with pytest.raises(ClockStepped):
        await store.deliveries.take_several(clock.read, LEASE, 16, posts_per_minute=ANY_PACE)
    await clock.follow()
    rest = await store.deliveries.take_several(clock.read, LEASE, 16, posts_per_minute=ANY_PACE)
    assert [delivery.lane for delivery in rest] == ["C2"]
    assert await store.deliveries.renew(first[0], clock, LEASE)


async def test_what_a_clock_that_was_ahead_put_off_is_done_at_its_time(
    machine: Machine, clock: Clock, database_thread: DatabaseThread, store: Store
) -> None:
    machine.is_set(HOUR)
    await clock.follow()
    await queue(database_thread, ALICE, clock())
    await queue(database_thread, BOB, clock(), due_in=10)
    machine.is_set(-HOUR)

    assert (await taken(store, clock) or None) is not None
    assert await taken(store, clock) is None
    machine.passes(11)
    assert (await taken(store, clock) or None) is not None
    assert abs(clock() - machine.now) < timedelta(seconds=1)


async def test_what_is_written_after_a_step_back_by_the_time_before_it_is_done_at_its_time(
    machine: Machine, clock: Clock, database_thread: DatabaseThread, store: Store
) -> None:
    machine.is_set(HOUR)
    await clock.follow()
    read_before = clock()
    machine.is_set(-HOUR)
    await clock.follow()
    await queue(database_thread, ALICE, read_before, due_in=1)
    await queue(database_thread, BOB, clock(), due_in=240)
    assert await taken(store, clock) is None

    machine.passes(2)
    await clock.follow()
    delivery = await taken(store, clock)
    assert delivery is not None
    assert delivery.lane == ALICE
    assert abs(delivery.created_at - machine.now) < timedelta(seconds=3)
    # What is put off for a good reason stays so.
    assert await taken(store, clock) is None


async def test_a_reminder_keeps_its_distance_when_the_clock_goes_back(
    machine: Machine, clock: Clock, database_thread: DatabaseThread
) -> None:
    machine.is_set(HOUR)
    await clock.follow()
    await open_event(database_thread, clock(), reminded_in=timedelta(minutes=10))
    machine.is_set(-HOUR)
    await clock.follow()

    assert await values(database_thread, EventRow.next_reminder_at) == [machine.now + timedelta(minutes=10)]


async def test_what_a_worker_wrote_before_it_noticed_is_not_put_off_either(
    machine: Machine, new_clock: Callable[[], Clock], database_thread: DatabaseThread
) -> None:
    first, second = new_clock(), new_clock()
    for clock in (first, second):
        await clock.begin()
    machine.is_set(-HOUR)
    await first.follow()
    await queue(database_thread, ALICE, second())
    await second.follow()

    assert await values(database_thread, DeliveryRow.due_at) == [machine.now]


async def test_of_two_workers_one_mends_what_a_step_has_put_off(
    machine: Machine, new_clock: Callable[[], Clock], database_thread: DatabaseThread
) -> None:
    first, second = new_clock(), new_clock()
    for clock in (first, second):
        await clock.begin()
    await open_event(database_thread, first(), reminded_in=3 * HOUR)
    for _ in range(2):
        machine.is_set(-HOUR)
        for clock in (first, second):
            await clock.follow()

    assert await values(database_thread, EventRow.next_reminder_at) == [NOW + HOUR]


async def test_a_step_that_nobody_saw_is_mended_at_the_next_start_and_only_once(
    machine: Machine, new_clock: Callable[[], Clock], database_thread: DatabaseThread
) -> None:
    await queue(database_thread, ALICE, NOW, due_in=600)
    machine.is_set(-HOUR)
    for _ in range(2):
        await new_clock().begin()

    assert await values(database_thread, DeliveryRow.due_at) == [machine.now + timedelta(seconds=600)]


async def test_a_pause_that_slack_demands_outlasts_a_step_back(
    machine: Machine, clock: Clock, database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, SECURITY, clock())
    delivery = await taken(store, clock)
    assert delivery is not None
    await store.deliveries.leave([(delivery, timedelta(seconds=60))], clock)
    machine.is_set(HOUR)
    await clock.follow()
    machine.is_set(-HOUR)
    await clock.follow()

    assert max(await values(database_thread, LaneRow.free_at)) == NOW + timedelta(seconds=60)


async def test_small_differences_are_followed_in_silence(machine: Machine, clock: Clock) -> None:
    for _ in range(10):
        machine.is_set(timedelta(milliseconds=900))
        await clock.follow()

    assert clock() == machine.now


async def test_the_answer_of_a_slow_database_is_no_step(machine: Machine, clock: Clock) -> None:
    def slow() -> datetime:
        machine.passes(5)
        told = machine.now
        machine.passes(5)
        return told

    machine.passes(1)
    clock_module._database_time = slow
    if clock._wall is machine:
        clock._wall = slow
    await clock.follow()

    assert clock() - machine.now == timedelta()


async def test_a_step_is_logged_with_its_size(machine: Machine, clock: Clock) -> None:
    machine.is_set(-HOUR)
    with structlog.testing.capture_logs() as logs:
        await clock.follow()

    (said,) = [line for line in logs if "clock was set" in line["event"]]
    assert "-3600" in str(said)
    assert clock_steps.STEP < HOUR


async def test_a_storm_goes_on_as_it_would_have_when_the_clock_is_set_back(
    machine: Machine, clock: Clock, database_thread: DatabaseThread
) -> None:
    machine.is_set(HOUR)
    await clock.follow()
    ahead = clock()
    soon = ahead + timedelta(minutes=1)
    storm: dict[str, Any] = dict.fromkeys(
        ("kind", "key", "rule", "title", "severity", "network", "channel"), ""
    )
    storm |= {"failed": False, "host_groups": [], "ends_after": 600, "update_every": 60}
    times = {"opened_at": ahead, "last_at": ahead + timedelta(seconds=1), "next_reminder_at": soon}
    await database_thread.run(lambda: StormRow.create(id="one", **storm, **times))
    message = {"channel": SECURITY, "ts": "1.1", "storm_id": "one", "kind": "first", "reminder": 0}
    shown = {"shown_version": 1, "shown_at": ahead + timedelta(seconds=1)}
    await database_thread.run(lambda: StormMessageRow.create(**message, **shown))

    machine.is_set(-HOUR)
    await clock.follow()

    (last,) = await values(database_thread, StormRow.last_at)
    (reminder,) = await values(database_thread, StormRow.next_reminder_at)
    (shown_at,) = await values(database_thread, StormMessageRow.shown_at)
    assert max(last, shown_at) <= clock() + timedelta(seconds=2)
    assert reminder <= clock() + timedelta(minutes=1, seconds=2)


async def test_a_card_redrawn_by_a_clock_that_was_ahead_is_redrawn_again_as_soon_as_any(
    clock: Clock, database_thread: DatabaseThread
) -> None:
    await open_event(database_thread, clock(), reminded_in=HOUR)
    notice = {"kind": "first", "channel": ALICE, "ts": "1.1", "reminder": 0, "posted_at": clock()}
    notice |= {"shown_revision": 1, "shown_version": 1}

    def redraw() -> None:
        NoticeRow.create(event_id="one", redrawn_at=clock() + HOUR, **notice)
        deliveries.enqueue_redraws(["one"], clock())

    await database_thread.run(redraw)
    assert max(await values(database_thread, DeliveryRow.due_at)) <= clock() + deliveries.REDRAWN_EVERY


def test_every_time_that_something_waits_for_is_pulled_back() -> None:
    followed = {column for column, _ in clock_steps._WAITING}
    # Leases are renewed, lanes rest as Slack demands, and what was mended is written by the step itself.
    followed |= {DeliveryRow.leased_until, LaneRow.free_at, LaneRow.busy_until, ClockRow.mended_until}
    # Only told to people.
    followed |= {HeartbeatCardRow.down_until}
    # A report is due at a time of the week: what lies further ahead than the next one counts for nothing.
    followed |= {ReportDueRow.due_at, ReportDueRow.leased_until}
    waits = re.compile(r"(^|_)due_at$|^next_|_until$|^free_at$|^digest_at$")
    columns = {column for table in tables_of(Table) for column in table._meta.fields.values()}
    assert {column for column in columns if waits.search(column.name)} - followed == set()


def tables_of(base: Any) -> list[Any]:
    """All tables, however far down their classes stand."""
    return [table for child in base.__subclasses__() for table in (child, *tables_of(child))]


async def test_what_a_step_forward_skipped_is_nobodys_silence(
    machine: Machine, clock: Clock, database_thread: DatabaseThread, store: Store
) -> None:
    expected = {"servers": (ExpectedVoice(within=timedelta(minutes=15)),)}
    started_at = clock()

    async def heard() -> None:
        await database_thread.run(voices.hear, {Voice("servers"): clock()})

    async def notes() -> int:
        return await store.voices.report(expected, SECURITY, started_at, clock(), clock.ago)

    machine.passes(20 * 60)
    await heard()
    machine.passes(5 * 60)
    machine.is_set(HOUR)
    await clock.follow()
    assert await notes() == 0
    machine.passes(9 * 60)
    assert await notes() == 0
    # It was heard before the step, and fifteen minutes have passed since.
    machine.passes(60)
    assert await notes() == 1


async def test_a_step_forward_that_is_undone_leaves_no_trace_in_what_was_ago(
    machine: Machine, clock: Clock
) -> None:
    machine.passes(60)
    for step in (HOUR, -HOUR / 2, -HOUR / 2):
        before = clock()
        machine.is_set(step)
        await clock.follow()
        assert clock.ago(clock(), timedelta(seconds=30)) == NOW + timedelta(seconds=30), (before, step)


async def test_a_worker_that_gave_a_sign_of_life_just_before_a_step_forward_is_not_called_dead(
    machine: Machine, clock: Clock, store: Store
) -> None:
    for name, role in (("lives", ProcessRole.WORKER), ("web", ProcessRole.WEB)):
        process = Process(
            name=name, role=role, host="host", pid=1, version="1", started_at=clock(), seen_at=clock()
        )
        await store.processes.show(process)
    machine.passes(4)
    machine.is_set(HOUR)
    await clock.follow()

    assert await store.processes.worker_seen_at() == clock()
