"""Serves over HTTP, to no more connections at once than it may."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from powertrip.ingest.section import MAX_CONNECTIONS

Handling = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_FULL = b"""HTTP/1.1 503 Service Unavailable\r
Retry-After: 10\r
Content-Length: 0\r
Connection: close\r
\r
"""
_IDLE_TIMEOUT = 75.0
"""Seconds a connection may wait for a request, the time to send the headers included."""
_TAKEN_AT_ONCE = 32
"""Connections that are taken before anybody else is heard: each takes 0.3 ms."""
_LINGERING = 3.0
"""Seconds that the rest of a refused body is read for, so that its sender hears why."""
_SHUTDOWN_TIMEOUT = 8.0
"""Seconds that requests in flight are given; aiohttp may wait twice, and 20 s are allowed in all."""


def _refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_FULL)
    writer.close()


class _BoundedSite(web.TCPSite):
    """Listens, and serves no more connections at once than it may."""

    limit: Callable[[], int]

    async def start(self) -> None:
        await web.BaseSite.start(self)
        server = self._runner.server
        assert server is not None  # noqa: S101 (it has begun)

        def protocol() -> asyncio.Protocol:
            if len(server.connections) < self.limit():
                return server()
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(), _refuse)

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(protocol, self._host, self._port, backlog=_TAKEN_AT_ONCE)
        for listening in self._server.sockets:
            # Of the same socket: how many are taken at once, and how many may wait for that, are two things.
            with socket.socket(fileno=os.dup(listening.fileno())) as same:
                same.listen(self._backlog)


def _of_known_expectations(handle: Handling) -> Handling:
    """Refuses an `Expect` that aiohttp would quote in its answer, and break on, before anybody is asked."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if not request.headers.get("Expect", "").isascii():
            return web.Response(status=417)
        return await handle(request)

    return answer


class WebServer:
    """Serves an application until stopped."""

    def __init__(
        self,
        app: web.Application,
        host: str,
        port: int,
        max_connections: Callable[[], int] = lambda: MAX_CONNECTIONS,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._max_connections = max_connections
        self._runner = web.AppRunner(
            app,
            access_log=None,
            # The sources inflate bodies themselves, up to a limit.
            auto_decompress=False,
            keepalive_timeout=_IDLE_TIMEOUT,
            shutdown_timeout=_SHUTDOWN_TIMEOUT,
            lingering_time=_LINGERING,
        )

    async def start(self) -> None:
        """Begin to listen; raises OSError if the port cannot be had."""
        await self._runner.setup()
        server = self._runner.server
        assert server is not None  # noqa: S101 (it is set up)
        server.request_handler = _of_known_expectations(server.request_handler)
        site = _BoundedSite(self._runner, self._host, self._wanted_port, backlog=1024)
        site.limit = self._max_connections
        await site.start()

    async def stop(self) -> None:
        """Stop listening and let requests in flight finish, within 16 seconds."""
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port that is listened on, also where 0 asked for any free one."""
        address = self._runner.addresses[0]
        return int(address[1])
