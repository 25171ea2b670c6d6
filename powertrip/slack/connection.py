"""Keeps the socket to Slack open, and notices when it is not.

The SDK reconnects by itself, but retries a refused handshake with the same single-use address for ever.
That address is therefore forgotten at once. A watchdog checks the socket every few seconds, drops the address
after a while whatever the reason, and after a longer while replaces the client.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import TraceConfig, TraceRequestEndParams, WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from powertrip.errors import SlackAmbiguous, SlackMisconfigured, SlackRefused, SlackUnavailable
from powertrip.slack.calls import call, classify

log = structlog.get_logger(__name__)

PING_INTERVAL = 5
"""Seconds between pings; four unanswered ones make the SDK call the socket stale."""
BRIEF = timedelta(seconds=5)
"""Without a socket for no longer than this nothing is wrong yet."""
CLOSE_TIMEOUT = 5
"""Seconds that closing may take: the SDK's close has been seen to hang."""
CROWDED_FIRST, CROWDED_LONGEST = 1.0, 60.0
"""Seconds before another socket is asked for where too many are open: doubled up to the longest."""
PATIENT_FROM, PATIENT_LONGEST = 3, 25.0
"""From so many refused handshakes in a row on another address is waited for, from a second doubled up to the
longest: the SDK pauses for PING_INTERVAL anyway, and Slack gives few addresses a minute."""
CROWDED = (
    "Slack closes the socket: this app has as many open as it may (too_many_websockets); "
    "stop the other processes that use its app token"
)


class _Client(SocketModeClient):
    """The SDK's client, which asks for another socket at once and for ever; this one is told when it may."""

    def __init__(self, connection: "SocketConnection", **about: Any) -> None:
        super().__init__(**about, on_message_listeners=[self._hear])
        self._connection = connection
        handshakes = TraceConfig()
        handshakes.on_request_end.append(self._shake)
        handshakes.freeze()
        self.aiohttp_client_session.trace_configs.append(handshakes)

    async def issue_new_wss_url(self) -> str:
        await asyncio.sleep(self._connection.ask_in)
        try:
            return await super().issue_new_wss_url()
        except SlackApiError as error:
            self._connection.refused(classify(error))
            raise

    async def _shake(self, _session: object, _context: object, done: TraceRequestEndParams) -> None:
        if done.response.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.wss_uri = None  # the SDK asks for a new one where there is none
            self._connection.handshake_refused(done.response.status)

    async def _hear(self, message: WSMessage) -> None:
        with contextlib.suppress(ValueError, AttributeError):
            frame = json.loads(message.data)
            if frame.get("type") == "hello":
                self._connection.opened()
            elif frame.get("reason") == "too_many_websockets":
                self._connection.crowded()


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler with that client; its own way to be made would make another, and leave it open."""

    def __init__(self, app: AsyncApp, app_token: str, connection: "SocketConnection") -> None:
        self.app = app
        self.app_token = app_token
        self.client: _Client = _Client(
            connection,
            app_token=app_token,
            logger=app.logger,
            web_client=app.client,
            ping_interval=PING_INTERVAL,
        )
        self.client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]


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
        self._was_connected = False
        self._last_connected = self._opened_at = self._crowded_at = clock()
        self._crowded_times = self._handshakes_refused = 0
        self.trouble = ""
        """Why Slack gives no socket, as far as it says; empty where nothing is known to be wrong."""
        self.needs_operator = False
        """Whether that does not pass by itself."""

    async def start(self) -> bool:
        """Check the app token, then connect in the background; raises SlackRefused for a wrong one.

        Returns whether Slack gave a socket.
        """
        # The SDK would retry with a wrong token for ever.
        address = None
        try:
            answer = await call(self._app.client.apps_connections_open(app_token=self._app_token))
            address = answer["url"]
        except (SlackUnavailable, SlackAmbiguous) as error:
            log.error("Slack gives no socket, retrying", error=str(error))
        self.begin(address)
        return address is not None

    def begin(self, address: str | None = None) -> None:
        """Connect in the background, again and again; `address` is the first to be tried."""
        self._last_connected = self._clock()
        self._connect(address)

    def opened(self) -> None:
        """Slack said hello."""
        self._opened_at = self._clock()
        self._handshakes_refused = 0
        self.trouble, self.needs_operator = "", False

    def crowded(self) -> None:
        """Slack said that the app has too many sockets open."""
        # A greeting just before says nothing: only a socket that stayed open shows that there is room.
        if self._clock() - self._opened_at > timedelta(seconds=CROWDED_LONGEST):
            self._crowded_times = 0
        self._crowded_times += 1
        self._crowded_at = self._clock()
        self.trouble, self.needs_operator = CROWDED, True
        log.error("too many sockets to Slack are open", reason="too_many_websockets", wait=self.ask_in)

    def handshake_refused(self, status: int) -> None:
        """Slack gave an address, and no socket there."""
        self._handshakes_refused += 1
        log.warning("Slack refuses the socket, asking for another address", status=status, wait=self.ask_in)
        if self.trouble != CROWDED:
            self.trouble, self.needs_operator = f"Slack answers {status} where it gave a socket", False

    @property
    def ask_in(self) -> float:
        """Seconds to wait before another socket is asked for."""
        if self.trouble == CROWDED:
            return min(CROWDED_FIRST * 2.0 ** min(self._crowded_times - 1, 10), CROWDED_LONGEST)
        if self._handshakes_refused < PATIENT_FROM:
            return 0.0
        return min(2.0 ** min(self._handshakes_refused - PATIENT_FROM, 10), PATIENT_LONGEST)

    def refused(self, error: SlackUnavailable | SlackAmbiguous | SlackRefused) -> None:
        """Slack gave no socket."""
        self.trouble, self.needs_operator = str(error), isinstance(error, SlackMisconfigured)

    def _connect(self, address: str | None = None) -> None:
        self._handler = _Handler(self._app, self._app_token, self)
        # Slack gives few of them a minute, so the one from the check of the token is used.
        self._handler.client.wss_uri = address
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
            log.warning("not connected to Slack", seconds=int(away.total_seconds()), why=self.trouble)
        if self.trouble == CROWDED and now - self._crowded_at < timedelta(seconds=2 * CROWDED_LONGEST):
            return False  # a new address, or client, would only ask sooner than is any use
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
