"""When a gap that cannot be filled is tried again, and when people are told, with a clock that is moved."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.record import Gap
from powertrip.ingest.contract import Backfill
from powertrip.pipeline.backfill import Filler
from powertrip.pipeline.live import Live
from powertrip.polls import build_backfills
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import GroupCommitInbox
from tests.claiming import take_next
from tests.conftest import Clock
from tests.pipeline.contexts import context
from tests.polls.api import Api
from tests.samples import NOW, SECURITY, record
from tests.sources.posting import source

GAP = Gap(source="logs", after_id="10", until_id="20", query=None, noticed_at=NOW)
EVENT = {"id": "11", "received_at": "2026-01-15T11:59:00Z", "message": "in"}
FILLED = {"events": [EVENT], "max_id": "20", "reached_end": True}
BUSY = (429, "", {"Retry-After": "70"})
BROKEN: tuple[int, str, dict[str, str]] = (500, "", {})


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
async def inbox(database_thread: DatabaseThread) -> GroupCommitInbox:
    writer = GroupCommitInbox(
        database_thread, backlog=lambda: Backlog(9), retry_after=lambda: 30, on_new=lambda: None
    )
    await writer.put([], [GAP])
    return writer


@pytest.fixture
def backfills_in_force(api: Api) -> Live[Mapping[str, Backfill]]:
    logs = source("papertrail", backfill_token="a-token", backfill_url=api.url)
    return Live(build_backfills({"logs": logs}, api.http()))


@pytest.fixture
async def filler(
    backfills_in_force: Live[Mapping[str, Backfill]],
    store: Store,
    clock: Clock,
    inbox: GroupCommitInbox,  # noqa: ARG001
) -> Filler:
    return Filler(
        context(store, clock, security_channel=SECURITY), backfills_in_force, backlog=lambda: Backlog(2)
    )


async def waits(filler: Filler, clock: Clock, api: Api, times: int) -> list[int]:
    """After how many seconds each the API was asked again, so many times."""
    found: list[int] = []
    await filler.step()
    for _ in range(times):
        asked, before = len(api.asked), clock.now
        while len(api.asked) == asked:
            clock.forward(seconds=5)
            await filler.step()
        found.append(int((clock.now - before).total_seconds()))
    return found


async def notes(store: Store, clock: Clock) -> int:
    """How many notes wait, all of which are taken."""
    count = 0
    while (note := await take_next(store, clock(), lease=timedelta(minutes=2))) is not None:
        await store.deliveries.finish(note, clock())
        count += 1
    return count


async def test_retries_double_up_to_five_minutes_and_are_told_after_a_while(
    filler: Filler, clock: Clock, api: Api, store: Store
) -> None:
    api.answers = [BROKEN]
    assert await waits(filler, clock, api, 6) == [5, 10, 20, 40, 80, 160]
    assert await notes(store, clock) == 0
    assert await waits(filler, clock, api, 2) == [300, 300]
    assert await notes(store, clock) == 1
    api.answers = [FILLED]
    await waits(filler, clock, api, 1)
    assert (await store.inbox.backlog(9), await store.gaps.waiting_count(), await notes(store, clock)) == (
        1,
        0,
        1,
    )


async def test_a_longer_retry_after_is_heeded(filler: Filler, clock: Clock, api: Api) -> None:
    api.answers = [BUSY, BROKEN]
    assert await waits(filler, clock, api, 2) == [70, 10]


async def test_a_refusal_is_told_at_once_and_tried_again(
    filler: Filler, clock: Clock, api: Api, store: Store
) -> None:
    api.answers = [(401, "", {})]
    assert await waits(filler, clock, api, 2) == [5, 10]
    assert await notes(store, clock) == 1


async def test_while_too_much_waits_to_be_judged_nothing_is_put_on_top(
    filler: Filler, clock: Clock, api: Api, store: Store, inbox: GroupCommitInbox
) -> None:
    await inbox.put([record(source="logs"), record(source="logs")])
    api.answers = [FILLED]
    assert await waits(filler, clock, api, 1) == [30]
    assert (await store.inbox.backlog(9), await store.gaps.waiting_count()) == (2, 1)


async def test_a_source_that_lost_its_token_has_its_gaps_wait_for_another(
    filler: Filler, backfills_in_force: Live[Mapping[str, Backfill]], api: Api, store: Store
) -> None:
    backfills = backfills_in_force()
    backfills_in_force.replace({})
    assert await filler.step() is False
    api.answers = [FILLED]
    backfills_in_force.replace(backfills)
    assert await filler.step() is True
    assert await store.gaps.waiting_count() == 0
