"""Keeping the socket to Slack open, and noticing when it is not.

The SDK reconnects by itself, but retries a refused handshake with the same single-use address for ever.
A watchdog therefore asks it every few seconds, forgets the address after a while, and after a longer
while throws the client away and begins with a new one.
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

    async def start(self) -> None:
        """Check the app token, then connect in the background; raises SlackRefused for a wrong one.

        The SDK would retry with a wrong token for ever, which is why it is checked here.
        """
        try:
            await call(self._app.client.apps_connections_open(app_token=self._app_token))
        except (SlackUnavailable, SlackAmbiguous) as error:
            log.error("no socket to Slack yet; it is tried again and again", error=str(error))
        self._last_connected = self._clock()
        self._connect()

    def _connect(self) -> None:
        self._handler = AsyncSocketModeHandler(self._app, self._app_token, ping_interval=PING_INTERVAL)
        self._connecting = asyncio.create_task(self._handler.connect_async())

    async def is_connected(self) -> bool:
        """Whether Slack can reach us now."""
        return self._handler is not None and bool(await self._handler.client.is_connected())

    async def watch(self) -> bool:
        """Look once, mend what the SDK would not; returns whether the socket is open."""
        now = self._clock()
        if await self.is_connected():
            self._last_connected = now
            return True
        away = now - self._last_connected
        log.warning("not connected to Slack", seconds=int(away.total_seconds()))
        if away > self._new_client_after:
            await self._replace_client()
        elif away > self._new_address_after and self._handler is not None:
            await self._forget_address(self._handler)
        return False

    async def _forget_address(self, handler: AsyncSocketModeHandler) -> None:
        handler.client.wss_uri = None  # the SDK asks for a new one where there is none
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(handler.client.connect_to_new_endpoint())

    async def _replace_client(self) -> None:
        log.error("Slack has been away for long; starting over with a new client")
        await self.stop()
        self._last_connected = self._clock()
        self._connect()

    async def stop(self) -> None:
        """Close the socket; nothing more will be delivered to us."""
        connecting, handler = self._connecting, self._handler
        self._connecting = self._handler = None
        if connecting is not None:
            connecting.cancel()
            # However an attempt to connect ended, the rest has to be closed all the same.
            await asyncio.gather(connecting, return_exceptions=True)
        if handler is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await handler.close_async()
