"""Takes a Web API request through faults, rates, authentication and the method, to Slack's kind of answer."""

import asyncio
import json

from aiohttp import web

from slack_emulator.api import METHODS
from slack_emulator.api.base import ApiError, Args, Call
from slack_emulator.entities import APP_TOKEN, BOT_TOKEN, Json
from slack_emulator.faults import Fault, Faults
from slack_emulator.journal import Journal
from slack_emulator.rates import Rates
from slack_emulator.socket_mode import SocketMode
from slack_emulator.world import World


async def read_arguments(request: web.Request) -> Json:
    """The arguments from the query and the body; raises ApiError for a body that is neither form nor JSON."""
    values: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError as problem:
            raise ApiError("invalid_json") from problem
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        return values | body
    return values | dict(await request.post())


def _check_token(request: web.Request, method: str, args: Args) -> None:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if method == "apps.connections.open":
        token, wanted, other = bearer, APP_TOKEN, BOT_TOKEN
    else:
        token, wanted, other = bearer or args.text("token"), BOT_TOKEN, APP_TOKEN
    if not token:
        raise ApiError("not_authed")
    if token == other:
        raise ApiError("not_allowed_token_type")
    if token != wanted:
        raise ApiError("invalid_auth")


class WebApi:
    """The `/api/` part of the server."""

    def __init__(
        self, world: World, sockets: SocketMode, faults: Faults, rates: Rates, journal: Journal
    ) -> None:
        self._world = world
        self._sockets = sockets
        self._faults = faults
        self._rates = rates
        self._journal = journal

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        try:
            values = await read_arguments(request)
        except ApiError as error:
            return web.json_response(error.body())
        recorded = self._journal.record(name, values, self._world.clock())
        fault = self._faults.take(name)
        recorded.fault = fault.kind if fault else ""
        response = await self._answer(request, name, Args(values), fault)
        recorded.status = response.status
        if isinstance(response.body, bytes) and response.content_type == "application/json":
            recorded.error = str(json.loads(response.body).get("error", ""))
        # Before the delay: the work is done, and a test may look at it while the app still waits.
        self._world.touch()
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.kind in ("drop_before", "timeout_after_taken") and request.transport:
            request.transport.abort()
        return response

    async def _answer(self, request: web.Request, name: str, args: Args, fault: Fault | None) -> web.Response:
        if fault and fault.kind in ("http_error", "ratelimited", "error", "drop_before"):
            return _faulty_answer(fault)
        headers: dict[str, str] = {}
        try:
            body: Json = {"ok": True, **await self._run(request, name, args, headers)}
        except ApiError as error:
            if error.status == 429:
                headers["Retry-After"] = str(error.more.pop("retry_after"))
            return web.json_response(error.body(), status=error.status, headers=headers)
        return web.json_response(body, headers=headers)

    async def _run(self, request: web.Request, name: str, args: Args, headers: dict[str, str]) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        # By the channel's id: its name and its id are one bucket.
        channel = self._world.channel_id(args.text("channel"))
        wait = self._rates.retry_after(name, method.per_minute, channel)
        if wait:
            raise ApiError("ratelimited", status=429, retry_after=wait)
        if name != "api.test":
            _check_token(request, name, args)
        base_url = f"http://{request.host}"
        call = Call(name, args, self._world, base_url, self._sockets.new_ticket, headers)
        return await method.handler(call)


def _faulty_answer(fault: Fault) -> web.Response:
    if fault.kind == "ratelimited":
        headers = {"Retry-After": str(fault.retry_after)}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    if fault.kind == "error":
        return web.json_response({"ok": False, "error": fault.error})
    return web.Response(status=fault.status, text="upstream connect error")
