"""What a process says of its own state to platforms and to Prometheus, and who may hear it.

`/healthz` is open: it says only that the process lives. `/readyz` and `/metrics` tell an intruder whether
anybody was asked about his login, and whether somebody has answered. They stand on a port of their own,
which by default only this machine reaches; beside the records they are answered to whoever has the token.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import SecretStr

from powertrip.config.secret import is_borne_by
from powertrip.metrics import Metrics

READINESS_TIMEOUT = 5.0
"""Seconds; platforms give up after about ten."""
_MOVED = (
    "this is answered on metrics.port of the configuration (9464), which by default only the machine itself "
    "reaches; here it is answered to whoever sends metrics.token as a bearer token, once one is set"
)
_NOT_BORNE = "send metrics.token of the configuration as a bearer token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be well for this process to be of use."""

    name: str
    ok: bool
    detail: str = ""
    """The fault and its remedy; never a secret."""


Readiness = Callable[[], Awaitable[Sequence[Check]]]


async def _nothing() -> None:
    """Where all metrics are set by the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateEndpoint:
    """Answers platforms and Prometheus."""

    readiness: Readiness
    metrics: Metrics
    token: Callable[[], SecretStr | None]
    """Read at each request, so that a reload takes effect."""
    refresh: Callable[[], Awaitable[None]] = _nothing
    """Sets the metrics that nobody sets by the way."""

    def app_of_its_own(self) -> web.Application:
        """An application for the port of its own."""
        app = web.Application()
        self._add_to(app, beside_records=False)
        return app

    def add_beside_records(self, app: web.Application) -> None:
        """Add the routes to the application that the Internet reaches."""
        self._add_to(app, beside_records=True)

    def _add_to(self, app: web.Application, *, beside_records: bool) -> None:
        app.router.add_get("/healthz", health)
        for path, handler in {"/readyz": self.ready, "/metrics": self.exposition}.items():
            app.router.add_get(path, self._guarded(handler, needs_token=beside_records))

    def _guarded(self, handler: Handler, *, needs_token: bool) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            token = self.token()
            if token is None and needs_token:
                return web.json_response({"error": _MOVED}, status=404)
            if token is not None and not is_borne_by(token, request.headers.get("Authorization")):
                return web.json_response(
                    {"error": _NOT_BORNE}, status=401, headers={"WWW-Authenticate": "Bearer"}
                )
            return await handler(request)

        return handle

    async def ready(self, _request: web.Request) -> web.Response:
        """503 as long as a check fails."""
        try:
            async with asyncio.timeout(READINESS_TIMEOUT):
                checks = await self.readiness()
        except TimeoutError:
            checks = [Check(name="readiness", ok=False, detail=f"no answer within {READINESS_TIMEOUT:g} s")]
        ready = all(check.ok for check in checks)
        answer = {"ready": ready, "checks": [asdict(check) for check in checks]}
        return web.json_response(answer, status=200 if ready else 503)

    async def exposition(self, _request: web.Request) -> web.Response:
        """The metrics in Prometheus's text format 0.0.4."""
        await self.refresh()
        content_type = "text/plain; version=0.0.4; charset=utf-8"
        return web.Response(body=self.metrics.exposition(), headers={"Content-Type": content_type})


async def health(_request: web.Request) -> web.Response:
    """Whether the process is alive, whatever else is wrong: a platform restarts it where it is not."""
    return web.json_response({"status": "alive"})
