"""Whether one sender can knock out the rest: each attack on the real program, and what it came to.

By hand: `python -m tests.trials.senders [NAME ...]`. All is bounded and stays on loopback. The table shows
for each attack the most memory that the program took, the longest wait for /healthz (it answers on the event
loop, as clicks in Slack do), how long a genuine login took from its acceptance to its card, and what the
attacker was answered.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import select
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

import aiohttp

from tests.end_to_end.harness import BEARER, SECRET, login
from tests.trials.stage import Stage, a_stage, name_of, text_table

MEBIBYTE = 1024 * 1024
TARGET_MEBIBYTES, TARGET_MILLISECONDS = 300, 250
GENUINE = "198.51.100.7"
"""The address of the login that must not be held up."""
PATIENCE = 240.0
"""Seconds that the genuine login's card is waited for."""
HELD_FOR = 6.0
"""Seconds that strangers keep their connections open."""


@dataclass
class Seen:
    """What was seen of the program during one attack."""

    memory: int = 0
    stall: float = 0.0
    card: float = -1.0
    answers: Counter[str] = field(default_factory=Counter)


Attack = Callable[[Stage, Seen], Awaitable[None]]


def memory_of(pid: int) -> int:
    """What a process has in memory now, in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


@asynccontextmanager
async def watched(stage: Stage, seen: Seen) -> AsyncIterator[None]:
    """Look at memory and at /healthz until the block ends, from a process that does nothing else."""
    process = stage.webs[0].process
    assert process is not None
    port = stage.senders[0].url.rsplit(":", 1)[1]
    looking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.trials.senders", "--watch", port, str(process.pid)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert looking.stdout is not None
    # An attack may be over before a process has begun.
    await looking.stdout.readline()
    try:
        yield
    finally:
        said, _ = await looking.communicate(b"")
        memory, stall = said.split()
        seen.memory, seen.stall = int(memory), float(stall)


def watch(port: int, pid: int) -> None:
    """Ask for /healthz until standard input ends; print the most memory and the longest wait."""
    memory, stall = 0, 0.0
    print("looking", flush=True)
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        began = time.monotonic()
        # A connection that is refused is an answer too, and as quick as the loop is.
        with contextlib.suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port)) as asked:
            asked.request("GET", "/healthz")
            asked.getresponse().read()
        stall = max(stall, time.monotonic() - began)
        memory = max(memory, memory_of(pid))
    print(memory, stall)


async def post(stage: Stage, seen: Seen, source: str, body: bytes, **headers: str) -> int:
    """Post a body as an attacker does, and count the answer."""
    url = f"{stage.senders[0].url}/ingest/{source}"
    try:
        async with stage.session.post(url, data=body, headers={**BEARER, **headers}) as answer:
            status = answer.status
            await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        seen.answers[type(error).__name__] += 1
        return 0
    seen.answers[str(status)] += 1
    return status


async def genuine(stage: Stage, seen: Seen) -> None:
    """Send one login as its sender would, again where it is told to, and wait for its card."""
    body = json.dumps([login(name_of(1), GENUINE)]).encode()
    async with asyncio.timeout(PATIENCE):
        while await post(stage, Seen(), "vault", body) != 200:  # noqa: ASYNC110 (as a sender does)
            await asyncio.sleep(0.5)
        began = time.monotonic()
        await stage.control.wait_for(
            lambda state: any(message.shows(GENUINE) for message in state.messages()), timeout=PATIENCE
        )
    seen.card = time.monotonic() - began


def bomb() -> bytes:
    """64 MiB of the shortest objects, in 62 KiB."""
    return gzip.compress(b"{}," * (64 * MEBIBYTE // 3))


async def one_bomb(stage: Stage, seen: Seen) -> None:
    await post(stage, seen, "web", bomb())


async def four_bombs(stage: Stage, seen: Seen) -> None:
    body = bomb()
    await asyncio.gather(*(post(stage, seen, "web", body) for _ in range(4)))


async def values(stage: Stage, seen: Seen) -> None:
    """As many of the shortest values as any limit lets through."""
    body = gzip.compress(b'{"a":[' + b'{"a":1},' * 500_000 + b"1]}")
    await asyncio.gather(*(post(stage, seen, "web", body) for _ in range(4)))


async def whole_batch(stage: Stage, seen: Seen) -> None:
    """A batch of as many records as one may hold."""
    lines = [{"message": f"session {number} of cron", "program": "cron"} for number in range(99_000)]
    await post(stage, seen, "web", gzip.compress(json.dumps(lines).encode()))


async def equal_logins(stage: Stage, seen: Seen) -> None:
    """20,000 times the same login, but for its moment, by the source that the genuine one comes by too."""
    for start in range(0, 20_000, 2_000):
        records = [login(name_of(2), n=number) for number in range(start, start + 2_000)]
        await post(stage, seen, "web", json.dumps(records).encode())


async def other_source(stage: Stage, seen: Seen) -> None:
    records = [
        login(name_of(3 + number % 50), f"203.0.113.{number % 250}", n=number) for number in range(5_000)
    ]
    for start in range(0, 5_000, 1_000):
        await post(stage, seen, "web", json.dumps(records[start : start + 1_000]).encode())


async def unmatched(stage: Stage, seen: Seen) -> None:
    """More records that no rule knows than may wait in all."""
    for start in range(0, 112_000, 4_000):
        lines = [
            {"message": f"nothing {number}", "program": "cron"} for number in range(start, start + 4_000)
        ]
        await post(stage, seen, "web", json.dumps(lines).encode())


async def strangers(stage: Stage, seen: Seen) -> None:
    """300 connections that send large bodies, slowly, which only a signature would prove."""
    port = int(stage.senders[0].url.rsplit(":", 1)[1])
    head = (
        f"POST /ingest/servers HTTP/1.1\r\nHost: localhost\r\nContent-Length: {8 * MEBIBYTE}\r\n"
        f"X-Powertrip-Timestamp: {int(time.time())}\r\nX-Powertrip-Signature: sha256={'0' * 64}\r\n\r\n"
    ).encode()

    async def one() -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head)
            with contextlib.suppress(ConnectionError):
                for _ in range(64):
                    writer.write(b"x" * (MEBIBYTE // 8))
                    await writer.drain()
            async with asyncio.timeout(HELD_FOR):
                seen.answers[(await reader.readline()).decode()[9:12] or "closed"] += 1
            writer.close()
        except TimeoutError:
            seen.answers["held"] += 1
        except OSError as error:
            seen.answers[type(error).__name__] += 1

    await asyncio.gather(*(one() for _ in range(300)))


async def slowloris(stage: Stage, seen: Seen) -> None:
    """600 connections that send half a head, and then nothing."""
    port = int(stage.senders[0].url.rsplit(":", 1)[1])
    writers = []
    for _ in range(600):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /ingest/servers HTTP/1.1\r\nHost:")
            writers.append((reader, writer))
        except OSError as error:
            seen.answers[type(error).__name__] += 1
    await asyncio.sleep(HELD_FOR)
    for reader, writer in writers:
        said = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            said = await asyncio.wait_for(reader.readline(), 0.01)
        seen.answers[said.decode()[9:12] or "held"] += 1
        writer.close()


ATTACKS: dict[str, Attack] = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        one_bomb,
        four_bombs,
        values,
        whole_batch,
        equal_logins,
        other_source,
        unmatched,
        strangers,
        slowloris,
    )
}
HEAD = ("attack", "most memory, MiB", "longest /healthz, ms", "genuine card after, s", "answers")


def sources() -> dict[str, Any]:
    """One that is in bad hands, one that is not, and one whose sender signs."""
    plain = {name: {"type": "json", "secret": SECRET} for name in ("web", "vault")}
    return {**plain, "servers": {"type": "pam", "secret": SECRET}}


async def run(name: str) -> tuple[Seen, list[object]]:
    """Try one attack on a program of its own; returns what was seen, and its row of the table."""
    seen = Seen()
    async with a_stage("sqlite", sources=sources()) as stage, watched(stage, seen):
        await ATTACKS[name](stage, seen)
        await genuine(stage, seen)
    answers = ", ".join(f"{answer}: {count}" for answer, count in sorted(seen.answers.items()))
    return seen, [name, seen.memory, f"{seen.stall * 1000:.0f}", f"{seen.card:.1f}", answers]


def main() -> int:
    """The exit status: 1 where a target was missed."""
    parser = argparse.ArgumentParser("senders", description=__doc__)
    parser.add_argument("names", nargs="*", help="how the names of those to try begin")
    parser.add_argument("--watch", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        watch(*options.watch)
        return 0
    rows: list[list[object]] = [list(HEAD)]
    is_held = True
    for name in ATTACKS:
        if options.names and not name.startswith(tuple(options.names)):
            continue
        seen, row = asyncio.run(run(name))
        is_held &= seen.memory < TARGET_MEBIBYTES and seen.stall * 1000 < TARGET_MILLISECONDS
        rows.append(row)
        print(text_table([rows[0], row]), flush=True)
    print(text_table(rows))
    load, processors = " ".join(f"{part:.1f}" for part in os.getloadavg()), os.cpu_count()
    print(f"load {load} on {processors}; targets: {TARGET_MEBIBYTES} MiB, {TARGET_MILLISECONDS} ms")
    return 0 if is_held else 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
