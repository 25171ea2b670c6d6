"""Calls to a HIDS over HTTP: bounded in time and size, without redirects, each failure in words."""

import asyncio
import json
import ssl
from dataclasses import dataclass
from typing import Any

import httpx

from powertrip.errors import OriginRefused, OriginUnavailable

CALL_TIMEOUT = 10.0
"""Seconds for one call and its answer."""
ANSWER_LIMIT = 64 << 10
"""Bytes of an answer that are read."""
LATER = frozenset({408, 425, 429})
"""Answers besides 5xx that another attempt may change."""
LONGEST_WAIT = 300.0
"""Seconds; whatever a server asks for, it is tried again after this."""


def new_client(ca_file: str | None) -> httpx.AsyncClient:
    """A client that trusts this machine's authorities, or only the one in `ca_file`; raises OSError."""
    trusted: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca_file) if ca_file else True
    return httpx.AsyncClient(timeout=CALL_TIMEOUT, follow_redirects=False, verify=trusted)


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """What it says; None where that is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Wire:
    """The way to one server."""

    def __init__(self, client: httpx.AsyncClient, url: str, setting: str) -> None:
        """`setting` is what a refusal names, such as `origins.wazuh.tell`."""
        self._client = client
        self._url = url.rstrip("/")
        self.setting = setting

    async def send(
        self, method: str, path: str = "", *, login: tuple[str, str] | None = None, **what: Any
    ) -> Heard:
        """Call, by basic auth with `login`; raises OriginUnavailable where no answer comes."""
        request = self._client.build_request(method, self._url + path, **what)
        # An answer that is not compressed cannot inflate.
        request.headers["Accept-Encoding"] = "identity"
        try:
            # httpx bounds each read; this bounds them all.
            async with asyncio.timeout(CALL_TIMEOUT):
                response = await self._client.send(request, stream=True, auth=login)
                try:
                    return await self._heard(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise OriginUnavailable(f"{self.setting}: no answer within {CALL_TIMEOUT:g} s") from error
        except httpx.HTTPError as error:
            why = f"{self.setting}: the server cannot be reached ({type(error).__name__})"
            raise OriginUnavailable(why) from error

    async def _heard(self, response: httpx.Response) -> Heard:
        read = bytearray()
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) > ANSWER_LIMIT:
                break
        if response.status_code in LATER or response.status_code >= 500:
            raise OriginUnavailable(
                f"{self.setting}: the server answered {response.status_code}",
                _seconds(response.headers.get("Retry-After", "")),
            )
        return Heard(response.status_code, bytes(read[:ANSWER_LIMIT]))

    def refused(self, heard: Heard, advice: str) -> OriginRefused:
        """The refusal that an answer stands for."""
        return OriginRefused(f"{self.setting}: the server answered {heard.status}; {advice}")


def _seconds(retry_after: str) -> float | None:
    known = retry_after.isdecimal() and len(retry_after) < 9
    return min(float(retry_after), LONGEST_WAIT) if known else None
