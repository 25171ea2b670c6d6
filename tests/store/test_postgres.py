"""How an address becomes a connection: encrypted beyond this machine, and to whichever host takes writes."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import peewee
import psycopg
import pytest

from powertrip.errors import StoreError, StoreUnavailable
from powertrip.store import counter
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.drivers import doubt_in_url
from powertrip.store.faults import is_in_the_way
from powertrip.store.migrating import migrate
from powertrip.store.postgres import doubt, parameters
from powertrip.store.tables import TallyRow
from tests.postgres_server import Server
from tests.samples import NOW

PASSWORD = "geheim%zz"


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgres://u@db.example.com/p", "require"),
        ("postgresql://u@192.0.2.7/p", "require"),
        ("postgresql://u@127.0.0.1,db.example.com/p", "require"),
        ("postgresql://u@db.example.com/p?sslmode=verify-full", "verify-full"),
        ("postgresql://u@db.example.com/p?sslmode=disable", "disable"),
        ("postgres://u@localhost/p", None),
        ("postgresql://u@[::1]:5432/p", None),
        ("postgresql:///p?host=/run/postgresql", None),
        ("postgresql:///p", None),
    ],
)
def test_tls_is_required_beyond_this_machine_unless_the_address_says_otherwise(
    url: str, mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    monkeypatch.delenv("PGHOST", raising=False)

    assert parameters(url).get("sslmode") == mode


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_an_address_that_gives_encryption_up_is_doubtful(mode: str) -> None:
    said = doubt(f"postgresql://u:geheim@db.example.com/p?sslmode={mode}")

    assert said is not None
    assert f"sslmode={mode}" in said
    assert "geheim" not in said
    assert doubt(f"postgresql://u@127.0.0.1/p?sslmode={mode}") is None
    assert doubt("postgresql://u@db.example.com/p") is None
    assert doubt_in_url("sqlite:///powertrip.db") is None


def test_what_the_address_says_of_time_wins() -> None:
    said = parameters("postgresql://h/p?connect_timeout=1&keepalives_idle=99&tcp_user_timeout=7")

    assert (said["connect_timeout"], said["keepalives_idle"], said["tcp_user_timeout"]) == ("1", "99", "7")
    assert said["keepalives_interval"] == 5


@pytest.mark.parametrize("url", [f"postgresql://u:{PASSWORD}@h/p", "postgresql://u:geheim@h/p?geheim=1"])
def test_an_address_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreError, match="write %XX") as refused:
        open_database(url)

    assert "geheim" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.fixture(scope="module")
def pair(postgres: Any) -> Iterator[tuple[Server, Server]]:
    """A server, and its standby; the last test stops the one and makes the other its successor."""
    with TemporaryDirectory(prefix="powertrip-pair-") as name:
        folder = Path(name)
        if postgres.system_user is not None:
            shutil.chown(folder, postgres.system_user)
        first, second = (
            Server(postgres.bin_path, postgres.system_user, folder / kind, options="-c fsync=off")
            for kind in ("first", "second")
        )
        first.run("initdb", "-D", first.folder, "-U", "postgres", "-A", "trust", "--no-sync")
        first.start()
        source = ["-h", "127.0.0.1", "-p", first.port, "-U", "postgres"]
        first.run("pg_basebackup", *source, "-D", second.folder, "-R", "-c", "fast", "--no-sync")
        second.start()
        yield first, second
        for server in (second, first):
            if (server.folder / "postmaster.pid").exists():
                server.stop("immediate")


def test_a_server_without_tls_is_refused_with_the_remedy(pair: tuple[Server, Server]) -> None:
    first, _ = pair
    url = f"postgres://postgres@127.0.0.1:{first.port}/postgres?sslmode=require"
    with pytest.raises(StoreUnavailable, match="TLS is required beyond this machine"):
        migrate(open_database(url))


async def test_a_server_that_became_read_only_is_left_for_another(pair: tuple[Server, Server]) -> None:
    first, _ = pair
    url = f"postgres://postgres@127.0.0.1:{first.port}/postgres"
    opened: Any = open_database(url)
    migrate(opened)
    thread = DatabaseThread(opened)
    await thread.run(lambda: opened.execute_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
    with pytest.raises(StoreUnavailable, match="PostgreSQL takes no writes"):
        await thread.run(counter.add, NOW, verdict="ignored", name="x", count=1)
    # The next connection is another.
    await thread.run(counter.add, NOW, verdict="ignored", name="x", count=1)
    await thread.close()


async def test_of_several_hosts_the_one_that_takes_writes_is_found_also_after_a_failover(
    pair: tuple[Server, Server],
) -> None:
    first, second = pair
    hosts = f"127.0.0.1:{second.port},127.0.0.1:{first.port}"
    url = f"postgres://postgres@{hosts}/postgres"
    await asyncio.to_thread(migrate, open_database(url))
    thread = DatabaseThread(open_database(url))
    await thread.run(lambda: TallyRow.delete().execute())

    def write(name: str) -> None:
        counter.add(NOW, verdict="ignored", name=name, count=1)

    await thread.run(write, "before")
    await asyncio.to_thread(caught_up, second)
    await asyncio.to_thread(first.stop, "immediate")
    with pytest.raises(StoreUnavailable):
        await thread.run(write, "between")
    await asyncio.to_thread(second.control, "promote")
    await thread.run(write, "after")

    assert set(await thread.run(counter.totals, NOW)) == {("ignored", "before"), ("ignored", "after")}
    await thread.close()


def caught_up(standby: Server) -> None:
    """Wait until what was committed has reached it."""
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{standby.port}/postgres") as connection:
        connection.autocommit = True
        while connection.execute("SELECT count(*) FROM tally").fetchone() != (1,):
            pass


@pytest.mark.parametrize(
    ("error", "is_tried_again"),
    [
        (psycopg.errors.LockNotAvailable(), True),
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.QueryCanceled(), False),
        (sqlite3.OperationalError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_migration_is_tried_again_only_where_others_hold_what_it_needs(
    error: Exception, is_tried_again: bool
) -> None:
    told = peewee.OperationalError()
    told.__cause__ = error
    assert is_in_the_way(told) is is_tried_again
