"""The ingest endpoint: reads and commits a posted body before it answers."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import cast

import structlog
from aiohttp import web

from powertrip.errors import BodyTooLarge, IngestRefused, Overloaded, Unreadable
from powertrip.ingest.body import GZIP_MAGIC, inflates_within
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
from powertrip.ingest.holding import Room, Turns
from powertrip.metrics import Metrics

_log = structlog.get_logger(__name__)

REQUEST_ID = web.RequestKey("id", str)

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_THREAD_FROM_BYTES = 4 * 1024
"""Bodies from this size are parsed in a thread, so that nobody else waits for them: a byte may take 7 µs,
where a record is as short as `{},`."""
_LARGE = 128 * 1024
"""Bodies from this size, inflated, are read and kept one at a time: each takes several times its memory."""
_UNPROVEN_TIMEOUT = 10.0
"""Seconds a sender has for its whole body where only that proves who it is."""


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
    proven: Room
    """For bodies of senders who have proved who they are."""
    unproven: Room
    """For bodies that prove it themselves, once they are whole."""
    turns: Turns = field(default_factory=Turns)
    """Of large bodies."""

    async def post(self, request: web.Request) -> web.Response:
        """Answer one POST, once its records are committed."""
        source, ingest = self._source(request)
        # Before the body, so that a stranger cannot make us hold one.
        source.authorize(ingest)
        if not source.proves_by_body:
            ingest.proven_to = source
        held = _Held(self.unproven if source.proves_by_body else self.proven, ingest.source)
        try:
            ingest.body = await self._receive(request, source, ingest.limits, held)
            async with self._turn(source, ingest.source, ingest.body):
                reading = await self._read(source, ingest)
                duplicates = await self._keep(reading, ingest)
        finally:
            held.give_back()
        if reading.follow_up is not None:
            await reading.follow_up()
        if reading.answer is not None:
            return _response(reading.answer)
        # Firehose, the strictest of all senders, requires the first two.
        return web.Response(
            body=b'{"requestId": "%b", "timestamp": %d, "accepted": %d, "duplicates": %d}'
            % (
                request[REQUEST_ID].encode(),
                self.clock().timestamp() * 1000,
                len(reading.records),
                duplicates,
            ),
            headers=_JSON,
        )

    async def _keep(self, reading: Reading, head: IngestRequest) -> int:
        """Commit what was read; returns how many of its records were known."""
        for part in reading.unread:
            await self.inbox.quarantine_body(head.source, part.body, part.reason, head.received_at)
        is_empty = not (reading.records or reading.gaps)
        new = 0 if is_empty else await self.inbox.put(reading.records, reading.gaps)
        duplicates = len(reading.records) - new
        self.metrics.records_accepted(head.source, new=new, duplicates=duplicates)
        if reading.is_cut:
            self.metrics.batch_cut(head.source)
        return duplicates

    async def challenge(self, request: web.Request) -> web.Response:
        """Answer one GET, for the sources whose senders ask before they send."""
        source, head = self._source(request)
        if not isinstance(source, Challenged):
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        return _response(source.challenge(head))

    def _source(self, request: web.Request) -> tuple[Source, IngestRequest]:
        name = request.match_info["source"]
        source = self.sources().get(name)
        if source is None:
            raise web.HTTPNotFound
        head = IngestRequest(
            headers=request.headers,
            body=b"",
            received_at=self.clock(),
            source=name,
            limits=self.limits(),
            fetcher=self.fetcher,
            path_secret=request.match_info.get("secret"),
        )
        return source, head

    async def _receive(self, request: web.Request, source: Source, limits: Limits, held: "_Held") -> bytes:
        """The whole body, which is counted among those that are held."""
        limit = min(source.body_limit or limits.body_bytes, limits.body_bytes)
        if (request.content_length or 0) > limit:
            raise _too_large(limit)
        if request.content.is_eof():
            # It came with its headers, as nearly all do, and needs no timer.
            return await _collect(request, limit, held)
        # Who signs sends little, and at once; and anybody may claim to.
        seconds = min(self.body_timeout, _UNPROVEN_TIMEOUT) if source.proves_by_body else self.body_timeout
        try:
            # For the whole body: a sender of a byte a second would hold its connection for ever.
            async with asyncio.timeout(seconds):
                return await _collect(request, limit, held)
        except TimeoutError as error:
            raise Overloaded(f"the body did not arrive within {seconds:g} s") from error

    def _turn(self, source: Source, name: str, body: bytes) -> AbstractAsyncContextManager[None]:
        is_large = source.packs_parts or len(body) >= _LARGE or not inflates_within(body, _LARGE)
        return self.turns.turn(name) if is_large else nullcontext()

    async def _read(self, source: Source, ingest: IngestRequest) -> Reading:
        """Read the body; one that the source cannot read is committed to the quarantine."""
        try:
            if _prepares(type(source)):
                await cast("Preparing", source).prepare(ingest)
            is_packed = source.packs_parts or ingest.body.startswith(GZIP_MAGIC)
            if is_packed or len(ingest.body) >= _THREAD_FROM_BYTES:
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


class _Held:
    """What one request holds of the room for bodies."""

    def __init__(self, room: Room, source: str) -> None:
        self._room = room
        self._source = source
        self._size = 0

    def hold(self, size: int) -> None:
        """Hold so many bytes more; raises Overloaded."""
        self._room.take(self._source, size)
        self._size += size

    def give_back(self) -> None:
        self._room.give_back(self._source, self._size)


async def _collect(request: web.Request, limit: int, held: _Held) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        held.hold(len(chunk))
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is over the limit of {limit} bytes; send smaller batches")


@lru_cache
def _prepares(kind: type) -> bool:
    """Whether sources of this class are `Preparing`; to look at all their methods takes long."""
    return issubclass(kind, Preparing)


def _response(answer: IngestAnswer) -> web.Response:
    if answer.content is None:
        return web.Response(status=answer.status)
    return web.json_response(dict(answer.content), status=answer.status)
