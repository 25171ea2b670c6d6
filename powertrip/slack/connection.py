"""Keeps the socket to Slack open, and notices when it is not.

The SDK reconnects by itself, but retries a refused handshake with the same single-use address for ever.
A watchdog therefore checks it every few seconds, drops the address after a while, and after a longer while
replaces the client.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp

from powertrip.errors import SlackAmbiguous, SlackUnavailable
from powertrip.slack.calls import call

log = structlog.get_logger(__name__)

PING_INTERVAL = 5
"""Seconds between pings; four unanswered ones make the SDK call the socket stale."""
BRIEF = timedelta(seconds=5)
"""Without a socket for no longer than this nothing is wrong yet."""
CLOSE_TIMEOUT = 5
"""Seconds that closing may take: the SDK's close has been seen to hang."""


class SocketConnection:
    """One Socket Mode connection with its watchdog."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        clock: Callable[[], datetime],
        *,
        new_address_after: timedelta = timedelta(seconds=30),
        new_client_after: timedelta = timedelta(seconds=120),
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._clock = clock
        self._new_address_after = new_address_after
        self._new_client_after = new_client_after
        self._handler: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._last_connected = clock()
        self._was_connected = False

    async def start(self) -> None:
        """Check the app token, then connect in the background; raises SlackRefused for a wrong one."""
        # The SDK would retry with a wrong token for ever.
        try:
            await call(self._app.client.apps_connections_open(app_token=self._app_token))
        except (SlackUnavailable, SlackAmbiguous) as error:
            log.error("Slack gives no socket, retrying", error=str(error))
        self._last_connected = self._clock()
        self._connect()

    def _connect(self) -> None:
        self._handler = AsyncSocketModeHandler(self._app, self._app_token, ping_interval=PING_INTERVAL)
        self._connecting = asyncio.create_task(self._open(self._handler))

    async def _open(self, handler: AsyncSocketModeHandler) -> None:
        await handler.connect_async()
        self._tell(is_connected=await self.is_connected())

    def _tell(self, *, is_connected: bool) -> None:
        if is_connected != self._was_connected:
            self._was_connected = is_connected
            log.info("connected to Slack" if is_connected else "socket to Slack closed")

    async def is_connected(self) -> bool:
        """Whether Slack can reach us now."""
        return self._handler is not None and bool(await self._handler.client.is_connected())

    async def watch(self) -> bool:
        """Check once and mend what the SDK does not; returns whether the socket is open."""
        now = self._clock()
        is_connected = await self.is_connected()
        self._tell(is_connected=is_connected)
        if is_connected:
            self._last_connected = now
            return True
        away = now - self._last_connected
        # At the start the socket opens in the background, and Slack itself closes it now and then.
        if away > BRIEF:
            log.warning("not connected to Slack", seconds=int(away.total_seconds()))
        if away > self._new_client_after:
            log.error("socket to Slack stays closed, starting a new client")
            await self.stop()
            # Counts from here, or each look would throw away the client that the last one made.
            self._last_connected = self._clock()
            self._connect()
        elif away > self._new_address_after and self._handler is not None:
            client = self._handler.client
            client.wss_uri = None  # the SDK asks for a new one where there is none
            if self._connecting is None or self._connecting.done():
                self._connecting = asyncio.create_task(client.connect_to_new_endpoint())
        return False

    async def stop(self) -> None:
        """Close the socket; nothing more will be delivered to us."""
        connecting, handler = self._connecting, self._handler
        self._connecting = self._handler = None
        if connecting is not None:
            connecting.cancel()
            # However the attempt to connect ended, the handler has to be closed all the same.
            await asyncio.gather(connecting, return_exceptions=True)
        if handler is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await handler.close_async()
