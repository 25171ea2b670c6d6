"""`POST /api/v1/expectations`: a pipeline announces its own work, signed much as the source `pam` signs.

`X-Powertrip-Signature` is `sha256=` and HMAC-SHA256, with the pipeline's secret, over the Unix time of
sending, a dot, the nonce, a dot and the body, in lower-case hexadecimal digits. A request that is sent again
changes nothing: its nonce names the expectation.
"""

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from powertrip.api.answers import answer, as_moment, refused, written
from powertrip.config.secret import signature
from powertrip.config.values import parse_duration
from powertrip.domain import wishes
from powertrip.domain.announcing import REASON_LIMIT, Wish
from powertrip.domain.event import Severity
from powertrip.domain.expectations import ExpectationSection
from powertrip.errors import NotAllowed, Refused
from powertrip.pipeline.pipelines import (
    Announced,
    Announcing,
    AnotherRequest,
    PipelineRequest,
    TooMany,
    Unreachable,
    announce,
)
from powertrip.store import Store

PATH = "/api/v1/expectations"
PIPELINE, TIMESTAMP = "X-Powertrip-Pipeline", "X-Powertrip-Timestamp"
NONCE, SIGNATURE = "X-Powertrip-Nonce", "X-Powertrip-Signature"
WINDOW = timedelta(minutes=15)
"""How far the time of sending may be from ours: room for a clock that is wrong."""
BODY_LIMIT = 8 * 1024
BODY_TIMEOUT = 10.0
PER_MINUTE = 30
"""Requests of one pipeline that one process takes a minute."""
_SHAPES = {
    TIMESTAMP: re.compile(r"[0-9]{1,12}", re.ASCII),
    NONCE: re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII),
    SIGNATURE: re.compile(r"sha256=[0-9a-f]{64}", re.ASCII),
}
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ID_LENGTH = 16
_WRONG = f"{PIPELINE} names no pipeline, or {SIGNATURE} is not made with its secret, or not over this"


class Asked(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", strict=True)

    person: Annotated[str, Field(min_length=1, max_length=100)]
    rule: Annotated[str, Field(max_length=60)]
    host: Annotated[str, Field(max_length=100)]
    lasts: Annotated[str, Field(max_length=20)]
    begins: Annotated[str, Field(max_length=40)] | None = None
    network: Annotated[str, Field(max_length=64)] | None = None
    key: Annotated[str, Field(max_length=120)] | None = None
    severity: Literal["low", "medium", "high"] | None = None
    uses: Annotated[int, Field(ge=1, le=999_999)] | None = None
    ticket: Annotated[str, Field(max_length=64)] | None = None
    why: Annotated[str, Field(min_length=1, max_length=REASON_LIMIT)]


class _Answered(Exception):
    """What is answered at once."""

    def __init__(self, status: int, why: str, **more: str) -> None:
        super().__init__(why)
        self.response = refused(status, why, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationApi:
    """Takes what pipelines announce."""

    store: Callable[[], Store]
    settings: Callable[[], Announcing]
    """In force at the moment of a request."""
    rules: Callable[[], list[str]]
    """The names of all rules that make events."""
    clock: Callable[[], datetime]
    _taken: dict[str, list[datetime]] = field(default_factory=dict)
    """When each pipeline was served in the last minute."""

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self.post)

    async def post(self, request: web.Request) -> web.Response:
        """Keep what is announced; 201 where it is new, 200 where this request was answered before."""
        settings, now = self.settings(), self.clock()
        if not settings.section.pipelines:
            raise web.HTTPNotFound
        try:
            name, nonce, body = await _proven(request, settings.section, now)
            self._count(name, now)
            _check_enabled(settings.section)
            asked = _asked(body)
            wish = _wish(asked, self.rules(), settings.section, now)
            secret = settings.section.pipelines[name].secret
            wanted = PipelineRequest(
                pipeline=name, expectation_id=_id(secret, nonce), person=asked.person, wish=wish
            )
            announced = await _told(announce(self.store(), settings, wanted, now), name)
        except _Answered as at_once:
            return at_once.response
        return answer(_as_json(announced), 201 if announced.is_new else 200)

    def _count(self, name: str, now: datetime) -> None:
        """Of a stranger nothing is counted: whoever does not know the secret uses nothing up."""
        recent = [at for at in self._taken.get(name, []) if now - at < timedelta(minutes=1)]
        if len(recent) >= PER_MINUTE:
            answered = _Answered(429, f"{PER_MINUTE} requests a minute are taken; send this one again later")
            answered.response.headers["Retry-After"] = "60"
            raise answered
        self._taken[name] = [*recent, now]


def _check_enabled(section: ExpectationSection) -> None:
    if not section.enabled:
        off = "expectations.enabled is false, so nothing is expected of anybody; an operator switches it on"
        raise _Answered(409, off, setting="expectations.enabled")


async def _proven(request: web.Request, section: ExpectationSection, now: datetime) -> tuple[str, str, bytes]:
    """The pipeline, the nonce and the body of a request that is signed as it has to be."""
    headers = {name: request.headers.get(name, "") for name in _SHAPES}
    for name, shape in _SHAPES.items():
        if not shape.fullmatch(headers[name]):
            raise _Answered(401, f"{name} is missing or malformed; docs/expectations.md shows how to sign")
    ahead = int(headers[TIMESTAMP]) - int(now.timestamp())
    if abs(ahead) > WINDOW.total_seconds():
        direction = "ahead of" if ahead > 0 else "behind"
        raise _Answered(401, f"the request's clock is {abs(ahead)} s {direction} Powertrip's; set it right")
    body = await _body(request)
    name = request.headers.get(PIPELINE, "")
    pipeline = section.pipelines.get(name)
    # As long for a name that nobody has as for one that somebody has.
    secret = pipeline.secret if pipeline else SecretStr("")
    expected = signature(secret, f"{headers[TIMESTAMP]}.{headers[NONCE]}", body)
    if not hmac.compare_digest(headers[SIGNATURE], expected) or pipeline is None:
        raise _Answered(401, _WRONG)
    return name, headers[NONCE], body


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            body = b""
            while len(body) <= BODY_LIMIT and (more := await request.content.read(BODY_LIMIT)):
                body += more
    except TimeoutError as error:
        raise _Answered(400, "the body did not arrive whole") from error
    if len(body) > BODY_LIMIT:
        raise _Answered(413, f"the body is too large; at most {BODY_LIMIT} bytes are taken")
    return body


def _asked(body: bytes) -> Asked:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Answered(400, "the body is no JSON") from error
    if not isinstance(values, dict):
        raise _Answered(400, "the body is no JSON object")
    try:
        return Asked.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(map(str, first["loc"]))[:60]
        raise _Answered(422, f"{name}: {first['msg']}", field=name) from error


def _wish(asked: Asked, rules: list[str], section: ExpectationSection, now: datetime) -> Wish:
    if section.ticket is not None and not section.takes_ticket(asked.ticket or ""):
        why = "ticket: it has to be of the form of expectations.ticket"
        raise _Answered(422, why, field="ticket", setting="expectations.ticket")
    read = _fields(asked, rules)
    begins = read["begins"]
    # What begins before the request arrives begins when it is kept: a pipeline's clock may be slow a little.
    is_late = begins is not None and now - WINDOW <= begins < now
    return Wish(
        rule=read["rule"],
        host=read["host"],
        length=read["lasts"],
        ticket=asked.ticket if section.ticket is not None else None,
        why=asked.why,
        network=read["network"],
        key=read["key"],
        severity=Severity(asked.severity) if asked.severity else None,
        max_uses=asked.uses,
        starts_at=None if is_late else begins,
    )


def _fields(asked: Asked, rules: list[str]) -> Mapping[str, Any]:
    """The fields that are more than text; answers 422, which names the field, for what cannot be read."""
    readers: dict[str, Callable[[str], Any]] = {
        "rule": lambda word: wishes.rule_in(word, rules),
        "host": wishes.host_in,
        "lasts": parse_duration,
        "begins": as_moment,
        "network": wishes.network_in,
        "key": wishes.key_in,
    }
    read = {}
    for name, reader in readers.items():
        word = getattr(asked, name)
        try:
            read[name] = None if word is None else reader(word)
        except (ValueError, OverflowError) as error:
            raise _Answered(422, f"{name}: {str(error)[:200]}", field=name) from error
    return read


async def _told(announcing: Awaitable[Announced], name: str) -> Announced:
    try:
        return await announcing
    except (AnotherRequest, TooMany, Unreachable) as conflict:
        raise _Answered(409, str(conflict)) from conflict
    except NotAllowed as error:
        raise _Answered(403, str(error), setting=f"expectations.pipelines.{name}") from error
    except Refused as error:
        raise _Answered(422, str(error)) from error


def _id(secret: SecretStr, nonce: str) -> str:
    """The id of what a request announces, which nobody can guess who does not know the secret."""
    named = f"expectation.{nonce}".encode()
    number = int.from_bytes(hmac.digest(secret.get_secret_value().encode(), named, "sha256"))
    letters = []
    for _ in range(_ID_LENGTH):
        number, place = divmod(number, len(_ID_LETTERS))
        letters.append(_ID_LETTERS[place])
    return "".join(letters)


def _as_json(announced: Announced) -> dict[str, Any]:
    expected, week, last_week = announced.expected, announced.week, None
    if week is not None:
        last_week = {"records": week.covered, "hosts": week.hosts, "at_least": week.is_cut}
    state = "over" if expected.ended_at else "stands" if expected.confirmed_at else "waits"
    return {
        "id": expected.id,
        "state": state,
        "begins": written(max(expected.starts_at, expected.confirmed_at or expected.starts_at)),
        "until": written(expected.until),
        "confirm_before": written(expected.confirm_by) if expected.confirm_by else None,
        "uses": expected.uses,
        "max_uses": expected.max_uses,
        "last_week": last_week,
    }
