"""The ingest endpoint: reads and commits a posted body before it answers."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from aiohttp import web

from powertrip.errors import BodyTooLarge, IngestRefused, Overloaded, Unreadable
from powertrip.ingest.contract import (
    Challenged,
    InboxWriter,
    IngestAnswer,
    IngestRequest,
    Limits,
    Preparing,
    Reading,
    Source,
)
from powertrip.ingest.fetching import Fetcher
from powertrip.metrics import Metrics

_log = structlog.get_logger(__name__)

REQUEST_ID = web.RequestKey("id", str)

_THREAD_FROM_BYTES = 32 * 1024
"""Bodies from this size are parsed in a thread, so that nobody else waits for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestEndpoint:
    """Answers `/ingest/NAME`; raises IngestRefused, StoreUnavailable or an HTTP error for the middleware."""

    sources: Callable[[], Mapping[str, Source]]
    limits: Callable[[], Limits]
    inbox: InboxWriter
    metrics: Metrics
    clock: Callable[[], datetime]
    body_timeout: float
    """Seconds a sender has for its whole body."""
    fetcher: Fetcher

    async def post(self, request: web.Request) -> web.Response:
        """Answer one POST, once its records are committed."""
        source, head = self._source(request)
        # Before the body, so that a stranger cannot make us hold one.
        source.authorize(head)
        reading = await self._read(source, replace(head, body=await self._body(request, head.limits)))
        for part in reading.unread:
            await self.inbox.quarantine_body(head.source, part.body, part.reason, head.received_at)
        is_empty = not (reading.records or reading.gaps)
        new = 0 if is_empty else await self.inbox.put(reading.records, reading.gaps)
        duplicates = len(reading.records) - new
        self.metrics.records_accepted(head.source, new=new, duplicates=duplicates)
        if reading.is_cut:
            self.metrics.batch_cut(head.source)
        if reading.follow_up is not None:
            await reading.follow_up()
        if reading.answer is not None:
            return _response(reading.answer)
        # Firehose, the strictest of all senders, requires the first two.
        answer = {
            "requestId": request[REQUEST_ID],
            "timestamp": int(self.clock().timestamp() * 1000),
            "accepted": len(reading.records),
            "duplicates": duplicates,
        }
        return web.json_response(answer)

    async def challenge(self, request: web.Request) -> web.Response:
        """Answer one GET, for the sources whose senders ask before they send."""
        source, head = self._source(request)
        if not isinstance(source, Challenged):
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        return _response(source.challenge(head))

    def _source(self, request: web.Request) -> tuple[Source, IngestRequest]:
        source = self.sources().get(request.match_info["source"])
        if source is None:
            raise web.HTTPNotFound
        head = IngestRequest(
            headers=request.headers,
            body=b"",
            received_at=self.clock(),
            source=request.match_info["source"],
            limits=self.limits(),
            fetcher=self.fetcher,
            path_secret=request.match_info.get("secret"),
        )
        return source, head

    async def _body(self, request: web.Request, limits: Limits) -> bytes:
        body = bytearray()
        try:
            # For the whole body: a sender of a byte a second would hold its connection for ever.
            async with asyncio.timeout(self.body_timeout):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > limits.body_bytes:
                        raise BodyTooLarge("the body is over the limit; send smaller batches")
        except TimeoutError as error:
            raise Overloaded(f"the body did not arrive within {self.body_timeout:g} s") from error
        return bytes(body)

    async def _read(self, source: Source, ingest: IngestRequest) -> Reading:
        """Read the body; one that the source cannot read is committed to the quarantine."""
        try:
            if isinstance(source, Preparing):
                await source.prepare(ingest)
            if len(ingest.body) >= _THREAD_FROM_BYTES:
                return await asyncio.to_thread(source.read, ingest)
            return source.read(ingest)
        except Unreadable as refusal:
            await self._quarantine(source, ingest, str(refusal))
            raise
        except IngestRefused:
            raise
        except Exception as error:
            # A body that our own mistake cannot read must not block its sender's queue for ever.
            _log.exception("source failed", source=ingest.source)
            reason = f"Powertrip failed to read the body ({type(error).__name__}); please report this"
            await self._quarantine(source, ingest, reason)
            raise Unreadable(reason) from error

    async def _quarantine(self, source: Source, ingest: IngestRequest, reason: str) -> None:
        headers = None
        # A body may be unreadable before it is known who sent it, and such a one is never read again.
        with contextlib.suppress(Exception):
            source.authenticate(ingest)
            headers = ingest.kept_headers()
        await self.inbox.quarantine_body(ingest.source, ingest.body, reason, ingest.received_at, headers)


def _response(answer: IngestAnswer) -> web.Response:
    if answer.content is None:
        return web.Response(status=answer.status)
    return web.json_response(dict(answer.content), status=answer.status)
