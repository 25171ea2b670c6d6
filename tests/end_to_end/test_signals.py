"""Told to stop, it finishes what it has begun; told to read its configuration, it does or says why not."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import yaml

from powertrip.cli.demo.workspace import local_slack
from slack_emulator.control import Control
from tests.end_to_end.harness import (
    ALICES_DM,
    SECRET,
    Process,
    Sender,
    free_port,
    login,
    settings,
    write_config,
)
from tests.end_to_end.scene import ALICE, SECURITY, Scene, scene_in
from tests.proxy import Proxy

GRACE = 20.0


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Powertrip in a process of its own."""
    async with scene_in(tmp_path) as running:
        yield running


async def stop(process: Process) -> float:
    """Stop by SIGTERM; returns how many seconds that took."""
    started = time.monotonic()
    assert await process.stop() == 0
    return time.monotonic() - started


async def test_a_post_in_flight_is_finished_and_written_down(scene: Scene) -> None:
    await scene.control.fault("chat.postMessage", "delay", delay=2)
    await scene.log_in("alice")
    card = await scene.card("alice")
    assert await stop(scene.process) < GRACE
    assert scene.evidence.rows("SELECT channel, ts FROM notice") == [(card.channel, card.ts)]
    await scene.settle()


async def test_a_post_that_slack_never_answers_does_not_hold_up_the_end(scene: Scene) -> None:
    await scene.hold("chat.postMessage")
    await scene.log_in("alice")
    await scene.card("alice")
    assert await stop(scene.process) < GRACE
    await scene.start()
    await scene.settle()
    assert (await scene.control.state()).count("chat.postMessage") == 1


async def test_a_click_in_flight_is_decided_and_answered(scene: Scene) -> None:
    await scene.log_in("alice")
    card = await scene.card("alice")
    await scene.evidence.until_idle()
    await scene.control.fault("users.info", "delay", delay=2)
    await scene.control.press(ALICE, card.channel, card.ts, action_id="approve")
    assert await stop(scene.process) < GRACE
    assert scene.evidence.statuses() == ["approved"]
    assert (await scene.control.ephemeral_to(ALICE)).shows("You approved")


async def test_a_request_in_flight_is_answered_once_its_record_is_kept(scene: Scene) -> None:
    locked = sqlite3.connect(scene.evidence.path, isolation_level=None)
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b'"alive"}')
    locked.execute("BEGIN IMMEDIATE")
    body = b'{"message": "Accepted password for bob from 192.0.2.9 port 1 ssh2", "program": "sshd"}'
    head = f"POST /ingest/syslog HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Authorization: Bearer {SECRET}\r\n\r\n".encode() + body)
    await writer.drain()
    stopping = asyncio.create_task(stop(scene.process))
    await scene.until_logged("stopping")
    locked.close()
    assert b"200 OK" in await reader.readline()
    writer.close()
    assert await stopping < GRACE
    assert scene.evidence.number("SELECT count(*) FROM inbox") == 1


@pytest.mark.parametrize("command", ["web", "worker"])
async def test_a_database_that_answers_nothing_does_not_hold_up_the_end(
    command: str, tmp_path: Path, new_postgres: Callable[[], str]
) -> None:
    url = urlsplit(new_postgres())
    folder = parse_qs(url.query)["host"][0]
    async with Proxy(f"{folder}/.s.PGSQL.5432") as network, local_slack() as sandbox:
        database = f"postgresql://{url.username}@127.0.0.1:{network.port}{url.path}"
        port = free_port() if command == "web" else None
        whole = settings(sandbox, tmp_path, ingest={"port": port or 0}, database={"url": database})
        process = Process(write_config(tmp_path / "config.yaml", whole), command=command)
        await process.start(port)
        async with Control(sandbox.url) as control, aiohttp.ClientSession() as session:
            if port is None:
                await control.connected(timeout=60)
                network.hold()
            else:
                network.hold()
                # One who waits for the answer is one more whom the end waits for.
                with pytest.raises(aiohttp.ClientResponseError, match="503"):
                    await Sender(port, session).post(login(id="1"))
        # Eight on a machine that has the time, where one after the other would take nineteen.
        assert await stop(process) < 15
        network.mend()


async def test_it_stops_at_once_while_slack_is_away(tmp_path: Path) -> None:
    port = free_port()
    whole = settings(local_slack(port=free_port()), tmp_path, ingest={"port": port})
    process = Process(write_config(tmp_path / "config.yaml", whole))
    process.is_forked = False
    await process.start(port)
    assert await stop(process) < 5


def change_config(scene: Scene, **changes: Any) -> None:
    """Lay changes over the configuration file and tell the process."""
    path = scene.process.config
    write_config(path, yaml.safe_load(path.read_text(encoding="utf-8")) | changes)
    assert scene.process.process is not None
    scene.process.process.send_signal(signal.SIGHUP)


async def test_a_valid_configuration_takes_effect_whole(scene: Scene) -> None:
    await scene.log_in("stranger", "1")
    assert (await scene.card("stranger")).channel == SECURITY
    change_config(
        scene,
        people={"stranger": {"slack": ALICE}},
        policy=[{"when": {"user": "stranger"}, "require": ["second_person"]}],
        sources={"other": {"type": "json", "secret": "a-secret-that-is-long-enough"}},
    )
    await scene.until_logged("configuration reloaded")
    await scene.sender.post(
        {"message": "Accepted password for stranger from 192.0.2.77 port 1 ssh2", "program": "sshd"},
        source="other",
    )
    card = await scene.card("192.0.2.77")
    assert card.channel == ALICES_DM
    assert card.shows("takes two people")
    assert (await scene.sender.get("/ingest/other"))[0] == 405
    assert (await scene.sender.get("/ingest/syslog"))[0] == 404


async def test_an_invalid_configuration_is_refused_with_all_its_mistakes(scene: Scene) -> None:
    change_config(
        scene,
        people={"alice": {"slack": "not an id"}},
        reminders={"remind_after": "soon"},
    )
    await scene.until_logged("configuration not reloaded")
    for setting in ("people.alice.slack", "reminders.remind_after"):
        assert setting in scene.log
    await scene.log_in("alice")
    assert (await scene.card("alice")).channel == ALICES_DM
