"""Calls over HTTP: bounded in time and in size, never redirected, each failure as Unavailable or Rejected."""

import asyncio
import json as json_module
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from powertrip.errors import Busy, Rejected, Unavailable

if TYPE_CHECKING:
    import httpx

Clock = Callable[[], datetime]

LATER = frozenset({408, 425})
"""Answers besides 429 and 5xx that another attempt may change."""
LONGEST_WAIT = 86_400.0
"""Seconds that are read out of a Retry-After at most; who waits has limits of its own below this."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def steady_now() -> datetime:
    """A moment on a clock that nobody can set, for durations in one process; it does not tell the time."""
    return datetime.fromtimestamp(time.monotonic(), UTC)


class Pool:
    """Connections to servers outside, made ready at the first call: many never make one.

    Then it takes 0.1 s and 8 MiB, in a thread, so that all else runs meanwhile.
    """

    def __init__(self, trusted: ssl.SSLContext | None = None) -> None:
        """Without `trusted`, this machine's authorities are."""
        self._trusted = trusted
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def opened(self) -> "httpx.AsyncClient":
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(_open, self._trusted)
            return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


Client: TypeAlias = "Pool | httpx.AsyncClient"


def new_client(ca_file: str | None = None) -> Pool:
    """A pool of connections that trusts this machine's authorities, or only `ca_file`; raises OSError."""
    return Pool(ssl.create_default_context(cafile=ca_file) if ca_file else None)


def _open(trusted: ssl.SSLContext | None) -> "httpx.AsyncClient":
    import httpx  # noqa: PLC0415 (see `Pool`)

    return httpx.AsyncClient(verify=trusted or _of_machine())


@cache
def _of_machine() -> ssl.SSLContext:
    # Reading a hundred and fifty certificates takes 50 ms: once is enough.
    import httpx  # noqa: PLC0415 (see `Pool`)

    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one call may take."""

    seconds: float = 10.0
    """For the call and its whole answer."""
    size: int = 64 << 10
    """Bytes of the answer, inflated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that another attempt would not change, of any status."""

    status: int
    body: bytes
    """No more of it than the bounds allow."""
    problem: str | None = None
    """Why the body cannot be used."""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def whole(self) -> bytes:
        """The body; raises Unavailable where it is too large or damaged."""
        if self.problem:
            raise Unavailable(self.problem)
        return self.body

    def json(self) -> Any:
        """What the body says; raises Unavailable where that is not JSON."""
        try:
            return json_module.loads(self.whole())
        except (ValueError, RecursionError) as error:
            raise Unavailable("the answer is not JSON") from error


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """An answer that the caller understands."""

    status: int
    """200, or one of `HttpClient.understood`."""
    value: Any
    """What its JSON says; None beside any status but 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpClient:
    """The way to one server."""

    client: Client
    clock: Clock = utc_now
    name: str = ""
    """What begins the text of each error: a service, or a setting."""
    base_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    bounds: Bounds = Bounds()
    understood: frozenset[int] = frozenset()
    """Answers besides 200 that say something to the caller of `request_json`."""
    advice: Mapping[int, str] = field(default_factory=dict)
    """What an operator does about an answer."""
    otherwise: str = "check its address"
    """And about all others."""

    async def request_json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        login: tuple[str, str] | None = None,
    ) -> JsonAnswer:
        """The JSON of an answer that is understood; raises Unavailable, or Rejected with what to do."""
        answer = await self.request(method, path, params=params, headers=headers, json=json, login=login)
        if answer.status in self.understood:
            return JsonAnswer(answer.status, None)
        if answer.status != HTTPStatus.OK:
            raise self.rejected(answer, self.advice.get(answer.status, self.otherwise))
        try:
            return JsonAnswer(answer.status, answer.json())
        except Unavailable as error:
            raise Unavailable(self._named(str(error))) from error

    async def request(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        login: tuple[str, str] | None = None,
    ) -> Answer:
        """Call, with `login` by basic auth; raises Unavailable, Busy at 429, if a later call may succeed."""
        client = await self.client.opened() if isinstance(self.client, Pool) else self.client
        import httpx  # noqa: PLC0415 (only now, for `opened` has loaded it in a thread)

        prepared = client.build_request(
            method,
            self.base_url + path,
            params=params,
            # What is not compressed cannot inflate, and its bytes are counted as they come. Answers are small
            # or rare, so nothing is lost by it; a server that compresses all the same is read within bounds.
            headers={**self.headers, **(headers or {}), "Accept-Encoding": "identity"},
            json=json,
            content=content,
            timeout=self.bounds.seconds,
        )
        try:
            # httpx bounds each read; this bounds them all.
            async with asyncio.timeout(self.bounds.seconds):
                # A redirect leads where nobody agreed to go, with what was meant for this server.
                response = await client.send(prepared, stream=True, auth=login, follow_redirects=False)
                try:
                    return await self._read(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Unavailable(self._named(f"no answer within {self.bounds.seconds:g} s")) from error
        except httpx.HTTPError as error:
            why = f"no answer: the server cannot be reached ({type(error).__name__})"
            raise Unavailable(self._named(why)) from error

    def rejected(self, answer: Answer, advice: str) -> Rejected:
        if 300 <= answer.status < 400:
            advice = f"redirects are not followed; {advice}"
        return Rejected(self._named(f"the server answered {answer.status}; {advice}"))

    async def _read(self, response: "httpx.Response") -> Answer:
        status, limit, body = response.status_code, self.bounds.size, bytearray()
        if status == HTTPStatus.TOO_MANY_REQUESTS or status in LATER or status >= 500:
            kind = Busy if status == HTTPStatus.TOO_MANY_REQUESTS else Unavailable
            wait = retry_after(response.headers.get("Retry-After"), self.clock())
            raise kind(self._named(f"the server answered {status}"), wait)
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            problem = f"the answer is compressed as {encoding[:20]!r}, though that was not asked for"
            return Answer(status, b"", problem)
        gzip = zlib.decompressobj(wbits=31) if encoding != "identity" else None
        try:
            async for chunk in response.aiter_raw():
                # At least one byte, for zlib takes 0 for no limit.
                body += gzip.decompress(chunk, limit + 1 - len(body)) if gzip else chunk
                if len(body) > limit:
                    size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
                    return Answer(status, bytes(body[:limit]), f"the answer is larger than {size}")
        except zlib.error:
            return Answer(status, bytes(body), "the compressed answer is damaged")
        # zlib is silent about a stream that stops in the middle.
        if gzip and not gzip.eof:
            return Answer(status, bytes(body), "the compressed answer ends early")
        return Answer(status, bytes(body))

    def _named(self, text: str) -> str:
        return f"{self.name}: {text}" if self.name else text


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait; None where the header says nothing of use.

    RFC 9110 section 10.2.3 allows a number of seconds, or a date.
    """
    if value is None:
        return None
    if value.isdecimal() and value.isascii():
        return min(float(value), LONGEST_WAIT) if len(value) < 10 else None
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    # A date without a zone is in UTC, by RFC 5322.
    wait = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(wait, 0.0), LONGEST_WAIT)
