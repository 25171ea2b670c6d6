"""Where the two halves run apart, the one that takes records tells that nobody judges them."""

import asyncio
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from powertrip.net import utc_now
from powertrip.runtime.presence import Presence
from powertrip.runtime.readiness import SOCKET_LATE, UNJUDGED_LATE, WORKER_LATE, Readiness
from powertrip.store.processes import ProcessRole
from tests.conftest import Clock
from tests.end_to_end.harness import login
from tests.runtime.conftest import Process as Web
from tests.samples import WORKER


@pytest.fixture
def readiness(web: Web, clock: Clock) -> Readiness:
    """That of `bot.py web`, on a clock of its own."""
    clock.now = utc_now()
    shared = web.running.shared
    presence = Presence(shared, role=ProcessRole.WEB, is_connected=None, clock=clock)
    return Readiness(shared, presence, None, clock=clock)


READS = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM inbox').fetchone()"


async def worker_seen(web: Web, clock: Clock, **changes: Any) -> None:
    """A sign of life of a worker that is connected to Slack."""
    worker = replace(WORKER, started_at=clock(), seen_at=clock(), connected_at=clock())
    await web.running.shared.store.processes.show(replace(worker, **changes))


async def faults(readiness: Readiness) -> dict[str, str]:
    return {check.name: check.detail for check in await readiness.checks() if not check.ok}


def shown(web: Web) -> set[str]:
    return set(web.running.metrics.exposition().decode().splitlines())


async def test_a_worker_has_some_time_to_start(readiness: Readiness, clock: Clock) -> None:
    clock.forward(seconds=WORKER_LATE.total_seconds() - 1)

    assert await faults(readiness) == {}


async def test_a_full_disk_is_named_also_while_a_small_write_finds_room(
    readiness: Readiness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=2048))

    assert "is full (2 KiB are left), and records are refused" in (await faults(readiness))["disk"]


def database_file(web: Web) -> Path:
    return Path(web.running.shared.config().database.url.get_secret_value().removeprefix("sqlite:///"))


async def test_a_file_damaged_while_it_is_open_is_named_though_writes_still_pass(
    web: Web, readiness: Readiness
) -> None:
    with database_file(web).open("r+b") as file:
        file.write(b"no database any more")

    assert "is damaged: file is not a database; stop" in (await faults(readiness))["file"]


async def test_a_file_moved_away_while_it_is_open_is_named_though_writes_still_pass(
    web: Web, readiness: Readiness
) -> None:
    file = database_file(web)
    file.rename(file.with_name("moved"))

    assert "was moved or deleted while it was in use" in (await faults(readiness))["file"]


async def test_a_look_at_the_file_leaves_the_locks_by_which_others_know_that_it_is_in_use(
    web: Web, readiness: Readiness
) -> None:
    assert await faults(readiness) == {}
    path = database_file(web)
    # Another process that knows of nobody else deletes the WAL when it ends, with what is only in there.
    reader = await asyncio.create_subprocess_exec(sys.executable, "-c", READS, path)
    assert await reader.wait() == 0

    assert [file.name for file in path.parent.glob("*-wal")] == [f"{path.name}-wal"]


async def test_that_no_worker_is_alive_is_named(web: Web, readiness: Readiness, clock: Clock) -> None:
    await worker_seen(web, clock)
    clock.now += WORKER_LATE
    assert (await faults(readiness))["workers"].startswith("no worker has given a sign of life for 30 s")

    await worker_seen(web, clock)
    assert await faults(readiness) == {}


async def test_that_no_worker_is_connected_to_slack_is_named(
    web: Web, readiness: Readiness, clock: Clock
) -> None:
    await worker_seen(web, clock)
    before = clock()
    clock.now += SOCKET_LATE
    await worker_seen(web, clock, connected_at=before)

    assert list(await faults(readiness)) == ["slack"]


async def test_records_that_nobody_judges_are_named(web: Web, readiness: Readiness, clock: Clock) -> None:
    await web.sender.post(login("alice", id="1"))
    clock.now += UNJUDGED_LATE + timedelta(seconds=5)
    await worker_seen(web, clock)

    assert list(await faults(readiness)) == ["judging"]


async def test_a_database_that_can_only_be_read_is_not_well(web: Web, readiness: Readiness) -> None:
    def only_read() -> None:
        database: Any = web.running.shared.store.processes.database.database
        database.pragma("query_only", 1, permanent=True)

    await web.running.shared.store.processes.database.run(only_read)

    assert "read-only" in (await faults(readiness))["database"]


async def test_the_metrics_of_web_are_those_of_the_whole(
    web: Web, readiness: Readiness, clock: Clock
) -> None:
    await web.sender.post(login("alice", id="1"))
    await worker_seen(web, clock)
    clock.forward(seconds=10)
    await readiness.refresh()

    assert shown(web) >= {
        "powertrip_slack_connected 1.0",
        "powertrip_backlog_records 1.0",
        "powertrip_database_answers 1.0",
        'powertrip_worker_sign_of_life_seconds{worker="worker-1"} 10.0',
    }

    clock.now += WORKER_LATE
    await readiness.refresh()
    assert "powertrip_slack_connected 0.0" in shown(web)


async def test_the_last_sign_says_that_it_was_meant(web: Web, clock: Clock) -> None:
    shared = web.running.shared
    presence = Presence(
        shared, role=ProcessRole.WORKER, is_connected=lambda: asyncio.sleep(0, result=True), clock=clock
    )
    clock.now = utc_now()
    await presence.start()
    await presence.stop()

    (seen,) = (item for item in (await shared.store.processes.whole(1)).processes if item.works)
    assert (seen.stopped_at, seen.connected_at) == (clock(), clock())
