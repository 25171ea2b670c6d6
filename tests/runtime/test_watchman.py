"""Where `bot.py web` runs apart, it says by the backup channels that nobody judges what it takes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.net import utc_now
from powertrip.runtime.watchman import Watchman
from tests.conftest import Clock
from tests.pipeline.heartbeat_chain import Backup
from tests.runtime.conftest import Process as Web
from tests.samples import WORKER

HEARTBEAT = {"key": "9f31c07be2a84d6539aa0c71", "sources": ["syslog"]}
PATIENCE = timedelta(minutes=5)


@pytest.fixture
def changes() -> dict[str, Any]:
    return {"heartbeat": HEARTBEAT}


@pytest.fixture
def backup() -> Backup:
    return Backup()


@pytest.fixture
def watchman(web: Web, clock: Clock, backup: Backup) -> Watchman:
    """On a clock of its own, beside the one that the process started."""
    clock.now = utc_now()
    return Watchman(web.running.shared, clock=clock, backup=backup)


async def worker_looks(web: Web, clock: Clock) -> None:
    """The sign of life that a worker gives."""
    now = clock()
    await web.running.shared.store.processes.show(replace(WORKER, started_at=now, seen_at=now))


async def test_a_worker_that_is_gone_is_told_once_and_so_is_its_return(
    watchman: Watchman, web: Web, clock: Clock, backup: Backup
) -> None:
    await worker_looks(web, clock)
    for _ in range(60):
        clock.forward(minutes=1)
        await watchman.look()
    assert [told.splitlines()[0] for told in backup.told] == ["Powertrip: its worker does not work"]

    await worker_looks(web, clock)
    for _ in range(3):
        await watchman.look()

    assert [told.splitlines()[0] for told in backup.told][1:] == ["Powertrip: its worker works again"]


async def test_a_worker_that_lives_is_no_news(
    watchman: Watchman, web: Web, clock: Clock, backup: Backup
) -> None:
    for _ in range(60):
        await worker_looks(web, clock)
        clock.forward(minutes=1)
        await watchman.look()

    assert backup.told == []


async def test_both_may_have_been_down_together(watchman: Watchman, clock: Clock, backup: Backup) -> None:
    clock.now += PATIENCE - timedelta(seconds=1)
    await watchman.look()
    assert backup.told == []

    clock.forward(seconds=1)
    await watchman.look()
    assert len(backup.told) == 1


async def test_a_channel_that_is_away_is_tried_ever_less_often_until_it_takes_it(
    watchman: Watchman, clock: Clock, backup: Backup
) -> None:
    backup.is_away = True
    clock.now += PATIENCE
    for _ in range(360):
        clock.forward(seconds=10)
        await watchman.look()
    assert 10 < backup.tries < 30

    backup.is_away = False
    clock.forward(minutes=5)
    await watchman.look()
    assert len(backup.told) == 1


async def test_a_worker_is_watched_where_there_is_no_heartbeat_too(
    web: Web, watchman: Watchman, clock: Clock, backup: Backup
) -> None:
    shared = web.running.shared
    shared.config.replace(shared.config().model_copy(update={"heartbeat": HeartbeatSection()}))
    clock.forward(hours=1)
    await watchman.look()

    assert len(backup.told) == 1
