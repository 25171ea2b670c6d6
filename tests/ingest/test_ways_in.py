"""What an attacker may write onto the wire: a request within another, a second secret, another path."""

import asyncio
import bz2
import gzip
import hashlib
import hmac
import lzma
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from powertrip.ingest.contract import Limits, Source
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.metrics import Metrics
from tests.ingest.test_http import NOW, ListInbox
from tests.sources.posting import source

SECRET = "a-secret-of-some-length"
RECORD = b'{"message":"smuggled","time":"2026-01-15T12:00:00Z"}'
BEARER = b"Authorization: Bearer " + SECRET.encode() + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
RIGHT = "sha256=" + hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
WRONG = f"sha256={'0' * 64}"


@dataclass
class Wire:
    """A server, and what it has kept."""

    port: int
    inbox: ListInbox

    async def says(self, request: bytes) -> str:
        """The status of the first answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        async with asyncio.timeout(20):
            line = await reader.readline()
        writer.close()
        return line.decode().split(" ")[1]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    sources: dict[str, Source] = {
        "app": source("json", secret=SECRET),
        "repository": source("github", secret=SECRET),
    }
    inbox = ListInbox()
    app = build_app(
        sources=lambda: sources,
        limits=Limits,
        inbox=inbox,
        metrics=Metrics(),
        clock=lambda: NOW,
    )
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    yield Wire(server.port, inbox)
    await server.stop()


def post(body: bytes, *headers: bytes, path: bytes = b"/ingest/app", length: bool = True) -> bytes:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + b"".join(headers)
    return head + (b"Content-Length: %d\r\n" % len(body) if length else b"") + b"\r\n" + body


INNER = post(RECORD, BEARER)
FRAMED = b"2\r\n[]\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        post(b"0\r\n\r\n" + INNER, BEARER, CHUNKED),
        post(b"0\r\n\r\n" + INNER, BEARER, b"Transfer-Encoding: xchunked\r\n", length=False),
        post(b"0\r\n\r\n" + INNER, BEARER, b"Transfer-Encoding : chunked\r\n"),
        post(FRAMED + INNER, BEARER, b"Transfer-Encoding: chunked, identity\r\n", length=False),
        post(FRAMED + INNER, BEARER, CHUNKED, b"Transfer-Encoding: identity\r\n", length=False),
        post(b"[]" + INNER, BEARER, b"Content-Length: 2\r\n"),
        *(
            post(b"[]" + INNER, BEARER, b"Content-Length: " + length + b"\r\n", length=False)
            for length in (b"+2", b"0x2", b"1_0", b"-1", b"2, 2", "\u0662".encode())
        ),
        *(
            post(size + b"\r\n[]\r\n0\r\n\r\n" + INNER, BEARER, CHUNKED, length=False)
            for size in (b"+2", b"0x2", b"0_2", b"2 ;", b"-2")
        ),
        post(b"2\n[]\n0\n\n" + INNER, BEARER, CHUNKED, length=False),
        post(b"[]", BEARER, b"X-A: a\rX-B: b\r\n") + INNER,
        post(b"[]", BEARER, b"X-A: a\0b\r\n") + INNER,
        post(b"[]", BEARER, b"Host: other\r\n") + INNER,
        post(b"[]", b"Authorization: Bearer\r\n " + SECRET.encode() + b"\r\n") + INNER,
    ],
)
async def test_a_request_whose_end_two_readers_may_see_elsewhere_is_refused_with_all_behind_it(
    wire: Wire, request_: bytes
) -> None:
    assert await wire.says(request_) == "400"
    assert wire.inbox.records == []


@pytest.mark.parametrize("wrong", [b"Bearer wrong", b"Basic d3Jvbmc6d3Jvbmc=", b""])
@pytest.mark.parametrize("is_first", [True, False])
async def test_of_two_secrets_none_counts(wire: Wire, wrong: bytes, is_first: bool) -> None:
    other = b"Authorization: " + wrong + b"\r\n"
    headers = (other, BEARER) if is_first else (BEARER, other)
    assert await wire.says(post(RECORD, *headers)) == "401"
    assert wire.inbox.records == []


@pytest.mark.parametrize(
    "signatures",
    [
        *((WRONG, RIGHT), (RIGHT, WRONG), (RIGHT, RIGHT), (f"{WRONG},{RIGHT}",), (RIGHT.upper(),), ("",)),
        *((RIGHT.removeprefix("sha256="),), (RIGHT.replace("sha256", "sha1"),)),
    ],
)
async def test_of_two_signatures_or_one_that_is_written_otherwise_none_counts(
    wire: Wire, signatures: tuple[str, ...]
) -> None:
    headers = [f"X-Hub-Signature-256: {signature}\r\n".encode() for signature in signatures]
    event = b"X-GitHub-Event: member\r\nX-GitHub-Delivery: 1\r\n"
    assert await wire.says(post(b"{}", event, *headers, path=b"/ingest/repository")) == "401"


async def test_one_right_signature_counts(wire: Wire) -> None:
    headers = f"X-GitHub-Event: member\r\nX-GitHub-Delivery: 1\r\nX-Hub-Signature-256: {RIGHT}\r\n".encode()
    assert await wire.says(post(b"{}", headers, path=b"/ingest/repository")) == "200"


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.replace("a", "\u0430", 1).encode(),
        SECRET.replace("a", "\uff41", 1).encode(),
        SECRET[:-1].encode(),
        SECRET.encode() + b"x",
        SECRET.upper().encode(),
    ],
)
async def test_a_secret_that_only_looks_right_is_wrong(wire: Wire, secret: bytes) -> None:
    assert await wire.says(post(RECORD, b"Authorization: Bearer " + secret + b"\r\n")) == "401"


async def test_a_secret_behind_the_body_proves_nothing(wire: Wire) -> None:
    body = b"2\r\n[]\r\n0\r\n" + BEARER + b"\r\n"
    assert await wire.says(post(body, CHUNKED, b"Trailer: Authorization\r\n", length=False)) == "401"


@pytest.mark.parametrize(
    "path",
    [
        *(b"/ingest/../ingest/app", b"/ingest/%2e%2e/app", b"/ingest/app%2f" + SECRET.encode()),
        *(b"/ingest/%2561pp", b"/ingest/app%00", b"/ingest/%c1%a1pp", b"/ingest/%d0%b0pp", b"/ingest/APP"),
        *(b"/ingest/app;a=b", b"//ingest/app", b"/ingest/app/", b"/ingest\\app", b"/ingest/app%0d%0aa:b"),
    ],
)
async def test_no_other_spelling_of_a_path_leads_to_a_source(wire: Wire, path: bytes) -> None:
    assert await wire.says(post(RECORD, BEARER, path=path)) == "404"
    assert wire.inbox.records == []


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"deflate", zlib.compress(RECORD)),
        (b"br", b"\x0b\x02\x80[]\x03"),
        (b"zstd", b"\x28\xb5\x2f\xfd\x04\xe8\xff\xfe"),
        (b"bzip2", bz2.compress(RECORD)),
        (b"xz", lzma.compress(RECORD)),
        (b"compress", b"\x1f\x9d\x90[]"),
        (b"gzip, gzip", gzip.compress(gzip.compress(RECORD))),
    ],
    ids=["deflate", "br", "zstd", "bzip2", "xz", "compress", "gzip twice"],
)
async def test_no_other_coding_is_unpacked(wire: Wire, coding: bytes, body: bytes) -> None:
    assert await wire.says(post(body, BEARER, b"Content-Encoding: " + coding + b"\r\n")) == "422"
    assert wire.inbox.records == []
