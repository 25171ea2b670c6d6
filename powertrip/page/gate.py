"""What stands before each of the page's handlers: who may post, how much, and how many at once."""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import structlog
from aiohttp import web

from powertrip.errors import NotProven, StoreUnavailable
from powertrip.page import pages
from powertrip.page.look import guarded
from powertrip.proofs.section import ProofsSection

log = structlog.get_logger(__name__)

BODY = web.RequestKey("powertrip_page_body", bytes)
"""The body of a request that was let through."""
BODY_LIMIT = 16 << 10
"""Bytes; the fattest attestation of a passkey is below half of it."""
BODY_WITHIN = 10.0
"""Seconds until the whole of it has come."""
AT_ONCE = 16
"""Requests that are answered at once, so that the records beside them have the database to themselves."""

Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(slots=True)
class Gate:
    """Lets through what a browser on our own page sends, and so much of it at once."""

    section: Callable[[], ProofsSection]
    inside: int = 0

    def guarded(self, handler: Handler) -> Handler:
        """The handler behind the gate; there is no page where none is configured."""

        async def handle(request: web.Request) -> web.Response:
            page = self.section().page
            if page is None:
                raise web.HTTPNotFound
            # Other sites' forms and scripts say where they are from; a browser lets none of them lie.
            if request.method == "POST" and request.headers.get("Origin") != page:
                return pages.nothing_here()
            # Before others are kept out, or a few slow senders would do that to everybody.
            body = await _body_of(request)
            if body is None:
                return pages.nothing_here()
            if self.inside >= AT_ONCE:
                return pages.busy()
            request[BODY] = body
            self.inside += 1
            try:
                return await handler(request)
            except StoreUnavailable as error:
                log.error("the page has no database", error=str(error))
                return pages.busy()
            except Exception as error:  # noqa: BLE001 (a browser can do nothing about it)
                # Without what the frames held: the address holds the nonce of a challenge.
                trace = "".join(traceback.format_tb(error.__traceback__))
                log.error("the page made a mistake", error=type(error).__name__, trace=trace)
                return pages.busy()
            finally:
                self.inside -= 1

        return handle


async def _body_of(request: web.Request) -> bytes | None:
    """The body; None where it is too large or too slow."""
    if (request.content_length or 0) > BODY_LIMIT:
        return None
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.content.iter_any():
                found += chunk
                if len(found) > BODY_LIMIT:
                    return None
    except TimeoutError:
        return None
    return bytes(found)


def json_answer(value: Mapping[str, str], status: int = 200) -> web.Response:
    """What the page's script reads."""
    return guarded(web.json_response(value, status=status))


def field_of(body: bytes, name: str, longest: int) -> str:
    """The first characters of what was typed into a field of a form; none where it is no form of ours."""
    try:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=4))
    except ValueError:
        return ""
    return form.get(name, "")[:longest]


def sent(body: bytes) -> tuple[str, object]:
    """What the page's script sent: the credential as JSON, and what was sealed; raises NotProven."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotProven("the browser's answer cannot be read", counts=False) from error
    credential = said.get("credential") if isinstance(said, dict) else None
    if not isinstance(credential, dict):
        raise NotProven("the browser's answer cannot be read", counts=False)
    return json.dumps(credential), said.get("sealed")
