"""Servers that are not ours: a function answers what the real HTTP client asks, with or without a socket."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web
from aiohttp.test_utils import TestServer

Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


def client_of(handler: Handler) -> httpx.AsyncClient:
    """A client whose every call the handler answers."""
    return httpx.AsyncClient(transport=httpx.MockTransport(handler))


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The handler on a socket of this machine, for a whole Powertrip; gives its address."""

    async def pass_on(request: web.Request) -> web.Response:
        url = f"http://{request.host}{request.raw_path}"
        asked = httpx.Request(
            request.method, url, headers=[*request.headers.items()], content=await request.read()
        )
        given = await handler(asked)
        return web.Response(status=given.status_code, headers=given.headers, body=await given.aread())

    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", pass_on)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer whose body is still to be read, as one from a socket is."""
    return httpx.Response(status, headers=dict(headers or {}), stream=httpx.ByteStream(body))


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """The same, of JSON."""
    return answer(status, json.dumps(value).encode(), headers)


def path_of(request: httpx.Request) -> str:
    """The path and the query, as they were written."""
    return request.url.raw_path.decode()
