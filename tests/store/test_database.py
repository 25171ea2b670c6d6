"""Each step works on the database of its thread, and on no other."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from powertrip.store import counter
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from powertrip.store.tables import TallyRow
from tests.samples import NOW


@pytest.fixture
async def threads(tmp_path: Path) -> AsyncIterator[list[DatabaseThread]]:
    """Two databases, both open."""
    opened = [open_database(f"sqlite:///{tmp_path}/{name}.db") for name in ("first", "second")]
    for database in opened:
        migrate(database)
    made = [DatabaseThread(database) for database in opened]
    yield made
    for thread in made:
        await thread.close()


async def test_a_step_never_reaches_another_open_database(threads: list[DatabaseThread]) -> None:
    first, second = threads

    def fail() -> None:
        counter.add(NOW, verdict="ignored", name="first", count=1)
        raise ValueError("after the row was written")

    with pytest.raises(ValueError, match="after the row"):
        await first.run(fail)
    await second.run(counter.add, NOW, verdict="ignored", name="second", count=1)

    assert await first.run(counter.totals, NOW) == {}
    assert await second.run(counter.totals, NOW) == {("ignored", "second"): 1}


async def test_a_row_cannot_be_written_outside_of_a_step(threads: list[DatabaseThread]) -> None:
    with pytest.raises(AttributeError, match="uninitialized"):
        TallyRow.create(day="2026-01-15", verdict="ignored", name="nobody", count=1)

    assert await threads[1].run(counter.totals, NOW) == {}


async def test_steps_run_one_after_the_other(database_thread: DatabaseThread) -> None:
    moments: list[str] = []

    def step() -> None:
        moments.append("begins")
        time.sleep(0.02)
        moments.append("ends")

    await asyncio.gather(*(database_thread.run(step) for _ in range(3)))

    assert moments == ["begins", "ends"] * 3
