"""What reports count is read in short steps, and the weekly one is handed out once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from powertrip.domain.delivery import Box, Delivery, DeliveryKind, Digest, Note, Posted
from powertrip.domain.report import Group, Span
from powertrip.store import Store, reports
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from powertrip.store.report_tables import ReportDueRow
from powertrip.store.tables import DeliveryRow, EventRow
from tests.claiming import take_next
from tests.month import SINCE, UNTIL, answered, asked, month, write
from tests.samples import ALICE, NOW, SECURITY, later
from tests.store.busy import be_busy, faults
from tests.store.plans import plan_of

WEEK = timedelta(days=7)
DUE, NEXT = NOW, NOW + WEEK
DIGEST = Digest(
    title="What was asked", lines=("Asked: nothing",), boxes=(Box(lines=("Rules",), text="ssh 1"),)
)


@pytest.mark.parametrize("page", [7, 250])
async def test_a_month_is_read_as_it_was_in_pages_of_any_size(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(reports, "PAGE", page)
    before = asked("before", 0, ALICE, at=SINCE - timedelta(microseconds=1))
    after = asked("after", 0, ALICE, at=UNTIL)
    await database_thread.run(write, [*month(), before, after])
    await database_thread.run(write, [asked("tested", 3, ALICE)], is_test=True)

    pages = [each async for each in store.reports.pages(Span(since=SINCE, until=UNTIL))]
    assert max(map(len, pages)) <= page
    read = [each for of_page in pages for each in of_page]
    assert read == sorted(month(), key=lambda each: (each.received_at, each.id))
    own = Span(since=SINCE, until=UNTIL, subject=ALICE)
    of_alice = [each async for of_page in store.reports.pages(own) for each in of_page]
    assert {each.subject for each in of_alice} == {ALICE}
    assert len(of_alice) == 11


async def test_others_take_their_turn_between_two_pages(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PAGE", 5)
    await database_thread.run(write, month())
    pages = store.reports.pages(Span(since=SINCE, until=UNTIL))
    others = 0
    async for _ in pages:
        # Between two pages the thread is free: whoever asks then is answered before the next is read.
        assert await database_thread.run(EventRow.select().count) == 82
        others += 1
    assert others == 17


async def test_a_page_is_found_by_indexes_however_much_there_is(tmp_path: Path) -> None:
    opened = open_database(f"sqlite:///{tmp_path}/powertrip.db")
    migrate(opened)
    thread = DatabaseThread(opened)
    await thread.run(write, month())
    spans = [Span(since=SINCE, until=UNTIL), Span(since=SINCE, until=UNTIL, subject=ALICE)]
    for span in spans:
        for after in (None, (SINCE, "")):
            plan = await thread.run(plan_of, partial(reports.page, span, after))
            assert [step for step in plan if "SCAN" in step and "json_each" not in step] == []
    await thread.close()


async def test_what_came_of_a_busy_history_is_read_too(database_thread: DatabaseThread, store: Store) -> None:
    await be_busy(database_thread)
    read = [
        each
        async for page in store.reports.pages(Span(since=NOW - WEEK, until=later(days=9)))
        for each in page
    ]
    by_id = {each.id: each for each in read}
    assert by_id["approved"].answer is not None
    assert by_id["approved"].answer.actor_id == ALICE
    assert by_id["pending"].reminded_at is not None
    assert by_id["pending"].answer is None
    assert any(each.in_storm and each.was_asked and each.asked_at is None for each in read)
    assert not any(each.in_storm for each in read if each.asked_at is not None)


async def test_an_agents_is_told_from_a_persons_and_what_was_expected_was_not_asked(
    database_thread: DatabaseThread, store: Store
) -> None:
    about = asked("person", 1, ALICE)
    written = [
        answered(about, 5),
        answered(replace(about, id="agent"), 5, by_agent=True),
        answered(replace(about, id="expected", asked_at=None), 0, by_expectation=True),
    ]
    await database_thread.run(write, written)
    read = [each async for page in store.reports.pages(Span(since=SINCE, until=UNTIL)) for each in page]
    assert {each.id: (each.group, each.is_expected, each.was_asked) for each in read} == {
        "person": (Group.PEOPLE, False, True),
        "agent": (Group.AGENTS, False, True),
        "expected": (None, True, False),
    }


async def claim(store: Store, now: datetime, schedule: str = "monday 09:00 UTC") -> datetime | None:
    next_at = DUE if now < DUE else DUE + WEEK * ((now - DUE) // WEEK + 1)
    return await store.reports.claim(schedule, next_at, now)


async def test_it_is_due_at_its_time_and_not_before(store: Store) -> None:
    assert await claim(store, DUE - timedelta(days=3)) is None
    assert await claim(store, DUE - timedelta(microseconds=1)) is None
    assert await claim(store, DUE) == DUE


async def test_of_two_workers_one_writes_it_and_it_is_sent_once(database_url: str) -> None:
    threads = [DatabaseThread(open_database(database_url)) for _ in range(3)]
    stores = [Store(thread) for thread in threads]
    await claim(stores[0], DUE - WEEK)
    claimed = await asyncio.gather(*(claim(store, DUE) for store in stores))
    assert sorted(map(bool, claimed)) == [False, False, True]
    # The one that claimed is gone, and another takes over; then both send.
    assert await claim(stores[0], DUE + reports.LEASE - timedelta(seconds=1)) is None
    assert await claim(stores[1], DUE + reports.LEASE) == DUE
    sent = await asyncio.gather(*(each.reports.sent(DUE, NEXT, SECURITY, DIGEST, DUE) for each in stores))
    assert sorted(sent) == [False, False, True]
    assert await threads[0].run(DeliveryRow.select().count) == 1
    assert await claim(stores[2], DUE + timedelta(hours=1)) is None
    assert await claim(stores[2], NEXT) == NEXT
    for thread in threads:
        await thread.close()


async def test_where_nobody_was_there_for_weeks_one_is_due(store: Store) -> None:
    await claim(store, DUE - WEEK)
    assert await claim(store, DUE + 5 * WEEK) == DUE
    assert await store.reports.sent(DUE, DUE + 6 * WEEK, SECURITY, DIGEST, DUE + 5 * WEEK)
    assert await claim(store, DUE + 5 * WEEK) is None


async def test_another_schedule_begins_anew_and_sends_nothing_at_once(store: Store) -> None:
    await claim(store, DUE - WEEK)
    assert await claim(store, DUE, "sunday 09:00 UTC") is None
    assert await claim(store, DUE + timedelta(days=1), "sunday 09:00 UTC") is None
    assert await claim(store, NEXT, "sunday 09:00 UTC") == NEXT


async def test_a_clock_that_was_ahead_for_a_while_silences_no_report(
    database_thread: DatabaseThread, store: Store
) -> None:
    ahead = DUE + timedelta(days=3650)
    await claim(store, ahead)
    assert await claim(store, DUE - timedelta(days=1)) is None
    assert (await database_thread.run(ReportDueRow.get)).due_at == DUE
    # Nor does a lease that was taken by such a clock.
    await database_thread.run(lambda: ReportDueRow.update(leased_until=ahead).execute())
    assert await claim(store, DUE) == DUE


async def test_it_goes_out_after_all_that_somebody_waits_for_and_leaves_the_history_whole(
    database_thread: DatabaseThread, store: Store
) -> None:
    await claim(store, DUE - WEEK)
    await store.reports.sent(DUE, NEXT, SECURITY, DIGEST, NOW)
    await store.troubles.begin("trouble", Note(title="Trouble", lines=()), NOW, channel=SECURITY)
    taken: list[Delivery] = []
    while delivery := await take_next(store, later(hours=1)):
        taken.append(delivery)
        await store.notes.posted(delivery, Posted(channel=SECURITY, ts=f"{len(taken)}.1"), later(hours=1))
    assert [each.payload for each in taken] == [Note(title="Trouble", lines=()), DIGEST]
    assert {each.kind for each in taken} == {DeliveryKind.NOTE}
    assert await faults(database_thread) == {}


async def test_a_release_that_knows_no_digest_takes_it_for_a_note(
    database_thread: DatabaseThread, store: Store
) -> None:
    await claim(store, DUE - WEEK)
    await store.reports.sent(DUE, NEXT, SECURITY, DIGEST, NOW)
    row = await database_thread.run(DeliveryRow.get)
    # As the outbox of the release before reads it.
    assert TypeAdapter(Note).validate_python(row.payload) == Note(title=DIGEST.title, lines=DIGEST.lines)
