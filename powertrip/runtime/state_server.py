"""The port of its own on which a process tells its state."""

import asyncio
from collections.abc import Callable

import structlog
from aiohttp import web

from powertrip.ingest.server import WebServer

log = structlog.get_logger(__name__)

AGAIN_AFTER = 5.0
"""Seconds; the process that this one replaces may hold the port for as long as it takes to stop."""


class StateServer:
    """Serves the state until stopped.

    A port that is taken stops nothing, for records matter more: it is tried again until it is free. Else any
    user of the machine could keep Powertrip from starting.
    """

    def __init__(self, app: Callable[[], web.Application], host: str, port: int | None) -> None:
        """`port` None serves nothing; `app` is made anew for each attempt."""
        self._app = app
        self._host = host
        self._wanted_port = port
        self._server: WebServer | None = None
        self._retrying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen, now or as soon as the port is free."""
        if self._wanted_port is None or await self._try(self._wanted_port):
            return
        self._retrying = asyncio.create_task(self._retry(self._wanted_port))

    async def _try(self, port: int) -> bool:
        server = WebServer(self._app(), self._host, port)
        try:
            await server.start()
        except OSError as error:
            await server.stop()
            if self._retrying is None:
                advice = "end what holds it, or set metrics.port (METRICS_PORT) to another"
                log.error(
                    "state not served", host=self._host, port=port, error=error.strerror, what_to_do=advice
                )
            return False
        self._server = server
        log.info("state served", host=self._host, port=server.port)
        return True

    async def _retry(self, port: int) -> None:
        listens = False
        while not listens:
            await asyncio.sleep(AGAIN_AFTER)
            listens = await self._try(port)

    async def stop(self) -> None:
        """Stop listening."""
        if self._retrying is not None:
            self._retrying.cancel()
        if self._server is not None:
            await self._server.stop()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._server is None:
            raise RuntimeError("the state is not served")
        return self._server.port
