"""An API that answers what a test lines up, and keeps what it was asked."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from powertrip.net import HttpClient
from powertrip.polls import poll_client
from tests.outside import answer, client_of, json_answer
from tests.samples import NOW


@dataclass
class Asked:
    """One request."""

    path: str
    query: dict[str, str]
    headers: httpx.Headers
    body: Any


@dataclass
class Api:
    """Answers in order, the last one for ever; an answer is JSON, or a whole response."""

    answers: list[Any] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = "https://api.example.com"
    is_away: bool = False

    def http(self) -> HttpClient:
        """The way to it."""
        return poll_client(client_of(self.handle), lambda: NOW)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("nobody listens there", request=request)
        body = json.loads(request.content) if request.content else None
        self.asked.append(Asked(request.url.path, dict(request.url.params), request.headers, body))
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(given, tuple):
            status, text, headers = given
            return answer(status, text.encode(), headers)
        return json_answer(given)
