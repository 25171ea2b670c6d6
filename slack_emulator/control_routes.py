"""The control API: JSON over HTTP to act as people, change the workspace, switch faults on and look at it.

Bodies must be `application/json`, so that a web page from elsewhere cannot reach it from a browser.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import TypeVar, get_args

from aiohttp import web

from slack_emulator.elements_use import CannotDo
from slack_emulator.enterprise import join_enterprise
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


class Acts:
    """What `POST /control/NAME` does: the method NAME, with the JSON body, and its JSON answer."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def press(self, body: Json) -> Json:
        return (await self._parts.people.press(**body)).as_json()

    async def press_in_view(self, body: Json) -> Json:
        return (await self._parts.people.press_in_view(**body)).as_json()

    async def submit(self, body: Json) -> Json:
        return (await self._parts.people.submit(**body)).as_json()

    async def close(self, body: Json) -> Json:
        outcome = await self._parts.people.close(**body)
        return outcome.as_json() if outcome else {}

    async def slash(self, body: Json) -> Json:
        return (await self._parts.people.slash(**body)).as_json()

    async def open_home(self, body: Json) -> Json:
        self._parts.people.open_home(**body)
        return {}

    async def say(self, body: Json) -> Json:
        return {"ts": self._parts.people.say(**body).ts}

    async def edit(self, body: Json) -> Json:
        self._parts.people.edit(**body)
        return {}

    async def delete(self, body: Json) -> Json:
        self._parts.people.delete(**body)
        return {}

    async def webhook(self, body: Json) -> Json:
        return {"ts": self._parts.people.webhook(**body).ts}

    async def read(self, body: Json) -> Json:
        self._parts.people.read(**body)
        return {}

    async def reset(self, _body: Json) -> Json:
        self._parts.reset()
        return {}

    async def user(self, body: Json) -> Json:
        return self._keep(self._parts.world.users, User, body)

    async def channel(self, body: Json) -> Json:
        return self._keep(self._parts.world.channels, Channel, body)

    async def usergroup(self, body: Json) -> Json:
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

    async def scopes(self, body: Json) -> Json:
        self._parts.world.scopes = [str(scope) for scope in body["scopes"]]
        return {}

    async def fault(self, body: Json) -> Json:
        self._parts.faults.add(Fault(**body))
        return {}

    async def release(self, _body: Json) -> Json:
        self._parts.faults.release()
        return {}

    async def token(self, body: Json) -> Json:
        errors = self._parts.world.conditions.token_errors
        errors.pop(body["token"], None)
        if body["error"]:
            errors[body["token"]] = str(body["error"])
        return {}

    async def renew_direct_messages(self, body: Json) -> Json:
        return {"id": self._parts.world.renew_direct_messages(body["user_id"]).id}

    async def join_enterprise(self, body: Json) -> Json:
        join_enterprise(self._parts.world, str(body["enterprise_id"]))
        return {}

    async def lag_reads(self, body: Json) -> Json:
        self._parts.world.conditions.read_lag = float(body["seconds"])
        return {}

    async def edit_window(self, body: Json) -> Json:
        seconds = body["seconds"]
        self._parts.world.conditions.edit_window = None if seconds is None else float(seconds)
        return {}

    async def short_pages(self, body: Json) -> Json:
        self._parts.world.conditions.short_pages = bool(body["on"])
        return {}

    async def clear_faults(self, _body: Json) -> Json:
        sockets = self._parts.sockets
        self._parts.faults.clear()
        sockets.refuse_handshakes = sockets.hold_acks = sockets.deliver_twice = 0
        return {}

    async def drop_sockets(self, _body: Json) -> Json:
        self._parts.sockets.drop_all()
        return {}

    async def refuse_handshakes(self, body: Json) -> Json:
        self._parts.sockets.refuse_handshakes = int(body["count"])
        return {}

    async def disconnect(self, body: Json) -> Json:
        reason = body["reason"]
        if reason not in get_args(DisconnectReason):
            raise CannotDo(f"reason: one of {', '.join(get_args(DisconnectReason))}")
        await self._parts.sockets.disconnect_all(reason)
        return {}

    async def slow_acks(self, body: Json) -> Json:
        self._parts.sockets.hold_seconds = float(body["seconds"])
        self._parts.sockets.hold_acks = int(body["count"])
        return {}

    async def deliver_twice(self, body: Json) -> Json:
        self._parts.sockets.deliver_twice = int(body["count"])
        return {}

    async def redeliver(self, body: Json) -> Json:
        return {"delivered": await self._parts.sockets.redeliver(str(body.get("envelope_id") or ""))}


class ControlRoutes:
    """The `/control/` part of the server."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        acts = Acts(parts)
        self._acts: dict[str, Act] = {
            name: getattr(acts, name) for name in vars(Acts) if not name.startswith("_")
        }

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
