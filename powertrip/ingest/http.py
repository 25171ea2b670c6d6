"""The HTTP side: the ingest endpoint, and what all answers have in common.

An answer of 200 means that every record is committed. 503 means send it again, with Retry-After: it is
the only code that every sender retries, so it also answers mistakes of our own. 422 means that no retry
can save the body, which by then is committed to the quarantine.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from secrets import token_hex

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from powertrip.errors import IngestRefused, StoreUnavailable
from powertrip.ingest.contract import InboxWriter, Limits, Source
from powertrip.ingest.endpoint import REQUEST_ID, IngestEndpoint
from powertrip.ingest.fetching import Fetcher
from powertrip.ingest.holding import Room
from powertrip.metrics import Metrics

_log = structlog.get_logger(__name__)

_BODY_TIMEOUT = 30.0
_RETRY_AFTER = 10
"""Seconds after which a sender should try again when the database could not take its records."""
_DATABASE_IS_BUSY = "the database cannot take this now; send it again"
_OWN_MISTAKE = "Powertrip made a mistake, which is in its log; send it again"
_LONGEST_NAME = 41
_ADVICE = {
    404: "there is nothing here; records are posted to /ingest/NAME, where NAME is that of a source",
    405: "records are sent by POST, to /ingest/NAME or /ingest/NAME/SECRET",
}


def build_app(
    *,
    sources: Callable[[], Mapping[str, Source]],
    limits: Callable[[], Limits],
    inbox: InboxWriter,
    metrics: Metrics,
    clock: Callable[[], datetime],
    refused: Callable[[str, str], None] = lambda source, cause: None,  # noqa: ARG005
    body_timeout: float = _BODY_TIMEOUT,
    fetcher: Fetcher | None = None,
) -> web.Application:
    """The application that `WebServer` serves; `body_timeout` is in seconds, `clock` gives aware times.

    `sources` and `limits` may change while it is served. `refused` is told of each refused post: the source,
    empty where none has the name, and the cause.
    """
    proven = Room(lambda: limits().held_bytes, "what senders post")
    unproven = Room(lambda: limits().unproven_bytes, "what nobody has proved to have sent yet")
    endpoint = IngestEndpoint(
        sources=sources,
        limits=limits,
        inbox=inbox,
        metrics=metrics,
        clock=clock,
        body_timeout=body_timeout,
        fetcher=fetcher or Fetcher(),
        proven=proven,
        unproven=unproven,
    )
    app = web.Application(middlewares=[_answering(sources, metrics, refused)])
    for path in ("/ingest/{source}", "/ingest/{source}/{secret}"):
        app.router.add_post(path, endpoint.post)
        app.router.add_get(path, endpoint.challenge, allow_head=False)
    return app


def _refusal(error: Exception, request_id: str) -> tuple[web.Response, str]:
    """The answer that makes the sender do the right thing, and what it says."""
    if isinstance(error, IngestRefused):
        status, text = error.status, str(error)
    elif isinstance(error, web.HTTPException):
        status, text = error.status, _ADVICE.get(error.status, error.reason)
    elif isinstance(error, ConnectionError | web.RequestPayloadError):
        status, text = 400, "the body did not arrive whole"
    else:
        is_store = isinstance(error, StoreUnavailable)
        # The cause alone: a traceback a request would bury it, in the minutes that matter.
        _log.error("request failed", **{"error": str(error)} if is_store else {"exc_info": error})
        # A sender can act on 503; many drop what is answered 500.
        status, text = 503, _DATABASE_IS_BUSY if is_store else _OWN_MISTAKE
    headers = {}
    if status == 503:
        headers["Retry-After"] = str(getattr(error, "retry_after", _RETRY_AFTER))
    elif status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, web.HTTPMethodNotAllowed):
        headers["Allow"] = error.headers["Allow"]
    answer = {"requestId": request_id, "error": text}
    return web.json_response(answer, status=status, headers=headers), text


def _cause(error: Exception, status: int) -> str:
    """One of a few short texts; never of the request."""
    if isinstance(error, StoreUnavailable):
        return "503 database away"
    causes = {
        401: "401 wrong secret or signature",
        404: "404 no such source",
        405: "405 not sent by POST",
        413: "413 too large",
        422: "422 unreadable",
        503: "503 overloaded" if isinstance(error, IngestRefused) else "503 own mistake",
    }
    return causes.get(status, str(status))


def _answering(
    sources: Callable[[], Mapping[str, Source]], metrics: Metrics, refused: Callable[[str, str], None]
) -> Middleware:
    """Answers errors, and counts and logs every answer."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id = request[REQUEST_ID] = token_hex(16)
        started = time.monotonic()
        refusal = cause = None
        response: web.StreamResponse
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 (whatever it is, the sender is told what to do)
            response, refusal = _refusal(error, request_id)
            cause = _cause(error, response.status)
        # The pattern of the path, for the real one may hold a secret; and a source only if there is one of
        # this name, for anybody can post to any.
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "(none)"
        source = request.match_info.get("source", "")
        is_known = source in sources()
        known_source = source if is_known else "(unknown)"
        # Platforms and Prometheus ask every few seconds: that is for debugging only.
        level = logging.DEBUG
        if route.startswith("/ingest/"):
            level = logging.INFO
            metrics.request_answered(known_source, response.status)
            if cause is not None:
                refused(source if is_known else "", cause)
        elif route.startswith("/api/"):
            level = logging.INFO
            metrics.api_answered(response.status)
        _log.log(
            logging.WARNING if response.status >= 400 else level,
            "request",
            id=request_id,
            method=request.method,
            route=route,
            source=known_source,
            # A slip in a sender's address; what it wrote is not logged, for it may be a secret.
            meant=_nearest(source, sources()) if source and not is_known else None,
            status=response.status,
            refusal=refusal,
            remote=request.remote,
            milliseconds=round((time.monotonic() - started) * 1000, 1),
        )
        return response

    return answer


def _nearest(written: str, known: Iterable[str]) -> str | None:
    """The source whose name is most like what was written in its place, if any is."""
    return next(iter(get_close_matches(written[:_LONGEST_NAME], list(known), n=1)), None)
