"""Fixtures of the store: copies of a busy history, one of each kind of database."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from powertrip.store.database import DatabaseThread, open_database
from tests.databases import provide_database
from tests.lending import Lender
from tests.store.busy import be_busy
from tests.store.rewriting import KEY, Kept


async def busy(url: str) -> str:
    """The database, in which much has happened since."""
    thread = DatabaseThread(open_database(url, KEY))
    await be_busy(thread)
    await thread.close()
    return url


@pytest.fixture(scope="session")
def busy_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a busy history."""
    file = tmp_path_factory.mktemp("busy") / "busy.db"
    provide_database(f"sqlite:///{file}")
    asyncio.run(busy(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def busy_postgres(postgres: Any, lender: Lender) -> Lender:
    """Has databases with a busy history."""
    url = asyncio.run(busy(lender.keep()))
    return Lender(postgres, str(psycopg.conninfo.conninfo_to_dict(url)["dbname"]))


@pytest.fixture
async def threads(new_postgres: Callable[[], str]) -> AsyncIterator[tuple[DatabaseThread, DatabaseThread]]:
    """Two connections to one migrated database."""
    url = new_postgres()
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
    lender = request.getfixturevalue("busy_postgres")
    url = lender.lend()
    with psycopg.connect(url, autocommit=True) as connection:
        yield Kept(url, connection)
    lender.take_back()
