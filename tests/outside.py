"""Servers that are not ours, without a socket: what the real HTTP client asks is answered by a function."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]


def client_of(handler: Handler) -> httpx.AsyncClient:
    """A client whose every call the handler answers."""
    return httpx.AsyncClient(transport=httpx.MockTransport(handler))


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer whose body is still to be read, as one from a socket is."""
    return httpx.Response(status, headers=dict(headers or {}), stream=httpx.ByteStream(body))


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """The same, of JSON."""
    return answer(status, json.dumps(value).encode(), headers)


def path_of(request: httpx.Request) -> str:
    """The path and the query, as they were written."""
    return request.url.raw_path.decode()
