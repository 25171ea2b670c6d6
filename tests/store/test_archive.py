"""A backup of a database in use, what is refused, and what a restored one knows of itself."""

import asyncio
import fcntl
import os
import secrets
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg
import pytest

from powertrip.domain.delivery import DeliveryKind, Posted
from powertrip.domain.event import NoticeKind, Status
from powertrip.errors import StoreError
from powertrip.store import Store, inbox
from powertrip.store.archive import postgres, sqlite
from powertrip.store.archive.state import Held
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.forgetting import forget_person
from powertrip.store.migrating import migrate
from powertrip.store.tables import AuditRow, DeliveryRow, DeliveryState, EventRow, InboxRow, OccurrenceRow
from tests.samples import ALICE, NOW, ask, event, later, record
from tests.store.busy import Busy, faults
from tests.store.test_flow import LEASE, approve, next_delivery, opened_event, post

OLD_RELEASE = Path(__file__).parent / "last_release" / "sqlite.sql"


class Kept:
    """A database in a file, with one event in it, which waits for Slack."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "powertrip.db"
        self.stopped = False
        self.opened = open_database(f"sqlite:///{self.file}")
        migrate(self.opened)
        self.thread = DatabaseThread(self.opened)
        self.store = Store(self.thread)
        self.backup = folder / "backup"

    async def waits(self) -> None:
        """One more event."""
        await self.thread.run(inbox.append, [[record()]])
        (claimed,) = await self.store.inbox.claim(1, lambda: NOW, LEASE)
        await self.store.judging.apply([ask(claimed, event(fold_key="waits"))], NOW)

    async def stop(self) -> None:
        """Use it no longer."""
        if not self.stopped:
            await self.thread.close()
        self.stopped = True

    async def restore(self, replace: bool = False) -> tuple[Held, Path | None]:
        """Put the backup back, an hour later."""
        return await asyncio.to_thread(
            sqlite.put_back, self.backup, self.file, replace=replace, now=later(hours=1)
        )


@pytest.fixture
async def kept(tmp_path: Path) -> Any:
    made = Kept(tmp_path)
    yield made
    await made.stop()


def reopened(file: Path) -> DatabaseThread:
    return DatabaseThread(open_database(f"sqlite:///{file}"))


async def test_a_backup_taken_between_the_statements_of_writers_is_one_moment_and_whole(kept: Kept) -> None:
    stop, written = Flag(), Flag()

    def write() -> None:
        # Two rows that only ever come together; no backup may have one of them.
        with closing(sqlite3.connect(kept.file, timeout=10, isolation_level=None)) as connection:
            for number in range(100_000):
                connection.execute("BEGIN IMMEDIATE")
                for verdict in ("one", "other"):
                    connection.execute(
                        "INSERT INTO tally (day, verdict, name, count) VALUES ('d', ?, ?, 1)",
                        (verdict, f"{number}"),
                    )
                connection.execute("COMMIT")
                written.set()
                if stop.is_set():
                    return

    await opened_event(kept.thread, kept.store)
    writer = Thread(target=write)
    writer.start()
    try:
        written.wait(10)
        found = [sqlite.take(kept.file, kept.backup.with_suffix(f".{number}")) for number in range(3)]
    finally:
        stop.set()
        writer.join()
    assert [held.events for held in found] == [1, 1, 1]
    counts = []
    for number in range(3):
        with closing(sqlite3.connect(kept.backup.with_suffix(f".{number}"))) as connection:
            rows = connection.execute("SELECT verdict, COUNT(*) FROM tally GROUP BY verdict").fetchall()
            counts.append(dict(rows))
    assert all(each["one"] == each["other"] > 0 for each in counts)
    assert counts[0]["one"] < counts[-1]["one"]


async def test_a_backup_is_one_file_for_its_owner_alone_and_never_takes_anothers_place(kept: Kept) -> None:
    await opened_event(kept.thread, kept.store)
    before = os.umask(0)
    try:
        sqlite.take(kept.file, kept.backup)
    finally:
        os.umask(before)
    assert stat.S_IMODE(kept.backup.stat().st_mode) == 0o600
    with pytest.raises(StoreError, match="exists already; name a new file"):
        sqlite.take(kept.file, kept.backup)
    assert sorted(path.name for path in kept.backup.parent.iterdir() if "backup" in path.name) == ["backup"]


async def test_a_database_whose_history_is_broken_is_not_taken_for_a_backup(kept: Kept) -> None:
    await opened_event(kept.thread, kept.store)
    await kept.thread.run(kept.opened.execute_sql, "DROP TRIGGER audit_no_UPDATE")
    await kept.thread.run(kept.opened.execute_sql, "UPDATE audit SET actor_id = 'U0EVE'")
    with pytest.raises(StoreError, match="audit line 1: it does not fit"):
        sqlite.take(kept.file, kept.backup)
    assert not kept.backup.exists()


async def test_what_was_to_be_posted_is_looked_for_first_and_what_was_decided_since_gets_its_buttons_back(
    kept: Kept,
) -> None:
    asked = await opened_event(kept.thread, kept.store)
    await post(kept.store, await next_delivery(kept.store), ts="1.1")
    await kept.waits()
    held = sqlite.take(kept.file, kept.backup)
    await post(kept.store, await next_delivery(kept.store), ts="1.2")
    await kept.store.events.decide(approve(asked))
    await kept.thread.run(inbox.append, [[record()]])
    await kept.stop()

    with pytest.raises(StoreError) as refused:
        await kept.restore()
    assert "is newer than the backup: 1 records and these lines" in str(refused.value)
    assert f"1 decided, 1 notice_posted; decided since: {asked} approve by {ALICE}. Add --replace" in str(
        refused.value
    )

    told, aside = await kept.restore(replace=True)
    assert told == held
    assert aside is not None
    assert stat.S_IMODE(kept.file.stat().st_mode) == 0o600
    thread = reopened(kept.file)
    store = Store(thread)
    found = await store.events.get(asked)
    assert found.status is Status.PENDING
    waiting = DeliveryRow.select().where(DeliveryRow.state == DeliveryState.WAITING)
    queued = {row.kind: row for row in await thread.run(lambda: list(waiting))}
    first, update = queued[DeliveryKind.FIRST], queued[DeliveryKind.UPDATE]
    assert first.attempted_at == first.created_at
    assert (update.channel, update.ts) == ("D1", "1.1")
    last = await thread.run(lambda: AuditRow.select().order_by(AuditRow.id.desc()).first())
    assert (last.action, last.detail["lines"]) == ("database_restored", held.lines)
    assert await faults(thread) == {}
    await thread.close()
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT status FROM event WHERE id = ?", (asked,)).fetchone() == (
            "approved",
        )


@pytest.mark.parametrize("works", [False, True], ids=["web", "worker"])
async def test_a_database_in_use_is_never_replaced(kept: Kept, works: bool) -> None:
    await opened_event(kept.thread, kept.store)
    sqlite.take(kept.file, kept.backup)
    if works:
        await kept.stop()
        # As a worker holds it that has no transaction open just now.
        held = os.open(f"{kept.file}.worker", os.O_RDWR | os.O_CREAT)
        fcntl.flock(held, fcntl.LOCK_SH)
    with pytest.raises(StoreError, match="is in use; stop every process of Powertrip first"):
        await kept.restore(replace=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_a_database_restored_by_root_is_still_its_owners(kept: Kept) -> None:
    sqlite.take(kept.file, kept.backup)
    await kept.stop()
    os.chown(kept.file, 65534, 65534)
    await kept.restore()
    assert (kept.file.stat().st_uid, kept.file.stat().st_gid) == (65534, 65534)


async def test_nothing_is_lost_where_the_backup_has_all_and_nothing_is_asked(kept: Kept) -> None:
    await opened_event(kept.thread, kept.store)
    sqlite.take(kept.file, kept.backup)
    await kept.stop()
    await kept.restore()
    kept.file.unlink()
    _, aside = await kept.restore()
    assert aside is None
    assert sqlite.inspect(kept.file).events == 1


async def test_what_cannot_be_read_is_replaced_only_where_that_is_said_and_kept_all_the_same(
    kept: Kept,
) -> None:
    sqlite.take(kept.file, kept.backup)
    await kept.stop()
    kept.file.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be read; all in it would be lost"):
        await kept.restore()
    _, aside = await kept.restore(replace=True)
    assert aside is not None
    assert aside.read_bytes().startswith(b"no database")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'event'", "is no backup that can be restored"),
        (
            "INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')",
            "a newer version",
        ),
        ("DROP TABLE schema_migration", "it is not a database of Powertrip's"),
    ],
    ids=["damaged", "newer", "another"],
)
async def test_a_file_that_is_no_backup_changes_nothing(kept: Kept, spoil: str, reason: str) -> None:
    await opened_event(kept.thread, kept.store)
    sqlite.take(kept.file, kept.backup)
    await kept.stop()
    with closing(sqlite3.connect(kept.backup)) as connection:
        connection.executescript(f"PRAGMA writable_schema = ON; {spoil}; PRAGMA writable_schema = RESET;")
    before = kept.file.read_bytes()
    with pytest.raises(StoreError, match=reason):
        await kept.restore(replace=True)
    assert kept.file.read_bytes() == before


async def test_a_backup_of_the_last_release_is_brought_up_to_date(tmp_path: Path) -> None:
    old, file = tmp_path / "old.db", tmp_path / "powertrip.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(OLD_RELEASE.read_text())
    held, _ = await asyncio.to_thread(sqlite.put_back, old, file, replace=False, now=NOW)
    assert held.events > 0
    assert sqlite.inspect(file).lines == held.lines + 1


@pytest.fixture(params=["sqlite", "postgresql"])
def archived(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Callable[[int], Held], Callable[[int], str]]:
    """A database's URL, and what takes a backup of it and restores that, by number; it says where to."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/powertrip.db"
        migrate(open_database(url))

        def put_back(number: int) -> str:
            file = tmp_path / f"restored.{number}"
            sqlite.put_back(tmp_path / f"{number}", file, replace=False, now=later(days=1))
            return f"sqlite:///{file}"

        return url, lambda number: sqlite.take(tmp_path / "powertrip.db", tmp_path / f"{number}"), put_back
    server = request.getfixturevalue("postgres")
    monkeypatch.setenv("PATH", f"{server.bin_path}:{os.environ['PATH']}")
    url = request.getfixturevalue("new_postgres")()

    def restore(number: int) -> str:
        empty = new_database(server)
        postgres.put_back(tmp_path / f"{number}", empty, now=later(days=1))
        return empty

    return url, lambda number: postgres.take(url, tmp_path / f"{number}"), restore


def new_database(server: Any) -> str:
    """The URL of a database of PostgreSQL with nothing in it."""
    name = f"restored_{secrets.token_hex(4)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return str(server.get_uri(database=name))


async def test_backups_taken_while_records_and_clicks_come_restore_to_a_whole_history(
    archived: tuple[str, Callable[[int], Held], Callable[[int], str]],
) -> None:
    url, take, put_back = archived
    thread = DatabaseThread(open_database(url))
    busy, names = Busy(thread), (f"e{number}" for number in range(100))

    async def work(events: int) -> None:
        for name in islice(names, events):
            await busy.opened(name, 3)
            await busy.send()
            await busy.decide(name, Status.APPROVED, revision=2)
            await busy.send()

    await work(1)
    for number in range(2):
        await asyncio.gather(asyncio.to_thread(take, number), work(4))
    await thread.close()
    for number in range(2):
        restored = DatabaseThread(open_database(await asyncio.to_thread(put_back, number)))
        assert await faults(restored) == {}
        # Each decision left a record of its event open, as another one.
        assert await restored.run(EventRow.select().count) >= 2 + 8 * number
        await restored.close()


async def test_postgresql_is_kept_by_its_own_tools_and_restored_into_an_empty_database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = request.getfixturevalue("postgres")
    monkeypatch.setenv("PATH", f"{server.bin_path}:{os.environ['PATH']}")
    url = request.getfixturevalue("new_postgres")()
    thread = DatabaseThread(open_database(url))
    event_id = await opened_event(thread, Store(thread))
    await thread.close()
    held = postgres.take(url, tmp_path / "backup")
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600
    with pytest.raises(StoreError, match="has tables already"):
        await asyncio.to_thread(postgres.put_back, tmp_path / "backup", url, now=NOW)

    empty = new_database(server)
    assert await asyncio.to_thread(postgres.put_back, tmp_path / "backup", empty, now=NOW) == held
    restored = DatabaseThread(open_database(empty))
    assert (await Store(restored).events.get(event_id)).status is Status.PENDING
    assert await faults(restored) == {}
    await restored.close()


def test_without_postgresqls_tools_the_package_is_named(
    new_postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StoreError, match=r"pg_dump is not installed.*Debian: postgresql-client"):
        postgres.take(new_postgres(), tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


async def test_of_a_person_all_goes_but_the_evidence_and_what_is_open(
    database_thread: DatabaseThread, store: Store
) -> None:
    mine = record()
    await database_thread.run(inbox.append, [[mine, record(), record()]])
    claimed = await store.inbox.claim(3, lambda: NOW, LEASE)
    bobs = event(fold_key="2", user_name="bob", subject=event().subject)
    judged = [ask(claimed[0]), ask(claimed[1], event(fold_key="open")), ask(claimed[2], bobs)]
    (first, _, _) = (await store.judging.apply(judged, NOW)).opened
    delivery = await next_delivery(store)
    await store.notices.posted(delivery, NoticeKind.FIRST, Posted(channel="D1", ts="1.1"), [], NOW)
    await store.events.decide(approve(delivery.event_ids[0]))
    await store.people_cache.put(f"user:{ALICE}", {"user": {"id": ALICE}}, NOW)
    await store.people_cache.put("email:alice@example.com", {"user": {"id": ALICE}}, NOW)
    await store.people_cache.put("user:U0BOB", {"user": {"id": "U0BOB", "name": "malice"}}, NOW)

    deleted = await forget_person(database_thread, [ALICE, "alice"], NOW)
    assert deleted == {"events": 1, "answers": 2, "records": 1, "deliveries": 1, "factors": 0}

    def left() -> tuple[int, ...]:
        tables = (EventRow, OccurrenceRow, InboxRow)
        return tuple(table.select().count() for table in tables)

    assert await database_thread.run(left) == (3, 3, 2)
    assert await store.people_cache.get("user:U0BOB", NOW) is not None
    line = await database_thread.run(lambda: AuditRow.select().order_by(AuditRow.id.desc()).first())
    assert (line.action, line.actor_id, line.event_id) == ("person_forgotten", None, None)
    assert ALICE not in str(line.detail)
    assert await faults(database_thread) == {}
    # What is sent again is still known.
    await database_thread.run(inbox.append, [[mine]])
    (again,) = await store.inbox.claim(1, lambda: later(minutes=1), LEASE)
    assert (await store.judging.apply([ask(again, event(fold_key="again"))], NOW)).opened == ()
    assert first
