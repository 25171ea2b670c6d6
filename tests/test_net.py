"""The one way to call others over HTTP: bounded, never redirected, and clear about what failed."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from powertrip.errors import Busy, Rejected, Unavailable
from powertrip.net import LONGEST_WAIT, Bounds, HttpClient, new_client, retry_after
from tests.outside import answer, client_of, json_answer
from tests.samples import NOW

SMALL = Bounds(seconds=5.0, size=1000)


def http(response: httpx.Response, asked: list[httpx.Request] | None = None, **changes: Any) -> HttpClient:
    """The way to a server that always answers so."""

    async def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return response

    given: dict[str, Any] = {"clock": lambda: NOW, "name": "thing.url", "bounds": SMALL}
    return HttpClient(client=client_of(handle), base_url="https://thing.example.com/", **(given | changes))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 30, None),
        ("\u0661\u0662", None),
        ("0", 0.0),
        ("17", 17.0),
        ("999999999", LONGEST_WAIT),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW + timedelta(seconds=90)).replace("+0000", "-0000"), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), LONGEST_WAIT),
        ("Wed, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_a_wish_to_wait_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
async def test_what_may_pass_is_unavailable_for_as_long_as_it_says(status: int) -> None:
    with pytest.raises(Unavailable, match=f"thing.url: the server answered {status}") as failed:
        await http(answer(status, headers={"Retry-After": "7"})).request("GET")
    assert failed.value.retry_after == 7
    assert isinstance(failed.value, Busy) == (status == 429)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_but_refused(status: int) -> None:
    asked: list[httpx.Request] = []
    elsewhere = answer(status, headers={"Location": "https://evil.example.com/"})
    with pytest.raises(Rejected, match=f"{status}; redirects are not followed; check its address"):
        await http(elsewhere, asked).request_json("GET", "")
    assert len(asked) == 1


async def test_what_somebody_has_to_mend_is_said_with_advice() -> None:
    one = http(answer(401), advice={401: "check the token"})
    with pytest.raises(Rejected, match=r"thing\.url: the server answered 401; check the token"):
        await one.request_json("GET", "")
    with pytest.raises(Rejected, match=r"thing\.url: the server answered 410; check its address"):
        await http(answer(410)).request_json("GET", "")


async def test_an_answer_that_the_caller_understands_is_none_of_its_errors() -> None:
    answered = await http(answer(404, b"<html>"), understood=frozenset({404})).request_json("GET", "")
    assert (answered.status, answered.value) == (404, None)


async def test_nothing_compressed_is_asked_for_and_no_header_of_the_caller_changes_that() -> None:
    asked: list[httpx.Request] = []
    one = http(json_answer([1]), asked, headers={"X-Key": "k", "Accept-Encoding": "br"})
    assert (await one.request_json("GET", "", params={"a": "b c"}, login=("powertrip", "pw"))).value == [1]
    (request,) = asked
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["X-Key"] == "k"
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.url.query == b"a=b+c"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
async def test_what_is_compressed_all_the_same_is_read(encoding: str) -> None:
    compressed = answer(200, gzip.compress(b'{"a": 1}'), {"Content-Encoding": encoding})
    assert (await http(compressed).request_json("GET", "")).value == {"a": 1}


@pytest.mark.parametrize(
    ("body", "encoding", "problem"),
    [
        (b"x" * 1001, "", "larger than 1000 bytes"),
        (gzip.compress(b"x" * (50 << 20)), "gzip", "larger than 1000 bytes"),
        (b"plain", "gzip", "damaged"),
        (gzip.compress(b"[1]")[:-3], "gzip", "ends early"),
        (zlib.compress(b"[1]"), "deflate", "compressed as 'deflate'"),
        (b"[1]", "br", "compressed as 'br'"),
        (b"", "", "not JSON"),
        (b"<html>", "", "not JSON"),
        (b"[" * 999, "", "not JSON"),
        (b"\xff\xfe", "", "not JSON"),
    ],
    ids=lambda value: len(value) if isinstance(value, bytes) else value,
)
async def test_an_answer_that_cannot_be_read_says_why(body: bytes, encoding: str, problem: str) -> None:
    response = answer(200, body, {"Content-Encoding": encoding} if encoding else {})
    with pytest.raises(Unavailable, match=f"thing.url: the (compressed )?answer .*{problem}"):
        await http(response).request_json("GET", "")


async def test_a_compressed_answer_is_inflated_no_further_than_the_limit() -> None:
    bomb = answer(200, gzip.compress(b"x" * (50 << 20)), {"Content-Encoding": "gzip"})
    tracemalloc.start()
    answered = await http(bomb).request("GET")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answered.problem
    assert most < 2 << 20


async def test_a_status_counts_though_its_body_cannot_be_read() -> None:
    answered = await http(answer(200, b"x" * 5000)).request("POST")
    assert answered.is_success
    assert len(answered.body) == 1000


async def test_up_to_the_limit_all_is_given() -> None:
    assert (await http(answer(200, b"x" * 1000)).request("GET")).whole() == b"x" * 1000


async def test_a_certificate_authority_that_cannot_be_read_is_an_error(tmp_path: Any) -> None:
    with pytest.raises(OSError, match="No such file"):
        new_client(str(tmp_path / "none.pem"))


class Socket:
    """A server that writes what a test gives it to each who asks, and then holds on, or hangs up."""

    def __init__(self, text: bytes, *, holds_on: bool) -> None:
        self._text = text
        self._holds_on = holds_on
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self._text)
        await writer.drain()
        if self._holds_on:
            await reader.read()
        writer.close()
        self.closed.set()


async def over_a_socket(socket: Socket, bounds: Bounds) -> AsyncIterator[HttpClient]:
    server = await asyncio.start_server(socket.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, new_client() as client:
        yield HttpClient(client=client, base_url=f"http://127.0.0.1:{port}/", bounds=bounds)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n", HEAD, HEAD + b"x" * 99], ids=len)
async def test_an_answer_that_does_not_end_is_given_up(sent: bytes) -> None:
    socket = Socket(sent, holds_on=True)
    async for one in over_a_socket(socket, Bounds(seconds=0.2)):
        with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
            await one.request("GET")
        await asyncio.wait_for(socket.closed.wait(), 10)


@pytest.mark.parametrize("sent", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", HEAD + b"x" * 99], ids=len)
async def test_a_broken_connection_is_to_be_tried_again(sent: bytes) -> None:
    async for one in over_a_socket(Socket(sent, holds_on=False), SMALL):
        with pytest.raises(Unavailable, match=r"cannot be reached \(RemoteProtocolError\)"):
            await one.request("GET")


async def test_nobody_who_listens_is_to_be_tried_again(unused_tcp_port: int) -> None:
    async with new_client() as client:
        one = HttpClient(client=client, base_url=f"http://127.0.0.1:{unused_tcp_port}/")
        with pytest.raises(Unavailable, match=r"cannot be reached \(ConnectError\)"):
            await one.request("GET")


async def test_an_endless_answer_is_left_at_the_limit() -> None:
    endless = Socket(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (1 << 16), holds_on=True)
    async for one in over_a_socket(endless, Bounds(seconds=30.0, size=1 << 10)):
        with pytest.raises(Unavailable, match="larger than 1024 bytes"):
            (await one.request("GET")).whole()
        await asyncio.wait_for(endless.closed.wait(), 10)


async def test_calls_that_come_first_share_the_connections_that_are_opened_then() -> None:
    pool = new_client()
    first, second = await asyncio.gather(pool.opened(), pool.opened())
    assert first is second
    await pool.aclose()
    assert first.is_closed


async def test_a_pool_that_nobody_used_is_closed_without_being_opened() -> None:
    async with new_client():
        pass
