"""A HIDS that answers what a test lines up, and a verdict to tell it."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from powertrip.domain.hids import OriginVerdict
from powertrip.net import HttpClient
from tests.outside import client_of, json_answer
from tests.samples import APPROVED, NOW


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

    answers: dict[str, list[Said]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    is_away: bool = False
    url: str = "https://hids.example.com/"

    def http(self, url: str) -> HttpClient:
        """The way to it."""
        return HttpClient(
            client=client_of(self.handle),
            clock=lambda: NOW,
            name="origins.wazuh.tell",
            base_url=url.rstrip("/"),
        )

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Write the call down and answer it."""
        if self.is_away:
            raise httpx.ConnectError("nobody listens there", request=request)
        path = request.url.path
        headers = {name.title(): value for name, value in request.headers.items()}
        self.calls.append(Call(request.method, path, headers, request.content))
        waiting = self.answers.get(path) or self.answers.get("*") or [Said()]
        said = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return json_answer(said.body, said.status, said.headers)


@pytest.fixture
def server() -> Server:
    """A HIDS."""
    return Server()


@pytest.fixture
def verdict() -> OriginVerdict:
    """Alice approved her login."""
    return APPROVED
