"""The HTTP side: the ingest endpoint, and what a platform asks a process about its state.

An answer of 200 means that every record is committed. 503 means send it again, with Retry-After: it is
the only code that every sender retries, so it also answers mistakes of our own. 422 means that no retry
can save the body, which by then is committed to the quarantine.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import structlog
from aiohttp import web

from powertrip.errors import BodyTooLarge, IngestRefused, Overloaded, StoreUnavailable, Unreadable
from powertrip.ingest.contract import (
    Answer,
    Challenged,
    Inbox,
    IngestRequest,
    Preparing,
    Reading,
    Source,
    Tools,
)
from powertrip.metrics import Metrics

_log = structlog.get_logger(__name__)

_ID = web.RequestKey("id", str)
_REFUSAL = web.RequestKey("refusal", str)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BODY_TIMEOUT = 30.0
"""Seconds a sender has for its whole body."""
_IDLE_TIMEOUT = 75.0
"""Seconds a connection may wait for a request, the time to send the headers included."""
_SHUTDOWN_TIMEOUT = 8.0
"""Seconds that requests in flight are given; aiohttp may wait twice, and 20 s are allowed in all."""
_READINESS_TIMEOUT = 5.0
_RETRY_AFTER = 10
"""Seconds after which a sender should try again when the database could not take its records."""
_THREAD_FROM_BYTES = 32 * 1024
"""Bodies from this size are parsed in a thread, so that nobody else waits for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be well for this process to be of use."""

    name: str
    ok: bool
    detail: str = ""
    """What is wrong and what to do; never a secret, for /readyz asks for none."""


Readiness = Callable[[], Awaitable[Sequence[Check]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestEndpoint:
    """Takes what senders post, has it read and kept, and answers."""

    sources: Callable[[], Mapping[str, Source]]
    tools: Callable[[], Tools]
    inbox: Inbox
    metrics: Metrics
    clock: Callable[[], datetime]
    body_timeout: float = _BODY_TIMEOUT

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one POST; raises IngestRefused, StoreUnavailable or an HTTP error for the middleware."""
        source, head = self._source(request)
        # Before the body, so that a stranger cannot make us hold one.
        source.authorize(head)
        reading = await self._read(
            source, replace(head, body=await self._body(request, head.tools.limits.body_bytes))
        )
        new = await self._keep(head, reading)
        if reading.follow_up is not None:
            await reading.follow_up()
        return _answered(reading.answer) if reading.answer else self._accepted(request, reading, new)

    async def challenge(self, request: web.Request) -> web.Response:
        """Answer one GET, for the sources whose senders ask before they send."""
        source, head = self._source(request)
        if not isinstance(source, Challenged):
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        return _answered(source.challenge(head))

    def _source(self, request: web.Request) -> tuple[Source, IngestRequest]:
        source = self.sources().get(request.match_info["source"])
        if source is None:
            raise web.HTTPNotFound
        head = IngestRequest(
            headers=request.headers,
            body=b"",
            received_at=self.clock(),
            source=request.match_info["source"],
            tools=self.tools(),
            path_secret=request.match_info.get("secret"),
        )
        return source, head

    async def _keep(self, head: IngestRequest, reading: Reading) -> int:
        """Commit what was read; returns how many records were new."""
        for part in reading.unread:
            await self.inbox.quarantine_body(head.source, part.body, part.reason, head.received_at)
        anything = reading.records or reading.gaps
        new = await self.inbox.put(reading.records, reading.gaps) if anything else 0
        self.metrics.records_accepted(head.source, new=new, duplicates=len(reading.records) - new)
        if reading.is_cut:
            self.metrics.batch_cut(head.source)
        return new

    async def _body(self, request: web.Request, limit: int) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(self.body_timeout):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > limit:
                        raise BodyTooLarge("the body is over the limit; send smaller batches")
        except TimeoutError as error:
            raise Overloaded(f"the body did not arrive within {self.body_timeout:g} s") from error
        return bytes(body)

    async def _read(self, source: Source, ingest: IngestRequest) -> Reading:
        try:
            if isinstance(source, Preparing):
                await source.prepare(ingest)
            if len(ingest.body) >= _THREAD_FROM_BYTES:
                return await asyncio.to_thread(source.read, ingest)
            return source.read(ingest)
        except Unreadable as refusal:
            await self._quarantine(ingest, str(refusal))
            raise
        except IngestRefused:
            raise
        except Exception as error:
            # A body that our own mistake cannot read must not block its sender's queue for ever.
            _log.exception("source_failed", source=ingest.source)
            reason = f"Powertrip failed to read the body ({type(error).__name__}); please report this"
            await self._quarantine(ingest, reason)
            raise Unreadable(reason) from error

    async def _quarantine(self, ingest: IngestRequest, reason: str) -> None:
        await self.inbox.quarantine_body(ingest.source, ingest.body, reason, ingest.received_at)

    def _accepted(self, request: web.Request, reading: Reading, new: int) -> web.Response:
        answer = {
            "requestId": request[_ID],
            "timestamp": int(self.clock().timestamp() * 1000),
            "accepted": len(reading.records),
            "duplicates": len(reading.records) - new,
        }
        return web.json_response(answer)


def _answered(answer: Answer) -> web.Response:
    if answer.content is None:
        return web.Response(status=answer.status)
    return web.json_response(dict(answer.content), status=answer.status)


def build_app(
    *,
    sources: Callable[[], Mapping[str, Source]],
    tools: Callable[[], Tools],
    inbox: Inbox,
    metrics: Metrics,
    readiness: Readiness,
    clock: Callable[[], datetime],
    body_timeout: float = _BODY_TIMEOUT,
) -> web.Application:
    """The application that `WebServer` serves; `body_timeout` is in seconds, `clock` gives aware times.

    `sources` may change while it is served.
    """
    endpoint = IngestEndpoint(
        sources=sources, tools=tools, inbox=inbox, metrics=metrics, clock=clock, body_timeout=body_timeout
    )
    app = web.Application(middlewares=[_observing(sources, metrics), _answer_errors])
    app.router.add_post("/ingest/{source}", endpoint.handle)
    app.router.add_post("/ingest/{source}/{secret}", endpoint.handle)
    app.router.add_get("/ingest/{source}", endpoint.challenge, allow_head=False)
    app.router.add_get("/ingest/{source}/{secret}", endpoint.challenge, allow_head=False)
    app.router.add_get("/healthz", _health)
    app.router.add_get("/readyz", _ready(readiness))
    app.router.add_get("/metrics", _exposition(metrics))
    return app


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every refusal the answer that makes its sender do the right thing."""
    try:
        return await handler(request)
    except Exception as error:  # noqa: BLE001 (a sender can act on 503; many drop what is answered 500)
        status, text = _status_and_text(error)
        request[_REFUSAL] = text
        answer = {"requestId": request[_ID], "error": text}
        return web.json_response(answer, status=status, headers=_headers(error, status))


def _status_and_text(error: Exception) -> tuple[int, str]:
    if isinstance(error, IngestRefused):
        return error.status, str(error)
    if isinstance(error, web.HTTPException):
        return error.status, error.reason
    if isinstance(error, ConnectionError | web.RequestPayloadError):
        return 400, "the body did not arrive whole"
    _log.error("request_failed", exc_info=error)
    if isinstance(error, StoreUnavailable):
        return 503, "the database cannot take this now; send it again"
    return 503, "Powertrip made a mistake, which is in its log; send it again"


def _headers(error: Exception, status: int) -> dict[str, str]:
    if status == 503:
        return {"Retry-After": str(getattr(error, "retry_after", _RETRY_AFTER))}
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, web.HTTPMethodNotAllowed):
        return {"Allow": error.headers["Allow"]}
    return {}


def _observing(
    sources: Callable[[], Mapping[str, Source]], metrics: Metrics
) -> Callable[..., Awaitable[web.StreamResponse]]:
    """The access log and the count of answers.

    The path is logged as its pattern, for the real one may hold a secret, and a source only if it is
    one of `sources`, for anybody can post to any.
    """

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[_ID] = uuid.uuid4().hex
        started = time.monotonic()
        response = await handler(request)
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "(none)"
        source = request.match_info.get("source", "")
        known_source = source if source in sources() else "(unknown)"
        if route.startswith("/ingest/"):
            metrics.request_answered(known_source, response.status)
        if route.startswith("/api/"):
            metrics.api_answered(response.status)
        _log.log(
            _level(route, response.status),
            "request",
            id=request[_ID],
            method=request.method,
            route=route,
            source=known_source,
            status=response.status,
            refusal=request.get(_REFUSAL),
            remote=request.remote,
            milliseconds=round((time.monotonic() - started) * 1000, 1),
        )
        return response

    return observe


def _level(route: str, status: int) -> int:
    """Refusals warn; what platforms and Prometheus ask every few seconds is for debugging only."""
    if status >= 400:
        return 30
    return 20 if route.startswith(("/ingest/", "/api/")) else 10


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


def _ready(readiness: Readiness) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_READINESS_TIMEOUT):
                checks = await readiness()
        except TimeoutError:
            checks = [Check(name="readiness", ok=False, detail=f"no answer within {_READINESS_TIMEOUT:g} s")]
        ready = all(check.ok for check in checks)
        answer = {"ready": ready, "checks": [asdict(check) for check in checks]}
        return web.json_response(answer, status=200 if ready else 503)

    return handle


def _exposition(metrics: Metrics) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        content_type = "text/plain; version=0.0.4; charset=utf-8"
        return web.Response(body=metrics.exposition(), headers={"Content-Type": content_type})

    return handle


class WebServer:
    """Serves an application until stopped."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._host = host
        self._wanted_port = port
        # Bodies are inflated by the sources, which cap what comes out.
        self._runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=_IDLE_TIMEOUT,
            shutdown_timeout=_SHUTDOWN_TIMEOUT,
        )

    async def start(self) -> None:
        """Begin to listen; raises OSError if the port cannot be had."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._wanted_port, backlog=1024).start()

    async def stop(self) -> None:
        """Stop listening and let requests in flight finish, within 16 seconds."""
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port that is listened on, also where 0 asked for any free one."""
        address = self._runner.addresses[0]
        return int(address[1])
