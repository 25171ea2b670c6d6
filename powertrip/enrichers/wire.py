"""Calls to a service over HTTP: bounded in time and size, without redirects, each failure in words."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from powertrip.errors import ServiceBusy, ServiceRefused, ServiceUnavailable

CALL_TIMEOUT = 10.0
"""Seconds for one call and its answer."""
ANSWER_LIMIT = 2 << 20
"""Bytes of an answer; a hundred addresses take about 200 KiB."""
BUSY_WAIT = 60.0
"""Seconds to wait after 429 where the service does not say; quotas are counted by the minute."""
LONGEST_WAIT = 300.0
"""Seconds; a service that wants to be left alone for longer is unavailable."""
PASSED_ON = frozenset({400, 404, 422})
"""Answers about the address rather than about us."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer that the service's adapter understands."""

    status: int
    """200, or one of those that are about the address: 400, 404, 422."""
    body: Any
    """What its JSON says; None beside any status but 200."""


def new_client() -> httpx.AsyncClient:
    """The client that all services share."""
    return httpx.AsyncClient(timeout=CALL_TIMEOUT, follow_redirects=False)


class Wire:
    """The way to one service."""

    def __init__(
        self, client: httpx.AsyncClient, *, name: str, base_url: str, headers: Mapping[str, str], setting: str
    ) -> None:
        self._client = client
        self._name = name
        self._base_url = base_url
        # An answer that is not compressed cannot inflate.
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        self._setting = setting

    async def get(self, path: str, parameters: Mapping[str, str] | None = None) -> HttpAnswer:
        """Ask; raises EnrichmentError. `path` is relative to the base address."""
        return await self._call("GET", path, params=parameters)

    async def post(self, path: str, addresses: Sequence[str]) -> HttpAnswer:
        """Ask about many addresses at once; raises EnrichmentError."""
        return await self._call("POST", path, json=list(addresses))

    async def _call(self, method: str, path: str, **what: Any) -> HttpAnswer:
        request = self._client.build_request(method, self._base_url + path, headers=self._headers, **what)
        try:
            # httpx bounds each read; this bounds them all.
            async with asyncio.timeout(CALL_TIMEOUT):
                response = await self._client.send(request, stream=True)
                try:
                    return await self._understand(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ServiceUnavailable(f"{self._name} did not answer in time") from error
        except httpx.HTTPError as error:
            raise ServiceUnavailable(f"{self._name} cannot be reached") from error

    async def _understand(self, response: httpx.Response) -> HttpAnswer:
        status = response.status_code
        if status in PASSED_ON:
            return HttpAnswer(status, None)
        if status == 429:
            raise self._busy(response.headers.get("Retry-After", ""))
        if status in (401, 403) or 300 <= status < 400:
            raise ServiceRefused(f"{self._name}: {self._refusal(status)}")
        if status != 200:
            raise ServiceUnavailable(f"{self._name} answered with an error ({status})")
        return HttpAnswer(status, await self._json(response))

    def _refusal(self, status: int) -> str:
        if status == 401:
            return f"the token is not accepted (401); check {self._setting}"
        if status == 403:
            return f"the subscription does not allow this (403); check {self._setting}"
        return f"it answers with a redirect ({status}), which is not followed; check base_url"

    def _busy(self, retry_after: str) -> ServiceUnavailable:
        wait = float(retry_after) if retry_after.isdecimal() and len(retry_after) < 9 else BUSY_WAIT
        words = f"{self._name}: the quota is used up (429)"
        return ServiceUnavailable(words, wait) if wait > LONGEST_WAIT else ServiceBusy(words, max(wait, 1.0))

    async def _json(self, response: httpx.Response) -> Any:
        read = bytearray()
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) > ANSWER_LIMIT:
                raise ServiceUnavailable(f"{self._name} sent more than {ANSWER_LIMIT >> 20} MiB")
        try:
            return json.loads(read)
        except (ValueError, RecursionError) as error:
            raise ServiceUnavailable(f"{self._name} answered with something that is not JSON") from error
