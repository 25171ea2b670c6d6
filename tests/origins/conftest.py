"""A HIDS at the wire, and a verdict to tell it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from powertrip.event import Verdict
from powertrip.origins import new_client
from powertrip.ports import OriginVerdict
from tests.samples import ALICE, NOW


@dataclass
class Call:
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Said:
    """What is answered next."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """Answers each path with what the test put there, in order, the last for ever."""

    url: str = ""
    answers: dict[str, list[Said]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    client: httpx.AsyncClient = field(default_factory=lambda: new_client(None))

    async def handle(self, request: web.Request) -> web.Response:
        """Write the call down and answer it."""
        body = await request.read()
        self.calls.append(Call(request.method, request.path, dict(request.headers), body))
        waiting = self.answers.get(request.path) or self.answers.get("*") or [Said()]
        said = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return web.json_response(said.body, status=said.status, headers=said.headers)


@asynccontextmanager
async def serve() -> AsyncIterator[Server]:
    """A HIDS on this machine, while the context lasts."""
    server, app = Server(), web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    running = TestServer(app)
    await running.start_server()
    server.url = str(running.make_url("/"))
    yield server
    await server.client.aclose()
    await running.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A HIDS on this machine."""
    async with serve() as running:
        yield running


@pytest.fixture
def verdict() -> OriginVerdict:
    """Alice approved her login."""
    return OriginVerdict(
        event_id="event00001",
        verdict=Verdict.APPROVE,
        alert_id="1768478399.1549653",
        rule="ssh_login",
        user_name="alice",
        host_name="bastion-1",
        source_ip="192.0.2.10",
        occurred_at=NOW,
        decided_by=ALICE,
        decided_by_name="Alice",
        decided_at=NOW,
        reason=None,
    )
