"""The database hangs: whoever asked is told so in time, and nothing is committed behind anybody's back."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from powertrip.domain.backlog import Backlog
from powertrip.errors import StoreUnavailable, StoreUncertain
from powertrip.store import counter, inbox, lines
from powertrip.store import database as store_database
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.store.migrating import migrate
from powertrip.store.postgres import SERVER_LIMITS, Postgres
from tests.proxy import Proxy
from tests.samples import NOW, record

PG_PORT = 5432
PATIENCE = 1.0
"""Seconds; no statement of a test takes as long on its own."""


def write(name: str) -> None:
    counter.add(NOW, verdict="ignored", name=name, count=1)


def written() -> dict[tuple[str, str], int]:
    return counter.totals(NOW)


@pytest.fixture
async def way(new_postgres: Callable[[], str]) -> AsyncIterator[tuple[Proxy, DatabaseThread]]:
    """A thread whose PostgreSQL is reached over a network that may break."""
    parts = urlsplit(new_postgres())
    folder = parse_qs(parts.query)["host"][0]
    async with Proxy(f"{folder}/.s.PGSQL.{PG_PORT}") as proxy:
        opened = open_database(f"postgresql://{parts.username}@127.0.0.1:{proxy.port}{parts.path}")
        assert isinstance(opened, Postgres)
        opened.connect_limit = 0
        thread = DatabaseThread(opened, patience=PATIENCE)
        yield proxy, thread
        proxy.mend()
        await thread.close()


async def test_a_connection_that_is_half_open_is_told_in_time_and_replaced(
    way: tuple[Proxy, DatabaseThread],
) -> None:
    network, thread = way
    await thread.run(write, "before")
    network.hold()
    for _ in range(2):  # the second hangs already while it connects
        with pytest.raises(StoreUnavailable, match=r"did not answer within 1 s"):
            await thread.run(write, "frozen")
    network.mend()
    await thread.run(write, "after")

    assert await thread.run(written) == {("ignored", "before"): 1, ("ignored", "after"): 1}


async def test_a_commit_whose_answer_is_lost_is_called_uncertain(way: tuple[Proxy, DatabaseThread]) -> None:
    network, thread = way
    network.holds_at = lambda data: b"COMMIT" in data
    with pytest.raises(StoreUncertain):
        await thread.run(write, "lost at its commit")
    network.mend()

    assert await thread.run(written) == {}


@pytest.fixture
async def thread(tmp_path: Path) -> AsyncIterator[DatabaseThread]:
    url = f"sqlite:///{tmp_path}/powertrip.db"
    migrate(open_database(url))
    made = DatabaseThread(open_database(url), patience=PATIENCE)
    yield made
    await made.close()


class Hanging:
    """A step that writes, and then hangs, as in a driver that never returns."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.ended = threading.Event()

    def __call__(self) -> None:
        try:
            write("given up")
            self.goes_on.wait()
            write("given up, too")
        finally:
            self.ended.set()


async def test_what_was_given_up_is_not_committed_when_it_wakes_up(thread: DatabaseThread) -> None:
    hanging, runs = Hanging(), 0

    def behind() -> None:
        nonlocal runs
        runs += 1
        write("behind")

    asked = [asyncio.ensure_future(thread.run(step)) for step in (hanging, behind)]
    for told in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(told, StoreUnavailable)
        assert not isinstance(told, StoreUncertain)
    hanging.goes_on.set()
    await asyncio.to_thread(hanging.ended.wait)
    await thread.run(write, "later")

    assert await thread.run(written) == {("ignored", "later"): 1}
    assert runs == 0


async def test_a_process_that_ends_waits_less_long(
    thread: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, goes_on = DatabaseThread(thread.database), threading.Event()
    monkeypatch.setattr(store_database, "HURRIED_PATIENCE", 0.1)
    hanging = asyncio.ensure_future(slow.run(goes_on.wait))
    await asyncio.sleep(0)
    slow.hurry()
    with pytest.raises(StoreUnavailable, match=r"within 0\.1 s"):
        await hanging
    goes_on.set()
    await slow.close()


async def test_a_process_that_ends_asks_a_database_that_hung_no_more(
    thread: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each who still has something to write down would wait for it in turn."""
    slow, goes_on = DatabaseThread(thread.database), threading.Event()
    monkeypatch.setattr(store_database, "HURRIED_PATIENCE", 0.1)
    slow.hurry()
    with pytest.raises(StoreUnavailable, match=r"within 0\.1 s"):
        await slow.run(goes_on.wait)
    with pytest.raises(StoreUnavailable, match="this process ends"):
        await slow.run(goes_on.wait)
    goes_on.set()
    await slow.close()


async def test_a_process_that_ends_asks_a_database_that_failed_slowly_no_more(
    thread: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_database, "SLOW_FAILURE", 0.0)

    def fail() -> None:
        raise StoreUnavailable("no host answers")

    with pytest.raises(StoreUnavailable, match="no host answers"):
        await thread.run(fail)
    await thread.run(write, "one that goes on asks again")
    thread.hurry()
    with pytest.raises(StoreUnavailable, match="no host answers"):
        await thread.run(fail)
    with pytest.raises(StoreUnavailable, match="this process ends"):
        await thread.run(fail)


async def test_while_too_many_threads_hang_no_other_is_lost(
    thread: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LOST_AT_MOST", 1)
    released = threading.Event()
    with pytest.raises(StoreUnavailable, match="did not answer"):
        await thread.run(released.wait)
    with pytest.raises(StoreUnavailable, match="hang in the driver"):
        await thread.run(write, "not asked")
    released.set()
    while True:
        try:
            await thread.run(write, "asked again")
        except StoreUnavailable:
            await asyncio.sleep(0)
        else:
            break

    assert await thread.run(written) == {("ignored", "asked again"): 1}


async def test_a_step_that_gets_on_is_never_given_up(thread: DatabaseThread) -> None:
    begun = threading.Event()

    def many() -> None:
        for number in range(4):
            write(str(number))
            begun.wait(PATIENCE / 3)

    await thread.run(many)

    assert len(await thread.run(written)) == 4


async def test_a_failure_that_nobody_waits_for_is_no_noise(thread: DatabaseThread) -> None:
    noise: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))

    def fail() -> None:
        begun.set()
        goes_on.wait()
        raise StoreUnavailable("no")

    begun, goes_on = threading.Event(), threading.Event()
    asked = asyncio.ensure_future(thread.run(fail))
    await asyncio.to_thread(begun.wait)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    goes_on.set()
    await thread.run(written)
    del asked
    gc.collect()

    assert noise == []


async def test_a_sender_is_told_to_come_back_before_the_thread_is_given_up(thread: DatabaseThread) -> None:
    def a_writer(answer_limit: float) -> GroupCommitInbox:
        return GroupCommitInbox(
            thread,
            backlog=lambda: Backlog(100),
            retry_after=lambda: 1,
            on_new=lambda: None,
            answer_limit=answer_limit,
        )

    writer = a_writer(0.05)
    goes_on = threading.Event()
    hanging = asyncio.ensure_future(thread.run(goes_on.wait))
    for answer in (
        writer.put([record()]),
        writer.put([record()]),
        writer.quarantine_body("syslog", b"{", "no JSON", NOW),
    ):
        with pytest.raises(StoreUnavailable, match=r"did not answer within 0.05 s"):
            await answer
    goes_on.set()
    await hanging

    assert await a_writer(60).put([record()]) == 1
    # The first was under way already; the second came to nothing, for its sender sends it again.
    assert await thread.run(inbox.backlog, 10) == 2


def limits_of(connection: Any) -> dict[str, str]:
    shown = connection.execute(
        "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)", [list(SERVER_LIMITS)]
    )
    return dict(shown.fetchall())


def test_every_session_has_limits_and_what_the_operator_set_wins(new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    opened: Any = open_database(f"{url}&options=-c%20lock_timeout%3D3s")
    opened.execute_sql(
        "ALTER ROLE CURRENT_USER IN DATABASE {} SET statement_timeout = '7s'".format(
            opened.execute_sql("SELECT current_database()").fetchone()[0]
        )
    )
    opened.close()
    with opened.connection_context():
        limits = limits_of(opened.connection())
    assert limits["lock_timeout"] == "3s"
    assert limits["statement_timeout"] == "7s"
    assert limits["idle_in_transaction_session_timeout"] == "15s"
    assert limits["client_connection_check_interval"] == "5s"


async def test_a_worker_that_freezes_in_a_transaction_stops_the_others_for_its_limit_only(
    new_postgres: Callable[[], str],
) -> None:
    url = new_postgres()
    frozen: Any = Postgres(url, {"idle_in_transaction_session_timeout": "200ms"})
    other = DatabaseThread(Postgres(url))
    try:
        with frozen.connection_context():
            frozen.begin()
            frozen.execute_sql("LOCK TABLE tally")
            await other.run(write, "other")
            assert await other.run(written) == {("ignored", "other"): 1}
            with pytest.raises(Exception, match=r"idle-in-transaction|closed"):
                frozen.execute_sql("SELECT 1")
    finally:
        await other.close()


async def test_a_lock_that_is_held_too_long_is_named(new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    waiting = DatabaseThread(Postgres(url, {"lock_timeout": "50ms"}))
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE tally")
        with pytest.raises(StoreUnavailable, match="another transaction held for too long"):
            await waiting.run(write, "waiting")
    await waiting.run(write, "waiting")
    await waiting.close()
