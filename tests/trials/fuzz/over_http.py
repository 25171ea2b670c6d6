"""Requests as they should not be, over a socket: to the records' port and to that of the state."""

import asyncio
import gzip
import io
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from pydantic import SecretStr

from powertrip.domain.record import Gap, Record
from powertrip.ingest.contract import Limits
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.log import configure_logging, register_secret
from powertrip.metrics import Metrics
from powertrip.state.endpoint import Check, StateEndpoint
from tests.samples import NOW
from tests.sources import sns
from tests.sources.hostile import SECRET, TYPES, in_json, source_of
from tests.trials.fuzz.dice import mangled, text

PATIENCE = 0.5
"""Seconds: who sends half a request is waited for, and that is tried elsewhere."""
TOKEN = "of-the-state-and-long-enough"
TOGETHER = 20
"""Requests that are under way at the same time."""
PATHS = (
    "/ingest/",
    "/ingest/it",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
    "/api/v1/decisions",
    "/ingest/../readyz",
)
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "BREW", "")


class Inbox:
    """Keeps nothing."""

    async def put(self, records: Sequence[Record], gaps: Sequence[Gap] = ()) -> int:  # noqa: ARG002
        return len(records)

    async def quarantine_body(
        self,
        source: str,
        body: bytes,
        reason: str,
        received_at: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """See the protocol."""


def http(cases: int, seed: int) -> Counter[str]:
    """Whatever comes, no fault of ours answers, no secret is in the log, and no stranger is let in."""
    return asyncio.run(_http(cases, seed))


async def _http(cases: int, seed: int) -> Counter[str]:
    dice = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    log, outcomes, metrics = io.StringIO(), Counter[str](), Metrics()
    configure_logging("debug", "json", log)
    register_secret(SECRET)
    register_secret(TOKEN)
    sources = {kind: source_of(kind) for kind in TYPES}

    async def readiness() -> Sequence[Check]:
        return [Check(name="database", ok=True)]

    app = build_app(
        sources=lambda: sources,
        limits=lambda: Limits(body_bytes=1 << 16, inflated_bytes=1 << 17),
        inbox=Inbox(),
        metrics=metrics,
        clock=lambda: NOW,
        fetcher=sns.SnsFetcher(),
        body_timeout=PATIENCE / 2,
    )
    StateEndpoint(readiness=readiness, metrics=metrics, token=lambda: SecretStr(TOKEN)).add_beside_records(
        app
    )
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    try:
        for first in range(0, cases, TOGETHER):
            numbers = range(first, min(first + TOGETHER, cases))
            requests = [_request(dice) for _ in numbers]
            # Side by side, for some wait until the server gives up.
            answers = await asyncio.gather(*(_send(server.port, request) for _, request in requests))
            for number, (knows, request), (status, answer) in zip(numbers, requests, answers, strict=True):
                said = f"case {number} of seed {seed}: {request[:300]!r} -> {answer[:300]!r}"
                assert status < 500 or status in (501, 505) or b"the body did not arrive" in answer, said
                assert knows or not 200 <= status < 300 or b"/healthz" in request, f"let in: {said}"
                # What is no HTTP at all is quoted to whoever sent it.
                assert status == 400 or SECRET.encode() not in answer, said
                outcomes[f"{'with' if knows else 'without'} the secret: {status}"] += 1
            if first % (TOGETHER * 50) == 0:
                _read(log, f"by case {first} of seed {seed}")
        _read(log, f"by the last case of seed {seed}")
    finally:
        await server.stop()
        configure_logging("critical")
    return outcomes


def _read(log: io.StringIO, when: str) -> None:
    """No secret in what was logged, no line of anybody else's, no fault of ours."""
    written = log.getvalue()
    assert SECRET not in written, f"{when}: {written[max(0, written.find(SECRET) - 700) :][:900]}"
    assert TOKEN not in written, when
    assert written.isascii() or all(line.isprintable() for line in written.splitlines()), when
    assert all(line.startswith("{") for line in written.splitlines()), when
    assert '"exception"' not in written, f"{when}: {written[written.index('exception') - 900 :][:3000]}"
    assert '"event": "request failed"' not in written, (
        f"{when}: {written[written.index('request failed') :][:3000]}"
    )
    log.seek(0)
    log.truncate()


def _request(dice: random.Random) -> tuple[bool, bytes]:
    """A request, and whether it bears what lets it in."""
    kind = dice.choice(list(TYPES))
    body = TYPES[kind].wrap(in_json(text(dice)), dice.randrange(10**6))
    knows = dice.random() < 0.4
    headers = {"Host": "records.example.com", "Content-Type": "application/json", "Connection": "close"}
    if knows:
        headers |= (
            {"Authorization": f"Bearer {SECRET}"} if dice.random() < 0.3 else TYPES[kind].seal(body, SECRET)
        )
    if knows and dice.random() < 0.2 and kind != "sns":
        body = gzip.compress(body)
        headers |= {"Content-Encoding": "gzip"} | dict(TYPES[kind].seal(body, SECRET))
    if dice.random() < 0.25:
        name = dice.choice(
            ("Content-Encoding", "Transfer-Encoding", "Expect", "Range", "Cookie", "X-Forwarded-For")
        )
        headers[name] = dice.choice(
            ("gzip", "chunked", "100-continue", "bytes=0-", text(dice, 2), "identity, x")
        )
    path = f"/ingest/{kind}"
    if dice.random() < 0.4:
        path = dice.choice(PATHS) + dice.choice(
            ("", quote(text(dice), errors="replace"), "%00", "%2e%2e/", "/" + "x" * 300, "?a=b")
        )
    method = "POST" if dice.random() < 0.7 else dice.choice(METHODS)
    # `Expect` and a length that is too long make the server wait; the body's timeout ends that.
    length = dice.choice((len(body),) * 60 + (0, -1, 10**12, "x"))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    raw = head.encode("utf-8", "replace")
    if dice.random() < 0.25:
        raw += b"Transfer-Encoding: chunked\r\n\r\n" + _in_chunks(dice, body)
    else:
        raw += f"Content-Length: {length}\r\n\r\n".encode() + body
    return knows, mangled(dice, raw) if dice.random() < 0.2 else raw


def _in_chunks(dice: random.Random, body: bytes) -> bytes:
    """Framed in pieces of any size, with extensions and trailers at times; at times one size is a lie."""
    framed, size = b"", dice.choice((1, 7, 100, 5000))
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        said = len(piece) + dice.choice((0,) * 200 + (1, -1, 10**9))
        framed += f"{max(said, 1):x}{dice.choice(('', '', ';a=b'))}\r\n".encode() + piece + b"\r\n"
    return framed + dice.choice((b"0\r\n\r\n",) * 8 + (b"0\r\nX-After: y\r\n\r\n", b""))


async def _send(port: int, request: bytes) -> tuple[int, bytes]:
    """Status and answer; 0 where the server hung up without one, or waits for the rest."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read(1 << 20)
    except (ConnectionError, TimeoutError):
        return 0, b""
    finally:
        writer.close()
    parts = answer.split(b" ", 2)
    return (int(parts[1]) if len(parts) > 2 and parts[1].isdigit() else 0), answer
