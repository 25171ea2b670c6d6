"""What all of the API has in common: who may ask, how moments are read and written, how a refusal looks."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from powertrip.config.secret import is_borne_by

Handler = Callable[[web.Request], Awaitable[web.Response]]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def guarded(token: Callable[[], SecretStr | None], handler: Handler) -> Handler:
    """The handler, for whoever bears the token; without a token there is no such address."""

    async def handle(request: web.Request) -> web.Response:
        # Read at each request, so that a reload takes effect.
        known = token()
        if known is None:
            raise web.HTTPNotFound
        if not is_borne_by(known, request.headers.get("Authorization")):
            return refused(401, "send the token of the section `api` as a bearer token")
        return await handler(request)

    return handle


def answer(content: Any, status: int = 200) -> web.Response:
    """JSON that nobody on the way keeps."""
    return web.json_response(content, status=status, headers={"Cache-Control": "no-store"})


def refused(status: int, why: str, **more: str) -> web.Response:
    """Why not, in words; `more` names the setting, or the field, that is in the way."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return web.json_response({"error": why} | more, status=status, headers=headers)


def as_moment(text: str) -> datetime:
    """Read RFC 3339 with a zone; raises ValueError or OverflowError for all else."""
    # In a query, a plus sign that was not escaped arrives as a blank.
    moment = re.sub(r" (\d\d:\d\d)$", r"+\1", text)
    if not _MOMENT.fullmatch(moment):
        raise ValueError("that is no time with a zone")
    return datetime.fromisoformat(moment).astimezone(UTC)


def written(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
