"""Fixtures of the store: copies of a busy history, one of each kind of database."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from tests.store.busy import be_busy
from tests.store.rewriting import KEY, Kept


async def _be_busy(url: str) -> str:
    thread = DatabaseThread(open_database(url, KEY))
    await be_busy(thread)
    await thread.close()
    return url


@pytest.fixture(scope="module")
def busy_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a busy history."""
    file = tmp_path_factory.mktemp("busy") / "busy.db"
    migrate(open_database(f"sqlite:///{file}"))
    asyncio.run(_be_busy(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="module")
def busy_postgres(new_postgres: Callable[[], str]) -> str:
    """A database with a busy history."""
    return asyncio.run(_be_busy(new_postgres()))


@pytest.fixture
async def threads(postgres: Any, tmp_path: Path) -> AsyncIterator[tuple[DatabaseThread, DatabaseThread]]:
    """Two connections to one migrated database."""
    name = f"race_{os.getpid()}_{abs(hash(tmp_path))}"
    postgres.psql(f"CREATE DATABASE {name}")
    url = str(postgres.get_uri(database=name))
    migrate(open_database(url))
    made = DatabaseThread(open_database(url)), DatabaseThread(open_database(url))
    yield made
    for thread in made:
        await thread.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A copy of the busy history, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("busy_sqlite"), tmp_path / "kept.db")
        connection: Any = sqlite3.connect(tmp_path / "kept.db", isolation_level=None)
        yield Kept(f"sqlite:///{tmp_path}/kept.db", connection)
        connection.close()
        return
    server, busy = request.getfixturevalue("postgres"), request.getfixturevalue("busy_postgres")
    name = psycopg.conninfo.conninfo_to_dict(busy)["dbname"]
    copy = f"copy_{tmp_path.name}".lower().replace("-", "_")[:60]
    server.psql(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    url = server.get_uri(database=copy)
    with psycopg.connect(url, autocommit=True) as connection:
        yield Kept(url, connection)
