"""The read API: what was decided, for a HIDS that prefers to ask. Its contract is `openapi.json`."""

import base64
import binascii
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from powertrip.api.answers import answer, as_moment, guarded, refused, written
from powertrip.domain.deciding import LoggedDecision
from powertrip.domain.decision import WORD
from powertrip.store import Store

DECISIONS = "/api/v1/decisions"
DOCUMENT = "/api/v1/openapi.json"
LIMIT_MOST = 1000
LIMIT_DEFAULT = 100
_CURSOR = re.compile(r"d([0-9]{1,18})(?:t([0-9]{1,18}))?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadApi:
    """Answers whoever has the token."""

    log: Callable[[], Store]
    token: Callable[[], SecretStr | None]
    """Read at each request, so that a reload takes effect; None: there is no API."""

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(DECISIONS, guarded(self.token, self.decisions), allow_head=False)
        app.router.add_get(DOCUMENT, guarded(self.token, document), allow_head=False)

    async def decisions(self, request: web.Request) -> web.Response:
        """One page, oldest first."""
        limit = request.query.get("limit", str(LIMIT_DEFAULT))
        if not re.fullmatch(r"[1-9][0-9]{0,3}", limit, re.ASCII) or int(limit) > LIMIT_MOST:
            return refused(400, f"limit: write a number from 1 to {LIMIT_MOST}")
        try:
            last, since = _since(request.query.get("since", ""))
        except ValueError as error:
            return refused(400, str(error))
        # One more than asked for tells whether there is a next page.
        decisions = await self.log().decisions.after(last, since, int(limit) + 1)
        page = decisions[: int(limit)]
        said = {
            "decisions": [_as_json(decision) for decision in page],
            "next": _cursor(page[-1].id) if page else _cursor(last, since),
            "more": len(decisions) > len(page),
        }
        return answer(said)


async def document(_request: web.Request) -> web.Response:
    """The contract of the API."""
    text = files("powertrip").joinpath("openapi.json").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="application/json")


def _since(text: str) -> tuple[int, datetime | None]:
    """The decision after which the page begins, and the time from which on decisions are of interest.

    Raises ValueError with what to write instead.
    """
    if not text:
        return 0, None
    with contextlib.suppress(ValueError, OverflowError):
        return 0, as_moment(text)
    # Else it is no time and no cursor of ours, or lies before the year 1 or after 9999 in UTC.
    with contextlib.suppress(binascii.Error, ValueError, OverflowError):
        # The padding is left out of a cursor, as `=` would have to be escaped in a query.
        cursor = _CURSOR.fullmatch(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii"))
        if cursor is not None:
            since = _EPOCH + timedelta(microseconds=int(cursor[2])) if cursor[2] else None
            return int(cursor[1]), since
    raise ValueError("since: write the `next` of an earlier answer, or a time such as 2026-01-31T12:00:00Z")


def _cursor(decision_id: int, since: datetime | None = None) -> str:
    # The time stays in it until a decision has come: without it, all decisions before it would come next.
    time = f"t{(since - _EPOCH) // timedelta(microseconds=1)}" if since and since > _EPOCH else ""
    return base64.urlsafe_b64encode(f"d{decision_id}{time}".encode()).decode().rstrip("=")


def _as_json(decision: LoggedDecision) -> dict[str, Any]:
    return {
        "id": _cursor(decision.id),
        "event_id": decision.event_id,
        "verdict": WORD[decision.verdict],
        "decided_at": written(decision.at),
        "decided_by": {"slack_id": decision.actor_id, "name": decision.actor_name},
        "actor_kind": decision.actor_kind,
        "agent_name": decision.agent_name,
        "agent_running": decision.agent_running,
        "reason": decision.reason,
        "expectation": decision.expectation_id,
        "proof": decision.proof,
        "event": {
            "status": decision.status,
            "rule": decision.rule,
            "event_action": decision.event_action,
            "severity": decision.severity,
            "user_name": decision.user_name,
            "host_name": decision.host_name,
            "source_ip": decision.source_ip,
            "occurred_at": written(decision.occurred_at),
            "received_at": written(decision.received_at),
        },
    }
