"""The read API: what was decided, for a HIDS that prefers to ask. Its contract is `openapi.json`."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from powertrip.domain.deciding import LoggedDecision
from powertrip.domain.decision import WORD
from powertrip.store import Store

DECISIONS = "/api/v1/decisions"
DOCUMENT = "/api/v1/openapi.json"
LIMIT_MOST = 1000
LIMIT_DEFAULT = 100
_CURSOR = re.compile(r"d([0-9]{1,18})(?:t([0-9]{1,18}))?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadApi:
    """Answers who has the token."""

    log: Callable[[], Store]
    token: Callable[[], SecretStr | None]
    """Asked at each request, so that a reload takes effect; None: there is no API."""

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(DECISIONS, self._guarded(self.decisions), allow_head=False)
        app.router.add_get(DOCUMENT, self._guarded(_document), allow_head=False)

    def _guarded(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            token = self.token()
            if token is None:
                raise web.HTTPNotFound
            if not _has(request, token):
                return _refused(401, "send the token of the section `api` as a bearer token")
            return await handler(request)

        return handle

    async def decisions(self, request: web.Request) -> web.Response:
        """One page, oldest first."""
        try:
            limit = _limit(request.query.get("limit", str(LIMIT_DEFAULT)))
            last, since = _since(request.query.get("since", ""))
        except ValueError as error:
            return _refused(400, str(error))
        found = await self.log().decisions.after(last, since, limit + 1)
        page = found[:limit]
        end = _cursor(page[-1].id) if page else _cursor(last, since)
        answer = {
            "decisions": [_shown(one) for one in page],
            "next": end,
            "more": len(found) > limit,
        }
        return web.json_response(answer, headers={"Cache-Control": "no-store"})


def _has(request: web.Request, token: SecretStr) -> bool:
    scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
    digests = [
        hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
        for text in (offered.strip(), token.get_secret_value())
    ]
    return hmac.compare_digest(*digests) and scheme.lower() == "bearer"


def _refused(status: int, why: str) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return web.json_response({"error": why}, status=status, headers=headers)


def _limit(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text, re.ASCII) or int(text) > LIMIT_MOST:
        raise ValueError(f"limit: write a number from 1 to {LIMIT_MOST}")
    return int(text)


def _since(text: str) -> tuple[int, datetime | None]:
    """The decision after which the page begins, and the time before which none is of interest."""
    if not text:
        return 0, None
    # In a query, a plus sign that was not escaped arrives as a blank.
    moment = re.sub(r" (\d\d:\d\d)$", r"+\1", text)
    if _MOMENT.fullmatch(moment):
        try:
            return 0, datetime.fromisoformat(moment)
        except ValueError as error:
            raise ValueError(f"since: {error}") from error
    try:
        found = _CURSOR.fullmatch(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii"))
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        raise ValueError(
            "since: write the `next` of an earlier answer, or a time such as 2026-01-31T12:00:00Z"
        )
    return int(found[1]), _EPOCH + timedelta(microseconds=int(found[2])) if found[2] else None


def _cursor(decision_id: int, since: datetime | None = None) -> str:
    """Where to go on; a time is kept until something came, or all before it would come next."""
    time = f"t{(since - _EPOCH) // timedelta(microseconds=1)}" if since and since > _EPOCH else ""
    return base64.urlsafe_b64encode(f"d{decision_id}{time}".encode()).decode().rstrip("=")


def _shown(one: LoggedDecision) -> dict[str, Any]:
    return {
        "id": _cursor(one.id),
        "event_id": one.event_id,
        "verdict": WORD[one.verdict],
        "decided_at": _moment(one.at),
        "decided_by": {"slack_id": one.actor_id, "name": one.actor_name},
        "reason": one.reason,
        "event": {
            "status": one.status,
            "rule": one.rule,
            "event_action": one.event_action,
            "severity": one.severity,
            "user_name": one.user_name,
            "host_name": one.host_name,
            "source_ip": one.source_ip,
            "occurred_at": _moment(one.occurred_at),
            "received_at": _moment(one.received_at),
        },
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


async def _document(_request: web.Request) -> web.Response:
    text = files("powertrip").joinpath("openapi.json").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="application/json")
