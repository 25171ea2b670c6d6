"""Socket Mode: tickets, connections, envelopes and their acknowledgements, `disconnect`, redelivery.

Each payload goes to any one of at most ten connections. An interactive payload or a command is sent once
and must be acknowledged within three seconds; an event is sent again at once, after a minute and after five.
"""

import asyncio
import json
import secrets
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import WSMsgType, web

from slack_emulator.entities import Json
from slack_emulator.world import World

EnvelopeType = Literal["events_api", "interactive", "slash_commands"]
DisconnectReason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]
MOST_CONNECTIONS = 10
WARNING_SECONDS = 10.0
ENVELOPES_KEPT = 2_000


@dataclass
class Timing:
    """How long things take, in seconds; the defaults are Slack's."""

    ack: float = 3.0
    connection: float = 18_060.0
    ping: float = 15.0
    event_retries: tuple[float, ...] = (0.0, 60.0, 300.0)


@dataclass
class Envelope:
    """One payload on its way to the app, and what came back."""

    id: str
    type: EnvelopeType
    payload: Json
    sent_at: float = 0.0
    deliveries: int = 0
    acks: int = 0
    ack_seconds: float | None = None
    ack_payload: Json | None = None
    retry: int = 0
    acked: asyncio.Event = field(default_factory=asyncio.Event)

    def frame(self) -> Json:
        shape: Json = {"envelope_id": self.id, "type": self.type, "payload": self.payload}
        shape["accepts_response_payload"] = self.type != "events_api"
        if self.type == "events_api":
            shape |= {"retry_attempt": self.retry, "retry_reason": "timeout" if self.retry else ""}
        return shape


@dataclass(eq=False)
class Connection:
    """One open WebSocket; `draining` ones get nothing new."""

    socket: web.WebSocketResponse
    request: web.Request
    draining: bool = False


class SocketMode:
    """The `/link/` part of the server, and the way payloads take to the app."""

    def __init__(self, world: World, timing: Timing) -> None:
        self._world = world
        self.timing = timing
        self.connections: list[Connection] = []
        self.envelopes: dict[str, Envelope] = {}
        self.opened = 0
        self.refused = 0
        self.refuse_handshakes = 0
        self.hold_acks = 0
        self.hold_seconds = 0.0
        self.deliver_twice = 0
        self._tickets: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def new_ticket(self) -> str:
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPNotFound(text="ticket unknown or used")
        # Used up even where the handshake fails: the app has to ask for another.
        self._tickets.discard(ticket)
        if self.refuse_handshakes > 0:
            self.refuse_handshakes -= 1
            self.refused += 1
            self._world.touch()
            raise web.HTTPServiceUnavailable(text="handshake refused by a fault")
        connection = Connection(web.WebSocketResponse(heartbeat=self.timing.ping), request)
        await connection.socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await self._disconnect(connection, "too_many_websockets")
            await connection.socket.close()
            return connection.socket
        await self._serve(connection)
        return connection.socket

    async def _serve(self, connection: Connection) -> None:
        self.connections.append(connection)
        self.opened += 1
        retiring = asyncio.create_task(self._retire(connection))
        try:
            await connection.socket.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self.connections),
                    "debug_info": {
                        "host": "emulator",
                        "build_number": 1,
                        "approximate_connection_time": int(self.timing.connection),
                    },
                    "connection_info": {"app_id": self._world.app.id},
                }
            )
            self._world.touch()
            async for message in connection.socket:
                if message.type == WSMsgType.TEXT:
                    self._received(message.data)
        finally:
            retiring.cancel()
            self.connections.remove(connection)
            self._world.touch()

    async def _retire(self, connection: Connection) -> None:
        await asyncio.sleep(self.timing.connection - WARNING_SECONDS)
        await self._disconnect(connection, "warning")
        await asyncio.sleep(WARNING_SECONDS)
        await self._disconnect(connection, "refresh_requested")
        await asyncio.sleep(WARNING_SECONDS)
        await connection.socket.close()

    async def _disconnect(self, connection: Connection, reason: DisconnectReason) -> None:
        connection.draining = reason != "warning"
        info = {"host": "emulator"}
        await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": info})

    def _received(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return  # Slack ignores what it cannot read on a socket
        envelope = self.envelopes.get(frame.get("envelope_id", "")) if isinstance(frame, dict) else None
        if envelope is None:
            return
        if self.hold_acks > 0:
            self.hold_acks -= 1
            self._spawn(self._acknowledge_late(envelope, frame))
        else:
            self._acknowledge(envelope, frame)

    def _acknowledge(self, envelope: Envelope, frame: Json) -> None:
        envelope.acks += 1
        # Only the first acknowledgement counts; a second one is counted, and shows a fault of the app.
        if envelope.ack_seconds is None:
            envelope.ack_seconds = self._world.clock() - envelope.sent_at
            envelope.ack_payload = frame.get("payload")
            envelope.acked.set()
        self._world.touch()

    async def _acknowledge_late(self, envelope: Envelope, frame: Json) -> None:
        await asyncio.sleep(self.hold_seconds)
        self._acknowledge(envelope, frame)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        # The loop itself holds a task by a weak reference only.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, envelope: Envelope) -> bool:
        """Send the envelope to any one connection; False if there is none."""
        # Slack may pick any connection: an app must not count on the newest.
        usable = [c for c in self.connections if not c.draining and not c.socket.closed]
        while usable:
            connection = usable.pop(secrets.randbelow(len(usable)))
            try:
                await connection.socket.send_json(envelope.frame())
            except ConnectionError:
                continue
            envelope.deliveries += 1
            return True
        return False

    def _new_envelope(self, kind: EnvelopeType, payload: Json, retry: int = 0) -> Envelope:
        envelope = Envelope(str(uuid.uuid4()), kind, payload, self._world.clock(), retry=retry)
        self.envelopes[envelope.id] = envelope
        # The oldest goes; a dict keeps the order of arrival.
        if len(self.envelopes) > ENVELOPES_KEPT:
            del self.envelopes[next(iter(self.envelopes))]
        return envelope

    async def _await_ack(self, envelope: Envelope) -> bool:
        try:
            async with asyncio.timeout(self.timing.ack):
                await envelope.acked.wait()
        except TimeoutError:
            return False
        return True

    async def ask(self, kind: EnvelopeType, payload: Json) -> tuple[Envelope, str]:
        """Send what a person did: the envelope and "", `no_connection` or `timeout`."""
        envelope = self._new_envelope(kind, payload)
        if not await self._deliver(envelope):
            return envelope, "no_connection"
        if self.deliver_twice > 0:
            self.deliver_twice -= 1
            await self._deliver(envelope)
        return envelope, "" if await self._await_ack(envelope) else "timeout"

    def tell(self, payload: Json) -> None:
        """Send an event in the background, again and again until it is acknowledged or given up."""

        async def send() -> None:
            for retry, pause in enumerate((0.0, *self.timing.event_retries)):
                await asyncio.sleep(pause)
                envelope = self._new_envelope("events_api", payload, retry)
                if await self._deliver(envelope) and await self._await_ack(envelope):
                    return

        self._spawn(send())

    async def redeliver(self, envelope_id: str = "") -> bool:
        """Send an envelope (the last one if none is named) once more as it was; False if it cannot be."""
        chosen = envelope_id or next(reversed(self.envelopes), "")
        return chosen in self.envelopes and await self._deliver(self.envelopes[chosen])

    async def disconnect_all(self, reason: DisconnectReason) -> None:
        """Tell every connection to go, politely; all but a warning are closed if they stay."""
        for connection in list(self.connections):
            await self._disconnect(connection, reason)
            if reason != "warning":
                self._spawn(self._close_later(connection))

    async def _close_later(self, connection: Connection) -> None:
        await asyncio.sleep(WARNING_SECONDS)
        await connection.socket.close()

    def drop_all(self) -> None:
        for connection in self.connections:
            # Not closed, but aborted: a close frame would be a word.
            if connection.request.transport:
                connection.request.transport.abort()

    def forget(self) -> None:
        """Forget what was sent and what faults were on; connections stay."""
        self.envelopes.clear()
        self.refuse_handshakes = self.hold_acks = self.deliver_twice = 0
        for task in list(self._tasks):
            task.cancel()

    async def stop(self) -> None:
        self.forget()
        for connection in list(self.connections):
            await connection.socket.close()
