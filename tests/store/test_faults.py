"""A fault of the database is named as what it is, while it lasts and at the start, and is survived."""

import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from powertrip.errors import StoreUnavailable
from powertrip.store import counter
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from tests.databases import provide_database
from tests.samples import NOW


def write(size: int = 1) -> None:
    counter.add(NOW, verdict="ignored", name="x" * size, count=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "powertrip.db"
    provide_database(f"sqlite:///{file}")
    return file


@pytest.fixture
async def thread(file: Path) -> AsyncIterator[DatabaseThread]:
    made = DatabaseThread(open_database(f"sqlite:///{file}"))
    await made.run(write)
    yield made
    await made.close()


async def told(thread: DatabaseThread, size: int = 1) -> str:
    with pytest.raises(StoreUnavailable) as unavailable:
        await thread.run(write, size)
    return str(unavailable.value)


async def test_a_full_disk_is_named_and_survived(thread: DatabaseThread) -> None:
    database: Any = thread.database
    database.pragma("max_page_count", 1, permanent=True)
    await thread.run(lambda: database.pragma("max_page_count", 1))
    assert "the disk is full; free some space" in await told(thread, size=200_000)
    database.pragma("max_page_count", 1_000_000, permanent=True)
    await thread.run(lambda: database.pragma("max_page_count", 1_000_000))

    await thread.run(write, 200_000)


async def test_a_file_that_may_only_be_read_is_named(thread: DatabaseThread) -> None:
    database: Any = thread.database
    database.pragma("query_only", 1, permanent=True)
    await thread.run(lambda: database.pragma("query_only", 1))

    assert "read-only; let Powertrip's user write there" in await told(thread)


def damage(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(os.urandom(file.stat().st_size - 4096))


async def test_a_file_that_is_damaged_while_it_is_used_is_named(thread: DatabaseThread, file: Path) -> None:
    # Nothing of it is in the log beside it, or in the memory of this connection.
    await thread.close()
    damage(file)
    again = DatabaseThread(open_database(f"sqlite:///{file}"))

    assert "the file is damaged; stop Powertrip" in await told(again)
    await again.close()


async def test_a_lock_of_another_process_is_named(thread: DatabaseThread, file: Path) -> None:
    database: Any = thread.database
    await thread.run(lambda: database.pragma("busy_timeout", 0))
    locked = sqlite3.connect(file, isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")

    assert "another process keeps the file locked" in await told(thread)
    locked.close()


def refused(file: Path) -> str:
    """What a start says of a file."""
    with pytest.raises(StoreUnavailable) as unavailable:
        migrate(open_database(f"sqlite:///{file}"))
    return str(unavailable.value)


def test_what_is_no_database_is_named_at_the_start(file: Path) -> None:
    file.write_bytes(b"no database at all " * 1000)

    assert "the database cannot be used: the file is no database of SQLite" in refused(file)


def test_a_folder_that_is_missing_is_named_at_the_start(tmp_path: Path) -> None:
    assert "its folder has to exist" in refused(tmp_path / "nowhere" / "powertrip.db")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, where the machine lets us have one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full_is_named_at_the_start(mounted: Path) -> None:
    (mounted / "full").write_bytes(b"x" * 480_000)

    assert "the disk is full" in refused(mounted / "powertrip.db")


def test_a_file_system_that_is_read_only_is_named_at_the_start(mounted: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)

    assert "read-only" in refused(mounted / "powertrip.db")
