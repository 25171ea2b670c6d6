"""What is sent: each attack is a coroutine that posts to a port of this machine, and counts what is answered.

The first line of each says what was sent. All is bounded. Run by a process of its own.
"""

import asyncio
import contextlib
import gzip
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import aiohttp

from tests.end_to_end.harness import BEARER, login

MEBIBYTE = 1024 * 1024
HELD_FOR = 8.0
"""Seconds that connections are held open."""
ATTACKER, SIGNED, LOKI = "web", "servers", "loki"
"""Sources: one whose secret the attacker has, one that signs, one of Loki's."""
STRANGERS = 300
HOSTILE = "A" * 7_900
"""Long, and the beginning of much."""


class Attacker:
    """Sends to one port."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port = port
        self.answers: Counter[str] = Counter()
        self._session = session

    async def post(self, body: bytes, source: str = ATTACKER, **headers: str) -> None:
        """Post a body with the secret, and count the answer."""
        sent_as = {**BEARER, **{name.replace("_", "-"): value for name, value in headers.items()}}
        url = f"http://127.0.0.1:{self.port}/ingest/{source}"
        try:
            async with self._session.post(url, data=body, headers=sent_as) as answer:
                await answer.read()
                self.answers[str(answer.status)] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            self.answers[type(error).__name__] += 1

    async def post_records(self, records: Iterator[dict[str, Any]], at_once: int) -> None:
        """Post records in batches, one after the other."""
        batch = []
        for record in records:
            batch.append(record)
            if len(batch) == at_once:
                await self.post(json.dumps(batch).encode())
                batch = []
        if batch:
            await self.post(json.dumps(batch).encode())

    async def connect(self, begin: bytes, more: Iterable[bytes] = (), pause: float = 0.0) -> None:
        """Open a connection, send what it takes, hold it, and count how it is answered."""
        try:
            async with asyncio.timeout(HELD_FOR * 2):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                answered = asyncio.create_task(reader.readline())
                with contextlib.suppress(ConnectionError):
                    writer.write(begin)
                    for part in more:
                        await asyncio.sleep(pause)
                        writer.write(part)
                        await writer.drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(answered), HELD_FOR)
                if not answered.done():
                    self.answers["held"] += 1
                else:
                    self.answers[answered.result().decode("latin-1")[9:12] or "closed"] += 1
                answered.cancel()
                writer.close()
        except TimeoutError:
            self.answers["held"] += 1
        except OSError as error:
            self.answers[type(error).__name__] += 1


Attack = Callable[[Attacker], Awaitable[None]]


def _bomb() -> bytes:
    return gzip.compress(b"{}," * (64 * MEBIBYTE // 3))


async def one_bomb(attacker: Attacker) -> None:
    """62 KiB of gzip that are 64 MiB of `{},`"""
    await attacker.post(_bomb())


async def four_bombs(attacker: Attacker) -> None:
    """The same four times at once"""
    body = _bomb()
    await asyncio.gather(*(attacker.post(body) for _ in range(4)))


async def many_members(attacker: Attacker) -> None:
    """4 bodies at once of 100,000 members of gzip each, most of them empty"""
    body = gzip.compress(b"") * 100_000 + gzip.compress(b'{"message":"x"}')
    await asyncio.gather(*(attacker.post(body) for _ in range(4)))


async def values(attacker: Attacker) -> None:
    """4 bodies at once of 500,000 of the shortest objects in a record, gzipped"""
    body = gzip.compress(b'{"a":[' + b'{"a":1},' * 500_000 + b"1]}")
    await asyncio.gather(*(attacker.post(body) for _ in range(4)))


async def longest_text(attacker: Attacker) -> None:
    """4 bodies at once, each one record with a text of 15 MiB of escapes, gzipped"""
    body = gzip.compress(b'[{"message":"' + b"\\u00e9\\n" * (15 * MEBIBYTE // 8) + b'"}]')
    await asyncio.gather(*(attacker.post(body) for _ in range(4)))


async def deepest(attacker: Attacker) -> None:
    """20 bodies at once of 8 MiB of opening brackets"""
    body = b"[" * (8 * MEBIBYTE - 1)
    await asyncio.gather(*(attacker.post(body) for _ in range(20)))


async def wide_text(attacker: Attacker) -> None:
    """4 bodies at once of 8 MiB in UTF-16 and in UTF-32"""
    texts = [('[{"message":"' + "\U0001f511" * size + '"}]') for size in (1_900_000, 2_000_000)]
    bodies = [texts[0].encode("utf-16"), texts[1].encode("utf-32")]
    await asyncio.gather(*(attacker.post(body) for body in bodies * 2))


async def no_text(attacker: Attacker) -> None:
    """30 bodies of 8 MiB that are no text, one after the other: each is kept in the quarantine"""
    body = bytes(range(128, 256)) * (8 * MEBIBYTE // 128 - 1)
    for _ in range(30):
        await attacker.post(body)


async def shared_labels(attacker: Attacker) -> None:
    """2 pushes of Loki at once whose 20,000 lines share labels of 8 KiB, gzipped"""
    stream = {
        "stream": {"a": "x" * 8192},
        "values": [[str(10**18 + number), "x"] for number in range(20_000)],
    }
    body = gzip.compress(json.dumps({"streams": [stream]}).encode())
    await asyncio.gather(*(attacker.post(body, LOKI, Content_Type="application/json") for _ in range(2)))


async def whole_batch(attacker: Attacker) -> None:
    """99,000 records in one body"""
    lines = [{"message": f"session {number} of cron", "program": "cron"} for number in range(99_000)]
    await attacker.post(gzip.compress(json.dumps(lines).encode()))


async def largest_body(attacker: Attacker) -> None:
    """2 bodies at once of 8 MiB with 40,000 records of usual length"""
    lines = [
        {"message": f"session {number} of cron {'y' * 100}", "program": "cron", "host": "bastion-1"}
        for number in range(40_000)
    ]
    body = json.dumps(lines).encode()[: 8 * MEBIBYTE]
    await asyncio.gather(*(attacker.post(body) for _ in range(2)))


async def equal_logins(attacker: Attacker) -> None:
    """20,000 times one login"""
    await attacker.post_records((login("user002", n=number) for number in range(20_000)), 2_000)


async def other_source(attacker: Attacker) -> None:
    """5,000 different logins of one source"""
    records = (login(f"user{3 + n % 50:03}", f"203.0.113.{n % 250}", n=n) for n in range(5_000))
    await attacker.post_records(records, 1_000)


async def unmatched_flood(attacker: Attacker) -> None:
    """112,000 records that no rule knows, more than may wait in all"""
    lines = ({"message": f"nothing {number}", "program": "cron"} for number in range(112_000))
    await attacker.post_records(lines, 4_000)


async def hostile_lines(attacker: Attacker) -> None:
    """3,000 lines of 8 KiB, each another, that begin as what rules look for, and never end so"""
    lines = (
        {
            "message": f"Accepted publickey for {number}{HOSTILE} from 192.0.2.1 port 1 ssh2 {number}",
            "program": "sshd",
            "host": "bastion-1",
        }
        for number in range(3_000)
    )
    await attacker.post_records(lines, 500)


async def wrong_secrets(attacker: Attacker) -> None:
    """3,000 posts with wrong secrets, 50 at once"""

    async def some() -> None:
        for number in range(60):
            await attacker.post(b"[]", Authorization=f"Bearer wrong-{number}-and-long-enough")

    await asyncio.gather(*(some() for _ in range(50)))


async def bodies_of_strangers(attacker: Attacker) -> None:
    """300 connections that send 8 MiB each to a source that signs, with a wrong signature"""
    head = (
        f"POST /ingest/{SIGNED} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {8 * MEBIBYTE}\r\n"
        f"X-Powertrip-Timestamp: {int(time.time())}\r\nX-Powertrip-Signature: sha256={'0' * 64}\r\n\r\n"
    ).encode()
    part = b"x" * (MEBIBYTE // 8)
    await asyncio.gather(*(attacker.connect(head, [part] * 64) for _ in range(STRANGERS)))


async def slow_bodies_of_strangers(attacker: Attacker) -> None:
    """300 connections that send 60 KiB each to a source that signs, and then a byte a second"""
    head = (
        f"POST /ingest/{SIGNED} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MEBIBYTE}\r\n"
        f"X-Powertrip-Timestamp: {int(time.time())}\r\nX-Powertrip-Signature: sha256={'0' * 64}\r\n\r\n"
    ).encode()
    more = [b"x"] * int(HELD_FOR)
    await asyncio.gather(*(attacker.connect(head + b"x" * 61_440, more, pause=1.0) for _ in range(STRANGERS)))


async def many_connections(attacker: Attacker) -> None:
    """1,000 connections that say nothing"""
    await asyncio.gather(*(attacker.connect(b"") for _ in range(1_000)))


async def slowloris(attacker: Attacker) -> None:
    """600 connections with half a head, and then a byte of it a second"""
    begin = f"POST /ingest/{SIGNED} HTTP/1.1\r\nHost: localhost\r\nX-A:".encode()
    more = [b"a"] * int(HELD_FOR)
    await asyncio.gather(*(attacker.connect(begin, more, pause=1.0) for _ in range(600)))


async def bombs_of_headers(attacker: Attacker) -> None:
    """200 heads of 20,000 short headers, and 200 with one of 1 MiB"""
    many = b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 20_000 + b"\r\n"
    long = b"GET /healthz HTTP/1.1\r\nHost: a\r\nA: " + b"b" * MEBIBYTE + b"\r\n\r\n"
    for head in (many, long):
        for _ in range(10):
            await asyncio.gather(*(attacker.connect(head) for _ in range(20)))


async def pipelined(attacker: Attacker) -> None:
    """20 connections with 5,000 requests each, sent without waiting for an answer"""
    one = f"POST /ingest/{ATTACKER} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[]".encode()
    await asyncio.gather(*(attacker.connect(one * 5_000) for _ in range(20)))


ATTACKS: dict[str, Attack] = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        *(one_bomb, four_bombs, many_members, values, longest_text, deepest, wide_text, no_text),
        *(shared_labels, whole_batch, largest_body, equal_logins, other_source, unmatched_flood),
        *(hostile_lines, wrong_secrets, bodies_of_strangers, slow_bodies_of_strangers),
        *(many_connections, slowloris, bombs_of_headers, pipelined),
    )
}


def what_is_sent(name: str) -> str:
    """In words."""
    return (ATTACKS[name].__doc__ or "").strip()


async def attack(name: str, port: int) -> dict[str, int]:
    """Carry one out; returns how often which answer was given."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        attacker = Attacker(port, session)
        await ATTACKS[name](attacker)
    return dict(attacker.answers)
