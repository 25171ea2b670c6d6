"""Over loopback: what strangers can have held, and what each is answered beyond it."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession, web

from powertrip.ingest.contract import Limits, Source
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.metrics import Metrics
from tests.ingest.test_http import ListInbox
from tests.sources.posting import source

SECRET = "a-secret-of-some-length"
SIGNED = dict.fromkeys(("X-Powertrip-Signature", "X-Hub-Signature-256"), f"sha256={'0' * 64}")
LIMITS = Limits(held_bytes=256 * 1024, unproven_bytes=64 * 1024)
CONNECTIONS = 4


@dataclass
class Door:
    """A server with sources that strangers find."""

    client: ClientSession
    port: int

    async def post(self, name: str, body: bytes) -> tuple[int, str | None]:
        headers = {**SIGNED, "X-Powertrip-Timestamp": str(int(time.time()))}
        url = f"http://127.0.0.1:{self.port}/ingest/{name}"
        async with self.client.post(url, data=body, headers=headers) as answer:
            return answer.status, answer.headers.get("Retry-After")

    async def held(self, name: str, size: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A request whose body lacks its last byte."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"POST /ingest/{name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size + 1}\r\n"
            f"X-Powertrip-Timestamp: {int(time.time())}\r\n"
            f"X-Powertrip-Signature: {SIGNED['X-Powertrip-Signature']}\r\n\r\n".encode()
        )
        writer.write(b"x" * size)
        await writer.drain()
        return reader, writer


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    sources: dict[str, Source] = {
        "servers": source("pam", secret=SECRET),
        "others": source("pam", secret=SECRET),
        "alerts": source("github", secret=SECRET, max_body="8KiB"),
        "app": source("json", secret=SECRET),
    }
    app = build_app(
        sources=lambda: sources,
        limits=lambda: LIMITS,
        inbox=ListInbox(),
        metrics=Metrics(),
        clock=lambda: datetime.now(UTC),
        body_timeout=5,
    )
    server = WebServer(app, "127.0.0.1", 0, lambda: CONNECTIONS)
    await server.start()
    async with ClientSession() as client:
        yield Door(client, server.port)
    await server.stop()


@pytest.mark.parametrize(("name", "limit"), [("servers", 32 * 1024), ("alerts", 8 * 1024)])
async def test_of_who_signs_little_is_held_before_it_is_known_who_it_is(
    door: Door, name: str, limit: int
) -> None:
    assert (await door.post(name, b"x" * (limit + 1)))[0] == 413
    assert (await door.post(name, b"x" * 1024))[0] == 401


async def test_without_the_secret_no_byte_of_the_body_is_waited_for(door: Door) -> None:
    reader, writer = await door.held("app", 0)
    assert b" 401 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_what_nobody_has_proved_is_bounded_and_leaves_room_for_others(door: Door) -> None:
    reader, writer = await door.held("servers", 30 * 1024)
    second, other = await door.held("servers", 30 * 1024)

    # Of the two one was too much for the source, whichever came first; another source still has room.
    refusals = [asyncio.create_task(stream.readline()) for stream in (reader, second)]
    done, waiting = await asyncio.wait(refusals, return_when=asyncio.FIRST_COMPLETED, timeout=5)
    assert [b" 503 " in task.result() for task in done] == [True]
    assert (await door.post("others", b"x" * 1024))[0] == 401
    for task in waiting:
        task.cancel()
    for stream in (writer, other):
        stream.close()


async def test_a_connection_too_many_is_answered_and_closed(door: Door) -> None:
    kept = [await door.held("servers", 0) for _ in range(CONNECTIONS)]

    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    said = await asyncio.wait_for(reader.read(), 5)

    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 10\r\n" in said
    for _, other in [*kept, (reader, writer)]:
        other.close()


async def test_a_bomb_to_a_source_that_signs_is_refused_by_its_signature(door: Door) -> None:
    assert (await door.post("servers", gzip.compress(b"{}," * 5_000_000)))[0] == 401


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(door: Door) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(
        b"POST /ingest/app HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n"
        + f"Authorization: Bearer {SECRET}\r\n\r\n".encode()
    )
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
    writer.close()


async def test_connections_beyond_those_that_are_taken_at_once_are_taken_next() -> None:
    server = WebServer(web.Application(), "127.0.0.1", 0)
    await server.start()
    try:
        async with asyncio.timeout(30):
            opened = await asyncio.gather(
                *(asyncio.open_connection("127.0.0.1", server.port) for _ in range(200))
            )
            for reader, writer in opened:
                writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert b" 404 " in await reader.readline()
                writer.close()
    finally:
        await server.stop()
