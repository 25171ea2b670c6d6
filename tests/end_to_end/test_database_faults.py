"""The database cannot take a write: senders are told to come back, and nothing is acknowledged unkept."""

import secrets
import sqlite3
import string
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.evidence import Evidence, assert_promises_kept, until
from tests.end_to_end.harness import SECRET, Process, Sender, asks, free_port, login, settings, write_config
from tests.end_to_end.scene import SECURITY, Scene, scene_in

PATIENCE_OF_SENDERS = 15.0
"""Seconds after which a sender gives up waiting for an answer; most wait for 30, some for less."""


async def answer(scene_or_sender: Scene | Sender, record_id: str) -> tuple[int, str | None]:
    """The status and the Retry-After with which one record is answered."""
    sender = scene_or_sender.sender if isinstance(scene_or_sender, Scene) else scene_or_sender
    headers = {"Authorization": f"Bearer {SECRET}"}
    body = login("alice", address=f"198.51.100.{record_id}", id=record_id)
    timeout = aiohttp.ClientTimeout(PATIENCE_OF_SENDERS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{sender.url}/ingest/syslog", json=body, headers=headers) as response,
    ):
        return response.status, response.headers.get("Retry-After")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Powertrip in a process of its own, on SQLite."""
    async with scene_in(tmp_path) as running:
        yield running


async def test_senders_are_told_to_come_back_while_another_process_locks_sqlite(scene: Scene) -> None:
    locked = sqlite3.connect(scene.evidence.path, isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    # The second has all the work of the sweeps before it, each of which waits for the lock too.
    for record_id in ("1", "1"):
        assert await answer(scene, record_id) == (503, "10")
    locked.close()
    assert scene.evidence.column("SELECT record_id FROM inbox") == []
    await scene.log_in("alice", "2")
    await scene.card("alice")
    await scene.settle()


@pytest.fixture
async def on_postgres(tmp_path: Path, new_postgres: Callable[[], str]) -> AsyncIterator[Scene]:
    """Powertrip in a process of its own, on PostgreSQL."""
    async with scene_in(tmp_path, database={"url": new_postgres()}) as running:
        yield running


async def test_senders_are_told_to_come_back_while_postgresql_is_down(
    on_postgres: Scene, postgres: Any
) -> None:
    scene = on_postgres
    await scene.log_in("alice", "1", address="198.51.100.1")
    await scene.evidence.until_idle()
    card = await scene.card("alice")
    postgres.stop()
    try:
        assert await answer(scene, "2") == (503, "10")
        status, body = await scene.sender.get("/readyz")
        assert (status, '"name": "database", "ok": false' in body) == (503, True)
        await scene.control.press("U0ALICE", card.channel, card.ts, action_id="approve")
        # Each attempt to reconnect may take its whole timeout, and others may be waiting for theirs.
        told = await scene.control.ephemeral_to("U0ALICE", timeout=40)
        assert told.shows("nothing was decided. Please try again in a moment")
    finally:
        postgres.start()
    await until(lambda: scene.evidence.statuses() == ["pending"], "PostgreSQL is back")
    await scene.log_in("alice", "3", address="198.51.100.3")
    await scene.card("198.51.100.3")
    await scene.control.press("U0ALICE", card.channel, card.ts, action_id="approve")
    await scene.control.wait_for(lambda s: not asks(s.message(card)))
    await scene.settle()


async def test_a_name_that_postgresql_cannot_index_is_asked_about_and_holds_up_nobody(
    on_postgres: Scene,
) -> None:
    scene = on_postgres
    name = "".join(secrets.choice(string.ascii_letters) for _ in range(6000))
    await scene.log_in(name, "1")
    await scene.log_in("alice", "2")
    await scene.card("alice")
    await scene.card(name[:20])
    await scene.settle()


async def test_a_record_that_cannot_be_kept_is_quarantined_and_holds_up_nobody(scene: Scene) -> None:
    database = sqlite3.connect(scene.evidence.path)
    database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.user_name = 'mallory' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    database.close()
    records = [login(user, id=user) for user in ("alice", "mallory", "bob")]
    await scene.sender.post(*records)
    await scene.card("alice")
    await scene.card("bob")
    await scene.control.message_in(SECURITY, lambda m: m.shows("mallory"))
    assert scene.evidence.rows("SELECT reason, message FROM quarantine") == [
        ("keeping it broke: IntegrityError", records[1]["message"])
    ]
    await scene.evidence.until_idle()


@pytest.mark.parametrize("url", ["sqlite:////nowhere/powertrip.db", "postgresql://127.0.0.1:9/powertrip"])
async def test_a_database_that_cannot_be_opened_stops_the_start_and_says_so(
    sandbox: SlackEmulator, tmp_path: Path, url: str
) -> None:
    whole = settings(sandbox, tmp_path, database={"url": url})
    process = Process(write_config(tmp_path / "config.yaml", whole))
    await process.start()
    assert process.process is not None
    assert await process.process.wait() == 1
    told = process.output.read_text(encoding="utf-8")
    assert "database.url: the database cannot be used: " in told
    assert "Traceback" not in told


async def test_senders_are_told_to_come_back_while_the_backlog_is_over_its_limit(
    sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    port = free_port()
    ingest = {"port": port, "backlog_limit": 3, "retry_after": "7s"}
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, ingest=ingest))
    evidence = Evidence(f"sqlite:///{tmp_path}/powertrip.db")
    web, worker = Process(path, command="web"), Process(path, command="worker")
    async with aiohttp.ClientSession() as session:
        sender = Sender(port, session)
        try:
            await web.start(port)
            for number in "123":
                assert (await answer(sender, number))[0] == 200
            assert await answer(sender, "4") == (503, "7")
            assert "3 records or more wait to be judged" in (await sender.get("/readyz"))[1]
            await worker.start()
            await control.wait_for(lambda s: len(s.messages()) == 3)
            assert await answer(sender, "4") == (200, None)
            await control.wait_for(lambda s: len(s.messages()) == 4)
            await evidence.until_idle()
            await assert_promises_kept(evidence, control, set("1234"))
        finally:
            await web.kill()
            await worker.kill()
