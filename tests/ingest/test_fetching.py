"""What is fetched for a sender is bounded, and goes nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from powertrip.errors import Overloaded
from powertrip.ingest.fetching import Fetcher
from powertrip.net import Bounds

Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]
"""Starts a server with one answer to all, and gives an address on it."""


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[TestServer] = []

    async def start(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return f"http://127.0.0.1:{server.port}/x.pem?Token=secret"

    yield start
    for server in servers:
        await server.close()


async def test_what_is_there_is_given(serve: Serve) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 65_536)

    assert await Fetcher().fetch(await serve(answer)) == b"x" * 65_536


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 404, 500, 503])
async def test_anything_but_200_is_to_be_tried_again(serve: Serve, status: int) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    with pytest.raises(Overloaded, match=f"127.0.0.1: the server answered {status}") as refusal:
        await Fetcher().fetch(await serve(answer))
    assert asked == ["/x.pem"]
    assert "secret" not in str(refusal.value)


async def test_more_than_the_limit_is_not_held(serve: Serve) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 65_537)

    with pytest.raises(Overloaded, match="larger than 65536 bytes"):
        await Fetcher().fetch(await serve(answer))


async def test_no_connection_is_to_be_tried_again(unused_tcp_port: int) -> None:
    with pytest.raises(Overloaded, match=r"127.0.0.1: no answer: .* \(ConnectError\)"):
        await Fetcher().fetch(f"http://127.0.0.1:{unused_tcp_port}/")


async def test_an_answer_that_never_ends_is_given_up(serve: Serve) -> None:
    ended = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"-----BEGIN")
        await ended.wait()
        return response

    with pytest.raises(Overloaded, match=r"no answer within 0\.2 s"):
        await Fetcher(Bounds(seconds=0.2)).fetch(await serve(answer))
    ended.set()
