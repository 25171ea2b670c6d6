"""The control API: JSON over HTTP to act as people, change the workspace, switch faults on and look at it.

Bodies must be `application/json`, so that a web page from elsewhere cannot reach it from a browser.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import TypeVar, get_args

from aiohttp import web

from slack_emulator.elements_use import CannotDo
from slack_emulator.entities import Channel, Json, User, UserGroup
from slack_emulator.faults import Fault, Faults
from slack_emulator.journal import Journal
from slack_emulator.people import People
from slack_emulator.socket_mode import DisconnectReason, SocketMode
from slack_emulator.state import full_state
from slack_emulator.world import World

LONGEST_POLL = 30.0
CALM_SECONDS = 0.01


@dataclass
class Parts:
    """The parts of an emulator that the control API reaches."""

    world: World
    sockets: SocketMode
    faults: Faults
    journal: Journal
    people: People
    reset: Callable[[], None]


Record = TypeVar("Record", User, Channel, UserGroup)
Act = Callable[[Json], Awaitable[Json]]


class ControlRoutes:
    """The `/control/` part of the server."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        acts = [
            *(self._press, self._press_in_view, self._submit, self._close, self._slash, self._open_home),
            *(self._edit, self._delete, self._webhook),
            *(self._say, self._read, self._reset, self._user, self._channel, self._usergroup, self._scopes),
            *(self._fault, self._clear_faults, self._drop_sockets, self._refuse_handshakes),
            *(self._disconnect, self._slow_acks, self._deliver_twice, self._redeliver),
        ]
        # The name of the method is the name of the act in the address.
        self._acts: dict[str, Act] = {act.__name__.removeprefix("_"): act for act in acts}

    async def state(self, request: web.Request) -> web.Response:
        """The state; with `after=VERSION&timeout=SECONDS`, once it is newer or the time has passed."""
        parts = self._parts
        if "after" in request.query:
            # Bounded, so that a client that went away does not hold a request for ever.
            timeout = min(float(request.query.get("timeout", "10")), LONGEST_POLL)
            await parts.world.wait_beyond(int(request.query["after"]), timeout)
            # A burst of changes is told as one, or waiting for its end would cost more than the burst.
            await asyncio.sleep(CALM_SECONDS)
        return web.json_response(full_state(parts.world, parts.sockets, parts.journal))

    async def act(self, request: web.Request) -> web.Response:
        """Do what the path names; 400 with the reason if it cannot be done."""
        act = self._acts.get(request.match_info["act"])
        if act is None:
            raise web.HTTPNotFound(text=f"no such control; there are {', '.join(self._acts)}")
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send application/json")
        body = await request.json()
        try:
            return web.json_response(await act(body))
        except (CannotDo, TypeError, ValueError, KeyError) as problem:
            return web.json_response({"error": str(problem)}, status=400)

    async def _press(self, body: Json) -> Json:
        return (await self._parts.people.press(**body)).as_json()

    async def _press_in_view(self, body: Json) -> Json:
        return (await self._parts.people.press_in_view(**body)).as_json()

    async def _submit(self, body: Json) -> Json:
        return (await self._parts.people.submit(**body)).as_json()

    async def _close(self, body: Json) -> Json:
        outcome = await self._parts.people.close(**body)
        return outcome.as_json() if outcome else {}

    async def _slash(self, body: Json) -> Json:
        return (await self._parts.people.slash(**body)).as_json()

    async def _open_home(self, body: Json) -> Json:
        self._parts.people.open_home(**body)
        return {}

    async def _say(self, body: Json) -> Json:
        return {"ts": self._parts.people.say(**body).ts}

    async def _edit(self, body: Json) -> Json:
        self._parts.people.edit(**body)
        return {}

    async def _delete(self, body: Json) -> Json:
        self._parts.people.delete(**body)
        return {}

    async def _webhook(self, body: Json) -> Json:
        return {"ts": self._parts.people.webhook(**body).ts}

    async def _read(self, body: Json) -> Json:
        self._parts.people.read(**body)
        return {}

    async def _reset(self, _body: Json) -> Json:
        self._parts.reset()
        return {}

    async def _user(self, body: Json) -> Json:
        return self._keep(self._parts.world.users, User, body)

    async def _channel(self, body: Json) -> Json:
        return self._keep(self._parts.world.channels, Channel, body)

    async def _usergroup(self, body: Json) -> Json:
        return self._keep(self._parts.world.usergroups, UserGroup, body)

    def _keep(self, kept: dict[str, Record], kind: type[Record], body: Json) -> Json:
        """Add a record, or change the named fields of one that exists."""
        known = {field.name for field in fields(kind)}
        if body.keys() - known:
            raise CannotDo(f"unknown fields: {', '.join(sorted(body.keys() - known))}")
        if body["id"] in kept:
            for name, value in body.items():
                setattr(kept[body["id"]], name, value)
        else:
            kept[body["id"]] = kind(**body)
        self._parts.world.touch()
        return dict(vars(kept[body["id"]]))

    async def _scopes(self, body: Json) -> Json:
        self._parts.world.scopes = [str(scope) for scope in body["scopes"]]
        return {}

    async def _fault(self, body: Json) -> Json:
        self._parts.faults.add(Fault(**body))
        return {}

    async def _clear_faults(self, _body: Json) -> Json:
        sockets = self._parts.sockets
        self._parts.faults.clear()
        sockets.refuse_handshakes = sockets.hold_acks = sockets.deliver_twice = 0
        return {}

    async def _drop_sockets(self, _body: Json) -> Json:
        self._parts.sockets.drop_all()
        return {}

    async def _refuse_handshakes(self, body: Json) -> Json:
        self._parts.sockets.refuse_handshakes = int(body["count"])
        return {}

    async def _disconnect(self, body: Json) -> Json:
        reason = body["reason"]
        if reason not in get_args(DisconnectReason):
            raise CannotDo(f"reason: one of {', '.join(get_args(DisconnectReason))}")
        await self._parts.sockets.disconnect_all(reason)
        return {}

    async def _slow_acks(self, body: Json) -> Json:
        self._parts.sockets.hold_seconds = float(body["seconds"])
        self._parts.sockets.hold_acks = int(body["count"])
        return {}

    async def _deliver_twice(self, body: Json) -> Json:
        self._parts.sockets.deliver_twice = int(body["count"])
        return {}

    async def _redeliver(self, body: Json) -> Json:
        return {"delivered": await self._parts.sockets.redeliver(str(body.get("envelope_id") or ""))}
