"""Hosts ask here for what reviewers want done on them, and say what came of it; nothing goes in to a host.

A request and its answer are lines of text, for the script in contrib/containment is a shell's. Both are
signed with the key of the host: `X-Powertrip-Signature` is `sha256=` and HMAC-SHA256 over `X-Powertrip-
Timestamp`, a dot and the body. The answer repeats the request's nonce, so that no old one counts.

    nonce 5f0c…                          nonce 5f0c…
    done KEY | failed KEY why            do KEY end_sessions alice
"""

import asyncio
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from aiohttp import web
from pydantic import SecretStr

from powertrip.config.secret import signature
from powertrip.containment import AnyAction, HostAction
from powertrip.domain.contained import ContainmentState
from powertrip.store import Store

log = structlog.get_logger(__name__)

PATH = "/api/v1/host-actions/{action}"
LIMIT = 16 << 10
"""Bytes of a request."""
PATIENCE = 10.0
SKEW = timedelta(minutes=5)
"""How far a host's clock may be off."""
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_NONCE = re.compile(r"nonce ([0-9a-f]{16,64})")
_RESULT = re.compile(r"(done|failed|unknown) ([0-9a-f]{20}-[0-9]{1,4})(?: (.{0,200}))?")
_STATES = {
    "done": ContainmentState.DONE,
    "failed": ContainmentState.FAILED,
    "unknown": ContainmentState.UNKNOWN,
}
_TIME, _SIGNATURE = "X-Powertrip-Timestamp", "X-Powertrip-Signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostActions:
    """Answers the hosts."""

    store: Callable[[], Store]
    actions: Callable[[], Mapping[str, AnyAction]]
    clock: Callable[[], datetime]
    on_change: Callable[[], None]

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        """Take what the host reports, and hand out what waits for it."""
        action, name = self.actions().get(request.match_info["action"]), request.match_info["action"]
        if not any(isinstance(each, HostAction) for each in self.actions().values()):
            raise web.HTTPNotFound
        body = await _body(request)
        host = request.headers.get("X-Powertrip-Host", "")
        if not isinstance(action, HostAction) or not _HOST.fullmatch(host):
            raise _stranger()
        key = action.key_of(host)
        self._authenticate(request, key, body)
        nonce, *results = body.decode("ascii", "replace").splitlines() or [""]
        if not _NONCE.fullmatch(nonce):
            raise web.HTTPBadRequest(text="the first line is `nonce` and 16 to 64 hexadecimal digits")
        now = self.clock()
        for line in results:
            if (found := _RESULT.fullmatch(line)) is None:
                raise web.HTTPBadRequest(text="a line that says what came of something is not readable")
            said = f"{host} says: {found[3]}" if found[3] else None
            await self.store().host_containments.reported(name, host, found[2], _STATES[found[1]], said, now)
        waiting = await self.store().host_containments.for_host(name, host, now)
        if results or waiting:
            self.on_change()
            log.info("host asked", host=host, action=name, reported=len(results), handed=len(waiting))
        return self._signed(key, [nonce, *(f"do {each} end_sessions {user}" for each, user in waiting)])

    def _authenticate(self, request: web.Request, key: SecretStr, body: bytes) -> None:
        sent_at, offered = request.headers.get(_TIME, ""), request.headers.get(_SIGNATURE, "")
        if not re.fullmatch(r"[0-9]{1,12}", sent_at, re.ASCII):
            raise _stranger()
        wanted = signature(key, sent_at, body)
        if not hmac.compare_digest(wanted.encode(), offered.encode("utf-8", "replace")):
            raise _stranger()
        # What was sent long ago is sent again by somebody else.
        if abs(self.clock().timestamp() - int(sent_at)) > SKEW.total_seconds():
            raise web.HTTPUnauthorized(text="the clock of this host is off by more than five minutes")

    def _signed(self, key: SecretStr, lines: list[str]) -> web.Response:
        body, sent_at = ("\n".join(lines) + "\n").encode(), str(int(self.clock().timestamp()))
        headers = {_TIME: sent_at, _SIGNATURE: signature(key, sent_at, body), "Cache-Control": "no-store"}
        return web.Response(body=body, content_type="text/plain", headers=headers)


def _stranger() -> web.HTTPUnauthorized:
    # The same for a wrong action, host and signature: nobody learns which of them there are.
    return web.HTTPUnauthorized(text="not signed with the key of this host")


async def _body(request: web.Request) -> bytes:
    if request.content_length is None:
        raise web.HTTPLengthRequired
    if request.content_length > LIMIT:
        raise web.HTTPRequestEntityTooLarge(max_size=LIMIT, actual_size=request.content_length)
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
