"""Takes a Web API request through faults, rates, authentication and the method, to Slack's kind of answer."""

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web

from slack_emulator.api import METHODS
from slack_emulator.api.base import ApiError, Args, Call
from slack_emulator.entities import APP_TOKEN, BOT_TOKEN, Json
from slack_emulator.faults import Fault, Faults
from slack_emulator.journal import Journal, RecordedCall
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


BREAKING = ("drop_before", "timeout_after_taken")
"""Faults after which the connection breaks."""


def _check_token(request: web.Request, method: str, args: Args, errors: Mapping[str, str]) -> None:
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
    if token in errors:
        raise ApiError(errors[token])


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
        if fault and fault.kind in ("late", "taken_late"):
            # Whoever waits for the call itself need not wait for its work.
            self._world.touch()
        if fault and fault.kind == "taken_late":
            self._faults.later(self._answer_late(request, recorded, Args(values), fault))
            return _broken(request)
        if fault and fault.kind == "late":
            await self._faults.hold(fault.delay)
        response = await self._answer(request, recorded, Args(values), fault)
        if fault and fault.delay and fault.kind != "late":
            # The work is done, and a test may look at it while the app still waits.
            await asyncio.sleep(fault.delay)
        return _broken(request) if fault and fault.kind in BREAKING else response

    async def _answer_late(
        self, request: web.Request, recorded: RecordedCall, args: Args, fault: Fault
    ) -> None:
        await self._faults.hold(fault.delay)
        await self._answer(request, recorded, args, fault)

    async def _answer(
        self, request: web.Request, recorded: RecordedCall, args: Args, fault: Fault | None
    ) -> web.Response:
        response = await self._work(request, recorded.method, args, fault)
        recorded.status = response.status
        if isinstance(response.body, bytes) and response.content_type == "application/json":
            recorded.error = str(json.loads(response.body).get("error", ""))
        self._world.touch()
        return response

    async def _work(self, request: web.Request, name: str, args: Args, fault: Fault | None) -> web.Response:
        if fault and (answer := faulty_answer(fault)):
            return answer
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
            _check_token(request, name, args, self._world.conditions.token_errors)
        base_url = f"http://{request.host}"
        call = Call(name, args, self._world, base_url, self._sockets.new_ticket, headers)
        return await method.handler(call)


def faulty_answer(fault: Fault) -> web.Response | None:
    """The answer in place of the work; None for a fault with which the work is done."""
    if fault.kind == "ratelimited":
        headers = {"Retry-After": str(fault.retry_after)}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    if fault.kind == "error":
        return web.json_response({"ok": False, "error": fault.error})
    if fault.kind in ("http_error", "drop_before"):
        return web.Response(status=fault.status, text="upstream connect error")
    return None


def _broken(request: web.Request) -> web.Response:
    """An answer that nobody gets, for the connection is gone."""
    if request.transport:
        request.transport.abort()
    return web.Response()
